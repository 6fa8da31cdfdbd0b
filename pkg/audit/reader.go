package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// visit is a leg's work in one place, and its knowledge of it.
type visit struct {
	Place
	leg   *leg
	found map[string]Found // by id
	batch []Known          // to be compared
	asked int              // the number of rules that their requests contain

	attached map[string]int                        // of all groups; nil until read
	blind    bool                                  // interfaces cannot be read
	stale    map[string]map[string][]secgroup.Rule // by VPC, then by group
	lists    map[string]*drift.List
}

// find reads the groups that have the tag, and the interfaces of all groups.
func (v *visit) find(ctx context.Context) {
	tag := v.leg.Policy.ManagedTag
	found, err := v.leg.Groups.Find(ctx, v.Place, Which{Tag: tag})
	if err != nil {
		v.leg.run.Blind = true
		v.leg.unknown(v.Place, "the list of groups that bear "+tag, err)
	}
	for _, f := range found {
		v.found[f.ID] = f
	}
	v.attached = make(map[string]int)
	attached, err := v.leg.Around.Attached(ctx, v.Place, nil)
	if err != nil {
		v.notAttached(err)
		return
	}
	v.attached = attached
}

func (v *visit) notAttached(err error) {
	v.blind = true
	v.leg.unknown(v.Place, "network interfaces", err)
}

// findAll looks up the batch's groups that have not been found yet. An error concerns all that
// are still missing.
func (v *visit) findAll(ctx context.Context, batch []Known) error {
	var ids []string
	for _, asked := range batch {
		if _, ok := v.found[asked.Group.ID]; !ok && asked.Unreadable == "" {
			ids = append(ids, asked.Group.ID)
		}
	}
	switch {
	case len(ids) == 0:
		return nil
	case !slices.Contains(v.leg.Places, v.Place):
		return fmt.Errorf("%s is not among the accounts and Regions that are audited", v.Place)
	}
	found, err := v.leg.Groups.Find(ctx, v.Place, Which{IDs: ids})
	for _, f := range found {
		v.found[f.ID] = f
	}
	return err
}

// prove looks up groups again if all of their rules disappeared.
func (v *visit) prove(ctx context.Context, ids []string, at map[string]*drift.Facts) {
	if len(ids) == 0 {
		return
	}
	found, err := v.leg.Groups.Find(ctx, v.Place, Which{IDs: ids})
	for _, id := range ids {
		i := slices.IndexFunc(found, func(f Found) bool { return f.ID == id })
		if at[id].Found = i >= 0; err != nil {
			unreadable(at[id], err)
		} else if i < 0 {
			delete(v.found, id)
		}
	}
}

// attach sets the number of each group's interfaces.
func (v *visit) attach(ctx context.Context, at map[string]*drift.Facts) {
	attached := v.attached
	if attached == nil && !v.blind && slices.Contains(v.leg.Places, v.Place) {
		ids := make([]string, 0, len(at))
		for id := range at {
			ids = append(ids, id)
		}
		var err error
		if attached, err = v.leg.Around.Attached(ctx, v.Place, sorted(ids)); err != nil {
			v.notAttached(err)
		}
	}
	for id, f := range at {
		if f.Interfaces = attached[id]; v.blind {
			f.Interfaces = -1
		}
	}
}

// staleIn returns the ids of a group's stale rules.
func (v *visit) staleIn(ctx context.Context, f *drift.Facts) map[string]bool {
	if _, ok := v.stale[f.VPC]; !ok {
		stale, err := v.leg.Around.Stale(ctx, v.Place, f.VPC)
		if err != nil {
			v.leg.unknown(v.Place, "stale references in "+f.VPC, err)
		}
		v.stale[f.VPC] = stale
	}
	rules := v.stale[f.VPC][f.Group.ID]
	if len(rules) == 0 {
		return nil
	}
	ids := make(map[string]bool)
	for _, e := range f.Entries {
		in := e.Rule.In(f.Group.Account, f.Group.ID)
		if slices.ContainsFunc(rules, func(r secgroup.Rule) bool { return r.Matches(in) }) {
			ids[e.ID] = true
		}
	}
	return ids
}

// listsOf returns the prefix lists that a group's rules and live requests name. Each is
// read once. Lists that cannot be read are left out.
func (v *visit) listsOf(ctx context.Context, f *drift.Facts) map[string]drift.List {
	lists := make(map[string]drift.List)
	add := func(entries []secgroup.Entry) {
		for _, e := range entries {
			id, ok := e.Rule.Peer.PrefixList()
			if !ok {
				continue
			}
			if _, read := v.lists[id]; !read {
				v.lists[id] = v.readList(ctx, id)
			}
			if l := v.lists[id]; l != nil {
				lists[id] = *l
			}
		}
	}
	add(f.Entries)
	for _, r := range f.Requests {
		if r.Status == claim.Open {
			add(r.Rules)
		}
	}
	return lists
}

// readList returns a prefix list, or nil if it cannot be read.
func (v *visit) readList(ctx context.Context, id string) *drift.List {
	known, _ := v.leg.previous.List(v.Account, v.Region, id)
	c, err := v.leg.Around.List(ctx, v.Place, id, known.Version)
	if err != nil {
		v.leg.unknown(v.Place, "prefix list "+id, err)
		return nil
	}
	c.Account, c.Region, c.ID = v.Account, v.Region, id
	if c.Version == known.Version && c.Version != 0 {
		c.Entries = known.Entries
	}
	r := v.leg.run.Report
	if _, ok := r.List(v.Account, v.Region, id); !ok {
		r.Lists = append(r.Lists, c)
	}
	list := drift.NewList(c, known)
	return &list
}

// successor returns the group that now has the name of a deleted group.
func (v *visit) successor(ctx context.Context, f *drift.Facts) string {
	i := slices.IndexFunc(v.leg.previous.Groups, func(g drift.Group) bool { return g.Group == f.Group })
	if i < 0 || v.leg.previous.Groups[i].Name == "" || len(f.Requests) == 0 {
		return ""
	}
	f.Name, f.VPC = v.leg.previous.Groups[i].Name, v.leg.previous.Groups[i].VPC
	found, err := v.leg.Groups.Find(ctx, v.Place, Which{Name: f.Name, VPC: f.VPC})
	if err != nil {
		unreadable(f, errors.New("whether its name belongs to another group: "+err.Error()))
		return ""
	}
	for _, s := range found {
		if s.ID != f.Group.ID {
			return s.ID
		}
	}
	return ""
}

func sorted(ids []string) []string {
	slices.Sort(ids)
	return ids
}
