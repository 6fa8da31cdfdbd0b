package provider_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/launcher"
)

// TestPlanData: the data source shows the rules that sgkeeper would open, the rules that the group
// already has, and the reasons for a refusal. It publishes nothing.
func TestPlanData(t *testing.T) {
	w := newWorld(t, "")
	c := w.core()
	before := w.count()
	config := launchOf(rule("8000", "10.0.0.0/8"), rule("9000", "10.0.0.0/8"),
		object{"protocol": "icmp", "icmp": object{"type": 3, "code": 4}, "from": []any{"0.0.0.0/0"}})
	v, text := c.data("sgkeeper_plan", config)
	check(t, text)
	want := map[string]string{
		"covered 0 ports": "8000", "authorize 0 protocol": "icmp", "authorize 1 ports": "9000",
		"authorize 1 from 0": "10.0.0.0/8",
	}
	for at, value := range want {
		if got := textIn(t, v, at); got != value {
			t.Errorf("%s = %q, want %q in %s", at, got, value, v)
		}
	}
	if got := boolIn(t, v, "allowed"); !got {
		t.Errorf("allowed = %t, want true", got)
	}
	byName := with(config, "group", object{"name": "shared", "vpc": "vpc-0d000000000000000"})
	if v, text = c.data("sgkeeper_plan", byName); textIn(t, v, "authorize 1 ports") != "9000" {
		t.Errorf("by name: %s %s", v, text)
	}

	refused := launchOf(rule("8000", "10.0.0.0/8"), rule("22", "0.0.0.0/0"))
	v, text = c.data("sgkeeper_plan", refused)
	check(t, text)
	if boolIn(t, v, "allowed") || textIn(t, v, "reasons 0 field") != "/rules/1/from/0" {
		t.Errorf("a refused launch: %s", v)
	}
	v, text = c.data("sgkeeper_plan", with(refused, "guardrails", "none"))
	check(t, text)
	if !boolIn(t, v, "allowed") || textIn(t, v, "authorize 0 ports") != "22" {
		t.Errorf("without guardrails: %s", v)
	}
	deny := "deny:\n  - id: nines\n    reason: no nines\n    rules: [{ports: 9000, from: [0.0.0.0/0]}]\n"
	if v, text = c.data("sgkeeper_plan", with(launchOf(rule("9000", "0.0.0.0/0")), "guardrails", deny)); text != "" ||
		boolIn(t, v, "allowed") {
		t.Errorf("with guardrails: %s %s", v, text)
	}

	for at, wrong := range map[string]object{
		"guardrails":                   with(config, "guardrails", "denny: []"),
		"quota":                        with(config, "quota", 0),
		`AttributeName("ports")`:       launchOf(rule("x", "self")),
		"sg-0aaaaaaaaaaaaaaaa":         with(config, "group", object{"id": "sg-0aaaaaaaaaaaaaaaa"}),
		"vpc-0d000000000000000/nobody": with(config, "group", object{"name": "nobody", "vpc": "vpc-0d000000000000000"}),
	} {
		if _, text := c.data("sgkeeper_plan", wrong); !strings.Contains(text, at) {
			t.Errorf("%s: %s", at, text)
		}
	}
	if n := w.Account.Calls().Op("events", "PutEvents"); n != 0 || w.count() != before {
		t.Errorf("the plan published %d events, and the group has %d rules, want %d", n, w.count(), before)
	}
}

// TestClaimsData: the data source lists the live requests of a group or of all groups.
func TestClaimsData(t *testing.T) {
	w := newWorld(t, "")
	c := w.core()
	l := launcher.Launcher{Way: launcher.Bus(eventbridge.NewFromConfig(w.Config), embedded.Bus, "test")}
	for launch, text := range map[string]string{"a": "tcp 9000 from 10.0.0.0/8", "b": "udp 53 from 10.0.0.0/8",
		"ended": "tcp 9001 from self"} {
		request := events.Request{
			Launch: claim.Launch{Name: launch}, Group: events.Group{ID: groupID},
			Rules:     []secgroup.Entry{{Rule: secgroup.MustParseRule(text), Description: "for " + launch}},
			ExpiresAt: time.Now().Add(time.Hour), Purpose: claim.Purpose{Requester: "team"},
		}
		if err := l.Open(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		w.settle()
	}
	w.endOutside("ended")
	for _, config := range []object{{}, {"group": groupID}, {"launch": "b"}, {"group": groupID, "launch": "b"}} {
		v, text := c.data("sgkeeper_claims", config)
		check(t, text)
		launches := []string{textIn(t, v, "claims 0 launch")}
		if config["launch"] == nil {
			launches = append(launches, textIn(t, v, "claims 1 launch"))
		}
		slices.Sort(launches)
		want := "a b"
		if config["launch"] != nil {
			want = "b"
		}
		if got := strings.Join(launches, " "); got != want || textIn(t, v, "claims 0 requester") != "team" {
			t.Errorf("%v: launches %q, want %q in %s", config, got, want, v)
		}
		if config["launch"] == "b" && (textIn(t, v, "claims 0 rules 0 protocol") != "udp" ||
			textIn(t, v, "claims 0 rules 0 description") != "for b") {
			t.Errorf("rules of b: %s", v)
		}
	}
	if _, text := c.data("sgkeeper_claims", object{"group": "sg-x"}); !strings.Contains(text, "want sg- and 8 to 17") {
		t.Errorf("a wrong group: %s", text)
	}
	w.Account.Deny("dynamodb:Query")
	if _, text := c.data("sgkeeper_claims", object{"group": groupID}); !strings.Contains(text,
		"needs the permission to read it") {
		t.Errorf("without permission: %s", text)
	}
}
