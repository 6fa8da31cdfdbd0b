package drift

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Policy is what an installation holds to be right.
type Policy struct {
	Installation string
	Offline      bool   // no table is known, so that the installation's tag is believed
	ManagedTag   string // key=value
	Limit        int
	Weights      map[string]int
	Accounts     map[string]string // that are known, by id, with a name
	Exceptions   []Exception
	Guard        *guard.Guard     // what may be asked, and how much of a group; nil: anything
	Sensitive    []secgroup.Ports // TCP and UDP ports never to be open to the world
	// Threshold is the percentage of the quota from which on it presses; 0:
	// DefaultThreshold.
	Threshold int
}

// Grace is how long after an event, an end or an expiry a group may still be as
// it was: ensure expires a request a minute late, and a sweep comes each minute.
const Grace = 2 * time.Minute

// StuckAfter is how long past its end a lease may be held: by then, several
// sweeps have had their chance to take it over.
const StuckAfter = 5 * time.Minute

// DefaultThreshold is the percentage of the quota from which on it presses.
const DefaultThreshold = 80

// SensitivePorts returns the ports of the table in package guard, whether or not the
// built-in guardrails refuse them from the world.
func SensitivePorts() []secgroup.Ports {
	var ports []secgroup.Ports
	for _, s := range guard.SensitivePorts() {
		ports = append(ports, secgroup.Port(s.Port))
	}
	return ports
}

// sensitive reports whether a rule admits traffic to a sensitive port.
func (p Policy) sensitive(r secgroup.Rule) bool {
	if r.Direction == secgroup.Egress || r.Protocol != secgroup.All && !r.Protocol.HasPorts() {
		return false
	}
	return slices.ContainsFunc(p.Sensitive, func(s secgroup.Ports) bool {
		return r.Protocol == secgroup.All || r.Ports.First <= s.Last && s.First <= r.Ports.Last
	})
}

func (p Policy) quota() plan.Quota {
	limit := p.Limit
	if limit == 0 {
		limit = plan.DefaultLimit
	}
	return plan.Quota{Limit: limit, Weights: p.Weights}
}

// caps are the bounds that ensure holds under the lease, by the same guardrails.
func (p Policy) caps() plan.Caps {
	l := p.Guard.Limits()
	return plan.Caps{Launches: l.Claims, Rules: l.Rules}
}

func (p Policy) threshold() int {
	if p.Threshold == 0 {
		return DefaultThreshold
	}
	return p.Threshold
}
