package main

import "github.com/sgkeeper/sgkeeper/pkg/secgroup"

// ruleText is a rule of a group for people: the group's reference to itself is self.
func ruleText(e secgroup.Entry, group string) string {
	rule := e.Rule
	if _, id, ok := rule.Peer.Group(); ok && id == group {
		rule.Peer = secgroup.Self
	}
	return printable(rule.String())
}
