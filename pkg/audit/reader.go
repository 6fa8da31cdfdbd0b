package audit

import (
	"context"
	"fmt"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Place is a Region of an account.
type Place struct{ Account, Region string }

// String returns account/region.
func (p Place) String() string { return p.Account + "/" + p.Region }

func (p Place) group(id string) claim.Group {
	return claim.Group{Account: p.Account, Region: p.Region, ID: id}
}

func placeOf(g claim.Group) Place { return Place{g.Account, g.Region} }

// placeReader reads the groups of one place in one invocation, and keeps the answers of EC2.
type placeReader struct {
	Place
	in         *invocation
	found      map[string]Found // by id
	batch      []TableGroup     // to be compared
	batchRules int              // the number of rules that the batch's requests contain

	attached     map[string]int                        // of all groups; nil until read
	noInterfaces bool                                  // interfaces cannot be read
	stale        map[string]map[string][]secgroup.Rule // by VPC, then by group
	noStale      map[string]bool                       // VPCs whose stale rules cannot be read
	lists        map[string]*drift.List                // nil if neither it nor its last contents are known
	noLists      map[string]bool                       // lists that cannot be read
}

func newPlaceReader(p Place, in *invocation) *placeReader {
	return &placeReader{
		Place: p, in: in, found: make(map[string]Found),
		stale: make(map[string]map[string][]secgroup.Rule), lists: make(map[string]*drift.List),
		noStale: make(map[string]bool), noLists: make(map[string]bool),
	}
}

// findManaged reads the groups that have the tag, and the interfaces of all groups.
func (p *placeReader) findManaged(ctx context.Context) {
	tag := p.in.Policy.ManagedTag
	subject := "the list of groups that bear " + tag
	found, err := p.in.EC2.Find(ctx, p.Place, Which{Tag: tag})
	if err != nil {
		p.in.run.Unlisted = true
		p.in.unreadable(p.Place, subject, err)
	} else {
		p.in.readable(p.Place, subject)
	}
	for _, f := range found {
		p.found[f.ID] = f
	}
	p.attached = make(map[string]int)
	attached, err := p.in.EC2.Attached(ctx, p.Place, nil)
	if err != nil {
		p.interfacesUnreadable(err)
		return
	}
	p.attached = attached
	p.in.readable(p.Place, interfaces)
}

// interfaces is the subject of the unknown drift if network interfaces cannot be read.
const interfaces = "network interfaces"

func (p *placeReader) interfacesUnreadable(err error) {
	p.noInterfaces = true
	p.in.unreadable(p.Place, interfaces, err)
}

// findBatch looks up the batch's groups that have not been found yet. An error concerns all that
// are still missing.
func (p *placeReader) findBatch(ctx context.Context, batch []TableGroup) error {
	var ids []string
	for _, g := range batch {
		if _, ok := p.found[g.Group.ID]; !ok && g.Unreadable == "" {
			ids = append(ids, g.Group.ID)
		}
	}
	switch {
	case len(ids) == 0:
		return nil
	case !slices.Contains(p.in.Places, p.Place):
		return fmt.Errorf("%s is not one of the audited accounts and Regions", p.Place)
	}
	found, err := p.in.EC2.Find(ctx, p.Place, Which{IDs: ids})
	for _, f := range found {
		p.found[f.ID] = f
	}
	return err
}

// checkExistence looks up groups again that had rules, and for which EC2 now describes none.
func (p *placeReader) checkExistence(ctx context.Context, ids []string, at map[string]*drift.Facts) {
	if len(ids) == 0 {
		return
	}
	found, err := p.in.EC2.Find(ctx, p.Place, Which{IDs: ids})
	for _, id := range ids {
		i := slices.IndexFunc(found, func(f Found) bool { return f.ID == id })
		if at[id].Found = i >= 0; err != nil {
			unreadable(at[id], err)
		} else if i < 0 {
			delete(p.found, id)
		}
	}
}

// setInterfaces sets the number of each group's interfaces: the last known one, if it cannot be read.
func (p *placeReader) setInterfaces(ctx context.Context, at map[string]*drift.Facts) {
	attached := p.attached
	if attached == nil && !p.noInterfaces && slices.Contains(p.in.Places, p.Place) {
		ids := make([]string, 0, len(at))
		for id := range at {
			ids = append(ids, id)
		}
		var err error
		if attached, err = p.in.EC2.Attached(ctx, p.Place, sorted(ids)); err != nil {
			p.interfacesUnreadable(err)
		} else {
			p.in.readable(p.Place, interfaces)
		}
	}
	for id, f := range at {
		if f.Interfaces = attached[id]; p.noInterfaces {
			f.Interfaces, f.Unread = -1, append(f.Unread, drift.Interfaces)
			if g := p.in.before(f.Group).group; g != nil {
				f.Interfaces = g.Interfaces
			}
		}
	}
}

// staleIn returns a group's stale rules: the last known ones, if they cannot be read.
func (p *placeReader) staleIn(ctx context.Context, f *drift.Facts) map[secgroup.Rule]bool {
	if _, ok := p.stale[f.VPC]; !ok {
		subject := "stale references in " + f.VPC
		stale, err := p.in.EC2.Stale(ctx, p.Place, f.VPC)
		if err != nil {
			p.noStale[f.VPC] = true
			p.in.unreadable(p.Place, subject, err)
		} else {
			p.in.readable(p.Place, subject)
		}
		p.stale[f.VPC] = stale
	}
	if p.noStale[f.VPC] {
		f.Unread = append(f.Unread, drift.Stale)
		return p.in.before(f.Group).stale()
	}
	rules := p.stale[f.VPC][f.Group.ID]
	if len(rules) == 0 {
		return nil
	}
	found := make(map[secgroup.Rule]bool)
	for _, e := range f.Entries {
		in := e.Rule.In(f.Group.Account, f.Group.ID)
		if slices.ContainsFunc(rules, func(r secgroup.Rule) bool { return r.Matches(in) }) {
			found[in] = true
		}
	}
	return found
}

// listsOf returns the prefix lists that a group's rules and live requests name. Each is
// read once. A list that cannot be read has its last known contents, if there are any.
func (p *placeReader) listsOf(ctx context.Context, f *drift.Facts) map[string]drift.List {
	lists := make(map[string]drift.List)
	add := func(entries []secgroup.Entry) {
		for _, e := range entries {
			id, ok := e.Rule.Peer.PrefixList()
			if !ok {
				continue
			}
			if _, read := p.lists[id]; !read {
				p.lists[id] = p.readList(ctx, id)
			}
			if l := p.lists[id]; l != nil {
				lists[id] = *l
			}
			if in := drift.Input(id); p.noLists[id] && !slices.Contains(f.Unread, in) {
				f.Unread = append(f.Unread, in)
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

// knownLists returns the contents of its prefix list at which an audit judged each rule last.
func (p *placeReader) knownLists(f *drift.Facts) map[string]drift.Contents {
	group := p.in.before(f.Group).group
	var known map[string]drift.Contents
	for _, e := range f.Entries {
		if c := p.in.previous.KnownList(group, e.Rule); c.Version != 0 {
			if known == nil {
				known = make(map[string]drift.Contents)
			}
			known[e.Rule.String()] = c
		}
	}
	return known
}

// readList returns a prefix list or, if it cannot be read, its last known contents. It returns nil
// if there are none.
func (p *placeReader) readList(ctx context.Context, id string) *drift.List {
	subject := "prefix list " + id
	last, known := p.in.previous.LastList(p.Account, p.Region, id)
	c, err := p.in.EC2.List(ctx, p.Place, id, last.Version)
	if err != nil {
		p.noLists[id] = true
		p.in.unreadable(p.Place, subject, err)
		if !known {
			return nil
		}
		return &drift.List{Version: last.Version, Entries: last.Entries}
	}
	p.in.readable(p.Place, subject)
	c.Account, c.Region, c.ID = p.Account, p.Region, id
	if c.Version == last.Version && c.Version != 0 {
		c.Entries = last.Entries
	}
	r := p.in.run.Report
	if !slices.ContainsFunc(r.Lists, func(o drift.Contents) bool {
		return o.Account == c.Account && o.Region == c.Region && o.ID == id && o.Version == c.Version
	}) {
		r.Lists = append(r.Lists, c)
	}
	return &drift.List{Version: c.Version, Entries: c.Entries}
}

// successor returns the group that now has the name of a deleted group.
func (p *placeReader) successor(ctx context.Context, f *drift.Facts) string {
	before := p.in.before(f.Group).group
	if before == nil || before.Name == "" || len(f.Requests) == 0 {
		return ""
	}
	f.Name, f.VPC = before.Name, before.VPC
	found, err := p.in.EC2.Find(ctx, p.Place, Which{Name: f.Name, VPC: f.VPC})
	if err != nil {
		unreadable(f, fmt.Errorf("find the group that now has its name: %w", err))
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
