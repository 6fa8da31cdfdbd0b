package main

import (
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// demoReport is what `sgkeeper demo` found, and what it prints as JSON.
type demoReport struct {
	Seed       uint64  `json:"seed"`
	Launches   int     `json:"launches"`
	GroupCount int     `json:"groups"`
	Naive      figures `json:"naive"`
	Sgkeeper   figures `json:"sgkeeper"`

	SharedGroups []sharedGroup `json:"sharedGroups"` // as sgkeeper left them
}

// sharedGroup is a group that launches share, and its rules.
type sharedGroup struct {
	Group string           `json:"group"`
	Rules []secgroup.Entry `json:"rules"`
}

// readGroups reads what all groups of the demo hold.
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

// verified reports whether sgkeeper did what it promises: every launch's rules
// are open, and each rule is there once.
func (r *demoReport) verified() bool { return r.Sgkeeper.Failed == 0 && r.Sgkeeper.RulesTwice == 0 }
