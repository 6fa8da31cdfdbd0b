package guard

import (
	"fmt"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Builtin returns the guard of an installation without a file: SSH, RDP, databases
// and all traffic are never opened to the world. A file adds to it, unless it says
// that it does not.
func Builtin() *Guard { return &Guard{deny: builtin()} }

// sensitive are the ports that only known peers have business with.
var sensitive = []struct {
	port int32
	name string
}{
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
}

func builtin() []entry {
	all := term{Rule: secgroup.New(secgroup.Ingress, secgroup.All, secgroup.NoPorts, secgroup.Self), peers: theWorld, whole: true}
	entries := []entry{{id: "builtin", says: "all traffic from the world is never opened; name a protocol and ports, or a narrower peer", terms: []term{all}}}
	for _, s := range sensitive {
		e := entry{id: "builtin", says: fmt.Sprintf("port %d (%s) is never opened to the world; name the addresses or the group that need it", s.port, s.name)}
		for _, proto := range []secgroup.Protocol{secgroup.TCP, secgroup.UDP} {
			rule := secgroup.New(secgroup.Ingress, proto, secgroup.Port(s.port), secgroup.Self)
			e.terms = append(e.terms, term{Rule: rule, peers: theWorld})
		}
		entries = append(entries, e)
	}
	return entries
}
