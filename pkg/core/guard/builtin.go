package guard

import (
	"fmt"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// BuiltinID is the id of the built-in entries.
const BuiltinID = "builtin"

// Builtin returns the guard of an installation without a file. It refuses a rule for all
// traffic from the world. It also refuses the world on each port that [SensitivePorts] marks
// as refused, such as SSH and databases. A file adds to it, unless it says builtin: false.
func Builtin() *Guard { return New(Guardrails{Builtin: true}) }

// builtin returns the built-in deny entries.
func builtin() []Entry {
	all := secgroup.New(secgroup.Ingress, secgroup.All, secgroup.NoPorts, secgroup.Self)
	entries := []Entry{{
		ID:    BuiltinID,
		says:  "all traffic from the world is never opened; name a protocol and ports, or a narrower peer",
		Terms: []Term{{Rule: all, Peers: World, whole: true}},
	}}
	for _, s := range sensitive {
		if s.Refused {
			entries = append(entries, s.entry())
		}
	}
	return entries
}

// entry returns the built-in deny entry for the port.
func (s SensitivePort) entry() Entry {
	e := Entry{ID: BuiltinID, says: fmt.Sprintf(
		"port %d (%s) is never opened to the world; name the addresses or the group that need it", s.Port, s.Service)}
	for _, proto := range []secgroup.Protocol{secgroup.TCP, secgroup.UDP} {
		rule := secgroup.New(secgroup.Ingress, proto, secgroup.Port(s.Port), secgroup.Self)
		e.Terms = append(e.Terms, Term{Rule: rule, Peers: World})
	}
	return e
}
