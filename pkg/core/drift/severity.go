package drift

import (
	"fmt"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Severity is how severe a drift is. Its labels are those of the AWS Security Finding Format,
// in lower case. Higher values are more severe.
type Severity int

const (
	Informational Severity = iota
	Low
	Medium
	High
	Critical
)

// rating is the severity of the drifts of one kind.
type rating struct {
	severity Severity
	// milder is the severity in the milder case of the kind; see comparison.milder. It is zero if
	// the kind has no such case.
	milder Severity
	// exposed says that the drift is about an open rule that should not exist. The rule's
	// exposure makes it more severe; see comparison.exposed.
	exposed bool
}

// ratings is the one table of severities. docs/audit.md shows it to users.
var ratings = map[Kind]rating{
	Missing:            {severity: High},
	NarrowedSource:     {severity: High},
	NarrowedPorts:      {severity: High},
	FamilyGap:          {severity: Medium},
	PeerKindSwap:       {severity: Medium, exposed: true},
	Modified:           {severity: High, exposed: true},
	Metadata:           {severity: Low},
	ExpiredPresent:     {severity: High, exposed: true},
	Orphan:             {severity: Medium, exposed: true},
	LedgerGone:         {severity: Medium, exposed: true},
	HeldByQuota:        {severity: Low},
	AllTrafficWorld:    {severity: Critical},
	WorldOpenSensitive: {severity: Critical},
	WidenedSource:      {severity: High, milder: Medium, exposed: true},
	WidenedPorts:       {severity: Medium, exposed: true},
	WidenedProtocol:    {severity: Medium, exposed: true},
	Redundant:          {severity: Low},
	Unexpected:         {severity: Medium, exposed: true},
	StaleReference:     {severity: Low},
	CrossAccount:       {severity: High, milder: Medium, exposed: true},
	PrefixListContents: {severity: Medium},
	QuotaPressure:      {severity: High, milder: Low},
	Contested:          {severity: High},
	GroupMissing:       {severity: High},
	GroupRecreated:     {severity: High},
	ManagedTagLost:     {severity: High},
	LeaseStuck:         {severity: High},
	ExceptionExpired:   {severity: Medium},
	AgainstGuardrails:  {severity: Medium},
	HistoryLost:        {severity: High},
	Unknown:            {severity: High},
}

// severity returns the severity of a drift by its kind, and by the exposure of its rule. A
// severity that the drift already has is the least.
func (c *comparison) severity(d Drift) Severity {
	r := ratings[d.Kind]
	severity := r.severity
	if r.milder != 0 && c.milder(d) {
		severity = r.milder
	}
	if r.exposed {
		severity = c.exposed(d.Rule.Rule, severity)
	}
	return max(d.Severity, severity)
}

// milder reports whether a drift is in the milder case of its kind: the rule is egress, it refers
// to a known account, or the quota is not exceeded.
func (c *comparison) milder(d Drift) bool {
	switch d.Kind {
	case WidenedSource:
		return d.Rule.Rule.Direction == secgroup.Egress
	case CrossAccount:
		_, known := c.policy.Accounts[c.foreignAccount(d.Rule.Rule)]
		return known
	case QuotaPressure:
		return c.usage()[d.Subject] <= c.Facts.quota(c.policy).Limit
	}
	return false
}

// exposed returns the severity of an open rule that should not exist. The severity is base, with
// these changes:
//
//   - It is one step higher if the rule allows an unexplained sensitive port and the group is
//     attached to an interface.
//   - An ingress rule for the world, alone or together with other rules, is at least High. For
//     a sensitive port or all traffic it is Critical.
func (c *comparison) exposed(r secgroup.Rule, base Severity) Severity {
	unexplained := c.explainedCover().Gaps(r)
	if c.anySensitive(unexplained) && c.Interfaces != 0 {
		base = min(base+1, Critical)
	}
	switch o := c.worldwide(r, unexplained); {
	case o.sensitive, o.whole:
		return Critical
	case o.any:
		return max(base, High)
	}
	return base
}

// exposure returns the severity of a rule that launches request. It is Medium unless the rule is
// open to the world.
func (c *comparison) exposure(r secgroup.Rule) Severity {
	if !c.worldly(r.Peer) {
		return Medium
	}
	return c.exposureOfUnion(r)
}

// exposureOfUnion returns the severity of a rule that is open to the world together with others.
// For example, two rules for half of the addresses each are open to the world. A reference to a
// group never is.
func (c *comparison) exposureOfUnion(r secgroup.Rule) Severity {
	if _, _, group := r.Peer.Group(); group || r.Direction != secgroup.Ingress {
		return Medium
	}
	return toWorld(r, c.policy.sensitive(r))
}

// toWorld returns the severity of an ingress rule that is open to the world.
func toWorld(r secgroup.Rule, sensitive bool) Severity {
	if sensitive || r.Protocol == secgroup.All {
		return Critical
	}
	return High
}

// worldly reports whether the guardrails count a peer as the world. A prefix list counts as the
// world if its entries do.
func (c *comparison) worldly(p secgroup.Peer) bool {
	if prefix, ok := p.Prefix(); ok {
		return guard.Worldly(prefix)
	}
	id, ok := p.PrefixList()
	return ok && guard.Worldly(c.prefixLists[id].Entries...)
}

func (c *comparison) anySensitive(rules []secgroup.Rule) bool {
	return slices.ContainsFunc(rules, c.policy.sensitive)
}

var labels = []string{"informational", "low", "medium", "high", "critical"}

// String returns the label.
func (s Severity) String() string { return labels[s] }

// MarshalText returns the label.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a label.
func (s *Severity) UnmarshalText(b []byte) error {
	i := slices.Index(labels, string(b))
	if i < 0 {
		return fmt.Errorf("severity %q: want informational, low, medium, high or critical", b)
	}
	*s = Severity(i)
	return nil
}
