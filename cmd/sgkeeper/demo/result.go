package demo

import (
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// Result is the result of a demo, and its JSON form.
type Result struct {
	Seed       uint64  `json:"seed"`
	Launches   int     `json:"launches"`
	GroupCount int     `json:"groups"`
	Naive      Figures `json:"naive"`
	Sgkeeper   Figures `json:"sgkeeper"`

	SharedGroups []SharedGroup `json:"sharedGroups"` // after the race with sgkeeper
	Endings      []Ending      `json:"endings"`      // the rules after each wave of ends
	Audit        Audited       `json:"audit"`
}

// SharedGroup is a group that launches share, and its rules.
type SharedGroup struct {
	Group string           `json:"group"`
	Rules []secgroup.Entry `json:"rules"`
}

// sharedGroups reads the rules of all groups of the demo.
func sharedGroups(account *fakeaws.Account, groups int) (all []SharedGroup, err error) {
	for i := range groups {
		g := SharedGroup{Group: groupID(i)}
		if g.Rules, err = rulesOf(account, g.Group); err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return all, nil
}

// Verified reports whether sgkeeper and the audit kept their promises.
func (r *Result) Verified() bool { return r.kept() && r.Audit.verified() }

// kept reports whether every launch's rules were open, each only once. After all launches
// ended, no rule of sgkeeper may be left, and every other rule must be.
func (r *Result) kept() bool {
	first, last := r.Endings[0], r.Endings[len(r.Endings)-1]
	return r.Sgkeeper.Failed == 0 && r.Sgkeeper.RulesTwice == 0 && last.Ours == 0 && last.Others == first.Others
}
