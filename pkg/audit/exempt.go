package audit

import (
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// exempt is the exceptions that apply to one group.
type exempt struct {
	now    secgroup.Set // what is explained
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

// covers reports whether the exception is about the group.
func (x Exception) covers(f Facts) bool {
	switch {
	case x.Group == "":
		return true
	case secgroup.IsGroupID(x.Group):
		return x.Group == f.Group.ID
	}
	return wildcard(x.Group, f.Name)
}

// wildcard reports whether name is of the pattern, in which * is any text.
func wildcard(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, parts[0])
	for _, part := range parts[1 : len(parts)-1] {
		if _, rest, ok = cutAfter(ok, rest, part); !ok {
			return false
		}
	}
	return ok && strings.HasSuffix(rest, parts[len(parts)-1])
}

func cutAfter(ok bool, s, part string) (string, string, bool) {
	if !ok {
		return "", "", false
	}
	return strings.Cut(s, part)
}

// formerly returns the expired exception that explained all of a rule.
func (e exempt) formerly(c *comparison, r secgroup.Rule) (Exception, bool) {
	for _, x := range e.lapsed {
		if secgroup.NewCover(secgroup.SetOf(c.inAll(x.Rules)...)).Covers(r) {
			return x, true
		}
	}
	return Exception{}, false
}
