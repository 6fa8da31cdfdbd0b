package drift

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/pattern"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Exception explains intended differences.
type Exception struct {
	ID      string
	Owner   string
	Reason  string
	Expires time.Time // zero means never, for which the file must say permanent
	Group   string    // an id, or a name with * as a wildcard; "" means every group
	// Rules explain every rule that they cover.
	Rules []secgroup.Rule
}

// groupExceptions holds the exceptions that apply to one group.
type groupExceptions struct {
	valid   secgroup.Set // rules that unexpired exceptions explain
	expired []Exception  // expired, in the order of the file
}

func exceptionsFor(c *comparison) (e groupExceptions) {
	e.valid = secgroup.SetOf(c.policy.Intended(c.Group, c.Name, c.Tags, c.now)...)
	for _, x := range c.policy.Exceptions {
		if x.covers(c.Group, c.Name) && x.expired(c.now) {
			e.expired = append(e.expired, x)
		}
	}
	return e
}

// Intended returns the rules that unexpired exceptions and declarations explain in a group of that name and
// with those tags, with self resolved to the group. An unknown name is "".
func (p Policy) Intended(
	g claim.Group, name string, tags map[string]string, now time.Time,
) (rules []secgroup.Rule) {
	rules = p.declared(g, tags)
	for _, x := range p.Exceptions {
		if !x.covers(g, name) || x.expired(now) {
			continue
		}
		for _, r := range x.Rules {
			rules = append(rules, r.In(g.Account, g.ID))
		}
	}
	return rules
}

func (x Exception) expired(now time.Time) bool { return !x.Expires.IsZero() && !now.Before(x.Expires) }

func (c *comparison) inAll(rules []secgroup.Rule) []secgroup.Rule {
	in := make([]secgroup.Rule, len(rules))
	for i, r := range rules {
		in[i] = c.in(r)
	}
	return in
}

// covers reports whether the exception applies to the group.
func (x Exception) covers(g claim.Group, name string) bool {
	switch {
	case x.Group == "":
		return true
	case secgroup.IsGroupID(x.Group):
		return x.Group == g.ID
	}
	return pattern.Match(x.Group, name)
}

// expiredFor returns the first expired exception that explained all of a rule.
func (e groupExceptions) expiredFor(c *comparison, r secgroup.Rule) (Exception, bool) {
	for _, x := range e.expired {
		if secgroup.NewCover(secgroup.SetOf(c.inAll(x.Rules)...)).Covers(r) {
			return x, true
		}
	}
	return Exception{}, false
}
