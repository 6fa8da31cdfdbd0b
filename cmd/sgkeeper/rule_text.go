package main

import "github.com/sgkeeper/sgkeeper/pkg/core/secgroup"

// ruleText is a group's rule for people. A reference to the group itself is self.
func ruleText(e secgroup.Entry, group string) string { return printable(e.Rule.Seen(group).String()) }
