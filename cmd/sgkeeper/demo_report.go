package main

import (
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// demoReport is the result of `sgkeeper demo`, and its JSON output.
type demoReport struct {
	Seed       uint64  `json:"seed"`
	Launches   int     `json:"launches"`
	GroupCount int     `json:"groups"`
	Naive      figures `json:"naive"`
	Sgkeeper   figures `json:"sgkeeper"`

	SharedGroups []sharedGroup `json:"sharedGroups"` // as sgkeeper left them
	Endings      []ending      `json:"endings"`      // the rules after each wave of ends
	Audit        audited       `json:"audit"`
}

// sharedGroup is a group that launches share, and its rules.
type sharedGroup struct {
	Group string           `json:"group"`
	Rules []secgroup.Entry `json:"rules"`
}

// readGroups reads the rules of all groups of the demo.
func (r *demoReport) readGroups(account *fakeaws.Account) error {
	for i := range r.GroupCount {
		g := sharedGroup{Group: demoGroup(i)}
		var err error
		if g.Rules, err = rulesOf(account, g.Group); err != nil {
			return err
		}
		r.SharedGroups = append(r.SharedGroups, g)
	}
	return nil
}

// verified reports whether sgkeeper and the audit kept their promises.
func (r *demoReport) verified() bool { return r.kept() && r.Audit.verified() }

// kept reports whether every launch's rules were open, each only once. After all launches
// ended, no rule of sgkeeper may be left, and every other rule must be.
func (r *demoReport) kept() bool {
	first, last := r.Endings[0], r.Endings[len(r.Endings)-1]
	return r.Sgkeeper.Failed == 0 && r.Sgkeeper.RulesTwice == 0 && last.Ours == 0 && last.Others == first.Others
}
