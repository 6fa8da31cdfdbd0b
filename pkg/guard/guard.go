// Package guard decides what may be asked at all. No IAM condition key names a
// port or an address, so whoever may publish events could otherwise open any
// port of a managed group to anybody.
//
// For now there is one built-in guard, [Builtin]: SSH, RDP, databases and all
// traffic are never opened to the world.
package guard

import (
	"fmt"
	"net/netip"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Guard is a list of what the world may never reach.
type Guard struct{ sensitive []service }

// service is a port that only known peers have business with.
type service struct {
	port int32
	name string
}

// Builtin returns the guard that every installation has.
func Builtin() Guard {
	return Guard{[]service{
		{22, "SSH"},
		{1433, "SQL Server"},
		{1521, "Oracle"},
		{3306, "MySQL"},
		{3389, "RDP"},
		{5432, "PostgreSQL"},
		{5439, "Redshift"},
		{6379, "Redis"},
		{9200, "Elasticsearch"},
		{11211, "Memcached"},
		{27017, "MongoDB"},
	}}
}

// Check returns what is wrong with a request's rules; nil where nothing is.
// Its faults are about /rules, since merging has made one rule of several.
func (g Guard) Check(rules []secgroup.Entry) events.Faults {
	var faults events.Faults
	for _, entry := range rules {
		if problem := g.problem(entry.Rule); problem != "" {
			faults = append(faults, events.Fault{Field: "/rules", Problem: problem})
		}
	}
	return faults
}

func (g Guard) problem(r secgroup.Rule) string {
	if r.Direction == secgroup.Egress || !worldly(r.Peer) {
		return ""
	}
	if r.Protocol == secgroup.All {
		return fmt.Sprintf("%s: all traffic from the world is never opened; name a protocol and ports, or a narrower peer", r)
	}
	if !r.Protocol.HasPorts() {
		return ""
	}
	for _, s := range g.sensitive {
		if r.Ports.First <= s.port && s.port <= r.Ports.Last {
			return fmt.Sprintf("%s: port %d (%s) is never opened to the world; name the addresses or the group that need it", r, s.port, s.name)
		}
	}
	return ""
}

var uniqueLocal = netip.MustParsePrefix("fc00::/7")

// worldly reports whether a peer is the world or so much of it that a few such
// rules would make it up: more than a /8 of IPv4 or a /16 of public IPv6.
func worldly(p secgroup.Peer) bool {
	prefix, ok := p.Prefix()
	switch {
	case !ok:
		return false
	case prefix.Addr().Is4():
		return prefix.Bits() < 8
	}
	return prefix.Bits() < 16 && !(prefix.Bits() >= uniqueLocal.Bits() && uniqueLocal.Contains(prefix.Addr()))
}
