package main

import (
	"cmp"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

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

// repeats counts the rules that repeat another rule.
func repeats(entries []secgroup.Entry) int { return len(entries) - secgroup.Rules(entries).Len() }
