package main

import "github.com/sgkeeper/sgkeeper/pkg/secgroup"

// ruleText is a rule of a group for people: the group's reference to itself is self.
func ruleText(e secgroup.Entry, group string) string { return printable(e.Rule.Seen(group).String()) }
