package drift

import (
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Call is an API call that changed a group, with the rules that its parameters contain.
type Call struct {
	Change
	Rules []secgroup.Rule `json:"rules,omitempty"`
	IDs   []string        `json:"ids,omitempty"`  // of rules; a caller may name a rule by its id alone
	Tags  []string        `json:"tags,omitempty"` // keys of the tags that the call changed; none: unknown, or all
}

// The calls, by the begin of their names.
const (
	callAuthorize = "AuthorizeSecurityGroup"
	callRevoke    = "RevokeSecurityGroup"
	callModify    = "ModifySecurityGroupRules"
	callDescribe  = "UpdateSecurityGroupRuleDescriptions"
	callDelete    = "DeleteSecurityGroup"
	callTags      = "Tags" // the end: CreateTags, DeleteTags
)

// Cause returns the latest of some calls on the drift's group that can have caused the drift. It
// is the zero Change if there is none. The calls are in their order, the latest last.
//
// The parameters of such a call contain the drift's rule. For example, a rule that is open was
// authorized or modified by that call, and a rule that is missing was revoked by it. A call that
// changed only other rules is not the cause. Drifts of some kinds, for example quota-pressure,
// have no single cause.
func (d *Drift) Cause(calls []Call, ledger claim.Ledger) (cause Change) {
	for i := range calls {
		if d.causedBy(&calls[i], ledger) {
			cause = calls[i].Change
		}
	}
	return cause
}

func (d *Drift) causedBy(c *Call, ledger claim.Ledger) bool {
	is := func(name string) bool { return strings.HasPrefix(c.Name, name) }
	made := func(id string) (secgroup.Rule, bool) {
		i := slices.IndexFunc(ledger.Made, func(m claim.Made) bool { return m.ID == id && id != "" })
		if i < 0 {
			return secgroup.Rule{}, false
		}
		return ledger.Made[i].Rule, true
	}
	switch d.Kind {
	case GroupMissing, GroupRecreated:
		return is(callDelete)
	case ManagedTagLost:
		key, _, _ := strings.Cut(d.Subject, "=")
		return strings.HasSuffix(c.Name, callTags) && len(c.IDs) == 0 &&
			(len(c.Tags) == 0 || slices.Contains(c.Tags, key))
	case Unknown, QuotaPressure, LeaseStuck, HistoryLost, HeldByQuota, PrefixListContents, StaleReference,
		AgainstGuardrails:
		return false
	case Missing, NarrowedPorts, NarrowedSource, FamilyGap, Contested:
		return (is(callRevoke) || is(callModify)) && d.tookAway(c, made)
	case Metadata:
		return (is(callDescribe) || is(callModify) || strings.HasSuffix(c.Name, callTags)) && d.names(c)
	}
	_, known := made(d.Rule.ID)
	switch {
	case is(callAuthorize):
		return d.names(c)
	case is(callModify):
		return slices.Contains(c.IDs, d.Rule.ID) && (len(c.Rules) == 0 || d.contains(c))
	case strings.HasSuffix(c.Name, callTags): // the tags are sgkeeper's proof that it made the rule
		return (known || d.Kind == LedgerGone || d.Kind == Modified) && slices.Contains(c.IDs, d.Rule.ID)
	}
	return false
}

// names reports whether a call's parameters name the drift's rule, by itself or by its id.
func (d *Drift) names(c *Call) bool {
	return d.Rule.ID != "" && slices.Contains(c.IDs, d.Rule.ID) || d.contains(c)
}

func (d *Drift) contains(c *Call) bool {
	rule := d.in(d.Rule.Rule)
	return slices.ContainsFunc(c.Rules, func(r secgroup.Rule) bool { return d.in(r).Matches(rule) })
}

// tookAway reports whether a call removed rules that allowed traffic of the drift's gap. The
// table may know a rule that the call names only by its id.
func (d *Drift) tookAway(c *Call, made func(id string) (secgroup.Rule, bool)) bool {
	var removed []secgroup.Rule
	if strings.HasPrefix(c.Name, callRevoke) { // a modify names the new rules
		removed = slices.Clone(c.Rules)
	}
	for _, id := range c.IDs {
		if r, ok := made(id); ok {
			removed = append(removed, r)
		}
	}
	gap := d.Gap
	if len(gap) == 0 {
		gap = []secgroup.Rule{d.Rule.Rule}
	}
	return slices.ContainsFunc(removed, func(r secgroup.Rule) bool {
		return slices.ContainsFunc(gap, func(g secgroup.Rule) bool { return d.in(r).Overlaps(d.in(g)) })
	})
}

// in resolves self in a rule to the drift's group.
func (d *Drift) in(r secgroup.Rule) secgroup.Rule { return r.In(d.Group.Account, d.Group.ID) }
