package drift

import (
	"fmt"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// refuses reports whether the built-in guardrails refuse a rule.
func refuses(g *guard.Guard, rule secgroup.Rule) bool {
	faults, _ := g.Check(guard.Candidate{
		Launch: claim.Launch{Account: web.Account, Name: "a"},
		Group:  guard.Group{Account: web.Account, ID: web.ID},
		Rules:  []secgroup.Entry{{Rule: rule}},
	})
	return len(faults) > 0
}

// TestSensitivePorts compares the guardrails and the audit with their common table. Each of
// its ports is critical without a request, and the guardrails refuse the ports that it marks.
func TestSensitivePorts(t *testing.T) {
	builtin := guard.Builtin()
	for _, s := range guard.SensitivePorts() {
		for _, protocol := range []string{"tcp", "udp"} {
			for _, peer := range []string{"0.0.0.0/0", "::/0"} {
				text := fmt.Sprintf("%s %d from %s", protocol, s.Port, peer)
				if got := refuses(builtin, secgroup.MustParseRule(text)); got != s.Refused {
					t.Errorf("%s (%s): refused %v, want %v", text, s.Service, got, s.Refused)
				}
				f, p := world(theirs("1", text))
				_, drifts := Compare(f, p, now)
				if len(drifts) != 1 || drifts[0].Kind != WorldOpenSensitive || drifts[0].Severity != Critical {
					t.Errorf("%s (%s): want a critical %s, found\n%s", text, s.Service, WorldOpenSensitive,
						details(drifts))
				}
			}
		}
	}
}

// TestRefusedPortsAreSensitive tries every port: the audit knows each port that the guardrails
// refuse for the world.
func TestRefusedPortsAreSensitive(t *testing.T) {
	builtin, p := guard.Builtin(), policy()
	for port := range int32(1 << 16) {
		rule := secgroup.MustParseRule("tcp 80 from 0.0.0.0/0")
		rule.Ports = secgroup.Port(port)
		if refuses(builtin, rule) && !p.sensitive(rule) {
			t.Errorf("the guardrails refuse %s, and the audit does not know the port", rule)
		}
	}
}
