package drift

import (
	"time"

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
	var rules []secgroup.Rule
	for _, x := range c.policy.Exceptions {
		switch {
		case !x.covers(c.Facts):
		case x.Expires.IsZero() || c.now.Before(x.Expires):
			rules = append(rules, c.inAll(x.Rules)...)
		default:
			e.expired = append(e.expired, x)
		}
	}
	e.valid = secgroup.SetOf(rules...)
	return e
}

func (c *comparison) inAll(rules []secgroup.Rule) []secgroup.Rule {
	in := make([]secgroup.Rule, len(rules))
	for i, r := range rules {
		in[i] = c.in(r)
	}
	return in
}

// covers reports whether the exception applies to the group.
func (x Exception) covers(f Facts) bool {
	switch {
	case x.Group == "":
		return true
	case secgroup.IsGroupID(x.Group):
		return x.Group == f.Group.ID
	}
	return pattern.Match(x.Group, f.Name)
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
