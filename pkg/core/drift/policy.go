package drift

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Policy is the part of an installation's configuration that decides which differences are drifts.
type Policy struct {
	Installation string
	Offline      bool   // there is no table, so Compare believes the installation's tag
	ManagedTag   string // key=value
	Limit        int    // rules for each direction and address family; 0 means plan.DefaultLimit
	Weights      map[string]int
	Accounts     map[string]string // names of the known accounts, by id
	Exceptions   []Exception
	Declared     []Declaration
	Guard        *guard.Guard     // nil allows everything
	Sensitive    []secgroup.Ports // TCP and UDP ports that should never be open to the world
	// Threshold is the used percentage of a quota from which QuotaPressure is a drift; 0 means
	// DefaultThreshold.
	Threshold int
}

// Grace is the time after an event, an end or an expiry in which the group may lag behind. Ensure
// expires a request up to a minute late, and a sweep runs each minute.
const Grace = 2 * time.Minute

// StuckAfter is the time after a lease's expiry from which the lease is stuck. By then several
// sweeps could have taken it.
const StuckAfter = 5 * time.Minute

// DefaultThreshold is the used percentage of a quota from which QuotaPressure is a drift.
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

// sensitive reports whether a rule allows traffic to a sensitive port.
func (p Policy) sensitive(r secgroup.Rule) bool {
	if r.Direction == secgroup.Egress || r.Protocol != secgroup.All && !r.Protocol.HasPorts() {
		return false
	}
	return slices.ContainsFunc(p.Sensitive, func(s secgroup.Ports) bool {
		return r.Protocol == secgroup.All || r.Ports.First <= s.Last && s.First <= r.Ports.Last
	})
}

// caps returns the limits that ensure enforces under the lease, by the same guardrails.
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
