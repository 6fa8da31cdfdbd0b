// Package secgroup is the algebra of security group rules: rules as comparable values, sets of
// rules, exact cover and difference.
//
// A [Rule] holds direction, protocol, port range and peer, which are a rule's identity in EC2.
// An [Entry] carries description, tags and rule id beside the rule. Every value of this
// package is canonical: masked prefixes, protocols by number, ports only if the protocol has
// them. So == is identity, and a Rule is a map key.
//
// [Compare] returns the rules of a desired [Set] that a group's actual rules do not admit. It
// compares with the union of all actual rules over ports x addresses. For example, two
// /25 rules cover one /24. [Cover] answers the same for single rules, and [Merge] joins the
// ports of one request.
//
// In JSON, a rule is an element of EC2's SecurityGroupRules. [ParsePermission] reads EC2's
// other form.
//
// The package is pure: standard library only, no clock, no I/O.
package secgroup
