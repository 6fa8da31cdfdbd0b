package audit

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/guard"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Policy is what an installation holds to be right.
type Policy struct {
	Installation string
	ManagedTag   string // key=value
	Limit        int
	Weights      map[string]int
	Caps         plan.Caps         // how much may be asked of a group
	Accounts     map[string]string // that are known, by id, with a name
	Exceptions   []Exception
	Guard        *guard.Guard     // what may be asked; nil: anything
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

// SensitivePorts returns the ports that are never to be open to the world: those
// that AWS Security Hub's control EC2.19 calls high-risk, which include those
// of EC2.13 (22) and EC2.14 (3389), and the data stores that guardrails protect.
func SensitivePorts() []secgroup.Ports {
	var ports []secgroup.Ports
	for _, p := range []int32{
		20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 1521, 3000, 3306, 3389, 4333, 5000,
		5432, 5439, 5500, 5601, 6379, 8080, 8088, 8888, 9200, 9300, 11211, 27017,
	} {
		ports = append(ports, secgroup.Port(p))
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

func (p Policy) threshold() int {
	if p.Threshold == 0 {
		return DefaultThreshold
	}
	return p.Threshold
}

// worldly reports whether a peer is as good as the world, as the guardrails have
// it.
func worldly(p secgroup.Peer) bool {
	prefix, ok := p.Prefix()
	return ok && guard.Worldly(prefix)
}
