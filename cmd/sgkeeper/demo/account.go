package demo

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// newAccount makes an account with that number of groups like the incident's.
func newAccount(groups int, seed uint64) *fakeaws.Account {
	account := fakeaws.New(fakeaws.Options{Seed: seed, Latency: latencies(seed)})
	for i := range groups {
		account.AddSecurityGroup(embedded.SharedGroup(groupID(i)))
	}
	return account
}

// groupID is the id of the i-th group, from 0.
func groupID(i int) string { return fmt.Sprintf("sg-0123456789ab%05x", 0xcdef0+i) }

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

// rulesOf returns the rules of a group of an embedded account, in order.
func rulesOf(account *fakeaws.Account, group string) ([]secgroup.Entry, error) {
	var entries []secgroup.Entry
	for _, r := range account.Rules(group) {
		rule, err := ruleIn(r)
		if err != nil {
			return nil, err
		}
		entries = append(entries, secgroup.Entry{Rule: rule, ID: r.ID, Description: r.Description, Tags: r.Tags})
	}
	slices.SortFunc(entries, func(a, b secgroup.Entry) int {
		return cmp.Or(a.Rule.Compare(b.Rule), cmp.Compare(a.ID, b.ID))
	})
	return entries, nil
}

// ruleIn reads a rule of an embedded account.
func ruleIn(r fakeaws.Rule) (secgroup.Rule, error) {
	protocol, err := secgroup.ParseProtocol(r.Protocol)
	if err != nil {
		return secgroup.Rule{}, err
	}
	peer, err := secgroup.ParsePeer(r.Peer)
	if err != nil {
		return secgroup.Rule{}, err
	}
	if _, id, ok := peer.Group(); ok {
		peer = secgroup.GroupOf(r.PeerAccount, id)
	}
	direction := secgroup.Ingress
	if r.Egress {
		direction = secgroup.Egress
	}
	ports := secgroup.Ports{First: int32(r.FromPort), Last: int32(r.ToPort)}
	return secgroup.New(direction, protocol, ports, peer), nil
}
