package main

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// newDemoAccount makes an account with that number of groups like the incident's.
func newDemoAccount(groups int, seed uint64) *fakeaws.Account {
	account := fakeaws.New(fakeaws.Options{Seed: seed, Latency: latencies(seed)})
	for i := range groups {
		account.AddSecurityGroup(incidentGroup(demoGroup(i)))
	}
	return account
}

// demoGroup is the id of the i-th group, from 0.
func demoGroup(i int) string { return fmt.Sprintf("sg-0123456789ab%05x", 0xcdef0+i) }

// incidentGroup is a group that many launches share: all traffic among its
// members, SSH from the office, and ports that earlier launches opened.
func incidentGroup(id string) fakeaws.SecurityGroup {
	rules := []fakeaws.Rule{
		{Protocol: "-1", FromPort: -1, ToPort: -1, Peer: id},
		{Protocol: "tcp", FromPort: 22, ToPort: 22, Peer: "198.51.100.0/24", Description: "SSH from the office"},
	}
	for _, port := range []int{8000, 8002, 8004} {
		rules = append(rules, fakeaws.Rule{Protocol: "tcp", FromPort: port, ToPort: port, Peer: worldIPv4})
	}
	return fakeaws.SecurityGroup{ID: id, Tags: map[string]string{"sgkeeper:managed": "true"}, Rules: rules}
}

// span is the range of a service's latency.
type span struct{ least, most time.Duration }

// spans are typical latencies of calls within a Region.
var spans = map[string]span{
	"ec2":      {15 * time.Millisecond, 60 * time.Millisecond},
	"dynamodb": {4 * time.Millisecond, 12 * time.Millisecond},
	"events":   {8 * time.Millisecond, 25 * time.Millisecond},
}

// latencies returns the latency of each operation's n-th call. The seed fixes it.
func latencies(seed uint64) func(fakeaws.Op) time.Duration {
	return func(op fakeaws.Op) time.Duration {
		s, ok := spans[op.Service]
		if !ok {
			return 0
		}
		hash := fnv.New64a()
		hash.Write([]byte(op.Action()))
		random := rand.New(rand.NewPCG(seed^hash.Sum64(), uint64(op.Nth)))
		return s.least + time.Duration(random.Int64N(int64(s.most-s.least)))
	}
}
