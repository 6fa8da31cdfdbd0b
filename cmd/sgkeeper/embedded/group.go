package embedded

import "github.com/sgkeeper/sgkeeper/pkg/fakeaws"

// SharedGroup returns a managed group that many launches share: all traffic among its members,
// SSH from an office, and ports 8000, 8002 and 8004 that earlier launches opened to the world.
func SharedGroup(id string) fakeaws.SecurityGroup {
	rules := []fakeaws.Rule{
		{Protocol: "-1", FromPort: -1, ToPort: -1, Peer: id},
		{Protocol: "tcp", FromPort: 22, ToPort: 22, Peer: "198.51.100.0/24", Description: "SSH from the office"},
	}
	for _, port := range []int{8000, 8002, 8004} {
		rules = append(rules, fakeaws.Rule{Protocol: "tcp", FromPort: port, ToPort: port, Peer: "0.0.0.0/0"})
	}
	return fakeaws.SecurityGroup{ID: id, Tags: map[string]string{"sgkeeper:managed": "true"}, Rules: rules}
}
