// Package secgroup is the algebra of security group rules: rules as comparable
// values, sets of them, exact cover and difference.
//
// A [Rule] is what EC2 takes a rule's identity to be: direction, protocol, port
// range and peer. Description, tags and rule id are no part of it; where they
// matter, an [Entry] carries them beside the rule. Every value made by this
// package is canonical (masked prefixes, protocols by number, ports only where
// a protocol has them), so == is identity and a Rule is a map key.
//
// [Compare] is what everything else stands on: it says which rules of a desired
// [Set] the actual rules of a group do not admit, by the union of all of them
// over ports x addresses, in whatever order EC2 returned them. [Cover] answers
// the same for single rules; [Merge] joins the ports of one request;
// [ReadGroups] reads what the AWS CLI prints.
//
// The package is pure: standard library only, no clock, no I/O.
package secgroup
