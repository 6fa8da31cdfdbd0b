package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// place is what one leg knows of a place.
type place struct {
	Place
	l     *look
	found map[string]Found // by id
	batch []Known          // to be looked at
	asked int              // how many rules are asked of them

	attached map[string]int                        // of all groups; nil: not read
	blind    bool                                  // it cannot be read
	stale    map[string]map[string][]secgroup.Rule // by VPC, then by group
	lists    map[string]List
}

// find reads what an audit of all groups needs: which bear the tag, and where
// groups are attached.
func (p *place) find(ctx context.Context) {
	tag := p.l.Policy.ManagedTag
	found, err := p.l.Groups.Find(ctx, p.Place, Which{Tag: tag})
	if err != nil {
		p.l.run.Blind = true
		p.l.unknown(p.Place, "the list of groups that bear "+tag, err)
	}
	for _, f := range found {
		p.found[f.ID] = f
	}
	p.attached = make(map[string]int)
	attached, err := p.l.Around.Attached(ctx, p.Place, nil)
	if err != nil {
		p.notAttached(err)
		return
	}
	p.attached = attached
}

func (p *place) notAttached(err error) {
	p.blind = true
	p.l.unknown(p.Place, "network interfaces", err)
}

// findAll finds the groups of a batch that are not known to be there. Its error
// is about all that are not found.
func (p *place) findAll(ctx context.Context, batch []Known) error {
	var ids []string
	for _, asked := range batch {
		if _, ok := p.found[asked.Group.ID]; !ok && asked.Unreadable == "" {
			ids = append(ids, asked.Group.ID)
		}
	}
	switch {
	case len(ids) == 0:
		return nil
	case !slices.Contains(p.l.Places, p.Place):
		return fmt.Errorf("%s is not among the accounts and Regions that are audited", p.Place)
	}
	found, err := p.l.Groups.Find(ctx, p.Place, Which{IDs: ids})
	for _, f := range found {
		p.found[f.ID] = f
	}
	return err
}

// prove looks for groups whose rules are gone all at once.
func (p *place) prove(ctx context.Context, ids []string, at map[string]*Facts) {
	if len(ids) == 0 {
		return
	}
	found, err := p.l.Groups.Find(ctx, p.Place, Which{IDs: ids})
	for _, id := range ids {
		i := slices.IndexFunc(found, func(f Found) bool { return f.ID == id })
		if at[id].Found = i >= 0; err != nil {
			at[id].unreadable(err)
		} else if i < 0 {
			delete(p.found, id)
		}
	}
}

// attach tells the groups to how many interfaces they are attached.
func (p *place) attach(ctx context.Context, at map[string]*Facts) {
	attached := p.attached
	if attached == nil && !p.blind && slices.Contains(p.l.Places, p.Place) {
		ids := make([]string, 0, len(at))
		for id := range at {
			ids = append(ids, id)
		}
		var err error
		if attached, err = p.l.Around.Attached(ctx, p.Place, sorted(ids)); err != nil {
			p.notAttached(err)
		}
	}
	for id, f := range at {
		if f.Interfaces = attached[id]; p.blind {
			f.Interfaces = -1
		}
	}
}

// staleIn returns the ids of a group's rules that are stale.
func (p *place) staleIn(ctx context.Context, f *Facts) map[string]bool {
	if _, ok := p.stale[f.VPC]; !ok {
		stale, err := p.l.Around.Stale(ctx, p.Place, f.VPC)
		if err != nil {
			p.l.unknown(p.Place, "stale references in "+f.VPC, err)
		}
		p.stale[f.VPC] = stale
	}
	rules := p.stale[f.VPC][f.Group.ID]
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

// listsOf returns the prefix lists that a group's rules name. Each is read once.
func (p *place) listsOf(ctx context.Context, f *Facts) map[string]List {
	var lists map[string]List
	for _, e := range f.Entries {
		id, ok := e.Rule.Peer.PrefixList()
		if !ok {
			continue
		}
		if _, read := p.lists[id]; !read {
			p.lists[id] = p.readList(ctx, id)
		}
		if lists == nil {
			lists = make(map[string]List)
		}
		lists[id] = p.lists[id]
	}
	return lists
}

func (p *place) readList(ctx context.Context, id string) List {
	var known Contents
	is := Contents{Account: p.Account, Region: p.Region, ID: id}.isOf
	if i := slices.IndexFunc(p.l.previous.Lists, is); i >= 0 {
		known = p.l.previous.Lists[i]
	}
	c, err := p.l.Around.List(ctx, p.Place, id, known.Version)
	if err != nil {
		p.l.unknown(p.Place, "prefix list "+id, err)
		return List{}
	}
	c.Account, c.Region, c.ID = p.Account, p.Region, id
	if c.Version == known.Version {
		c.Entries = known.Entries
	}
	if r := p.l.run.Report; !slices.ContainsFunc(r.Lists, is) {
		r.Lists = append(r.Lists, c)
	}
	return List{Version: c.Version, Known: known.Version, Added: without(c.Entries, known.Entries), Removed: without(known.Entries, c.Entries)}
}

// without returns the elements of a that are not in b.
func without(a, b []string) (rest []string) {
	in := make(map[string]bool, len(b))
	for _, s := range b {
		in[s] = true
	}
	for _, s := range a {
		if !in[s] {
			rest = append(rest, s)
		}
	}
	return rest
}

// successor returns the group that now has the name of one that is gone.
func (p *place) successor(ctx context.Context, f *Facts) string {
	i := slices.IndexFunc(p.l.previous.Groups, func(g Group) bool { return g.Group == f.Group })
	if i < 0 || p.l.previous.Groups[i].Name == "" || len(f.Requests) == 0 {
		return ""
	}
	f.Name, f.VPC = p.l.previous.Groups[i].Name, p.l.previous.Groups[i].VPC
	found, err := p.l.Groups.Find(ctx, p.Place, Which{Name: f.Name, VPC: f.VPC})
	if err != nil {
		f.unreadable(errors.New("whether its name belongs to another group: " + err.Error()))
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
