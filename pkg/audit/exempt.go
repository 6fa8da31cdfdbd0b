package audit

import (
	"github.com/sgkeeper/sgkeeper/pkg/core/pattern"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// exempt holds the exceptions that apply to one group.
type exempt struct {
	now    secgroup.Set // rules that unexpired exceptions explain
	lapsed []Exception  // expired, in the order of the file
}

func exemptions(c *comparison) (e exempt) {
	var rules []secgroup.Rule
	for _, x := range c.policy.Exceptions {
		switch {
		case !x.covers(c.Facts):
		case x.Expires.IsZero() || c.now.Before(x.Expires):
			rules = append(rules, c.inAll(x.Rules)...)
		default:
			e.lapsed = append(e.lapsed, x)
		}
	}
	e.now = secgroup.SetOf(rules...)
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

// formerly returns the first expired exception that explained all of a rule.
func (e exempt) formerly(c *comparison, r secgroup.Rule) (Exception, bool) {
	for _, x := range e.lapsed {
		if secgroup.NewCover(secgroup.SetOf(c.inAll(x.Rules)...)).Covers(r) {
			return x, true
		}
	}
	return Exception{}, false
}
