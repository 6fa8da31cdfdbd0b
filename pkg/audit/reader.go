package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

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

// placeReader reads the groups of one place in one invocation.
//
// One goroutine scans the table and sends groups to inbox. Another one, of the place, calls EC2 and
// compares. The invocation's mutex protects seen, and all that the places share.
type placeReader struct {
	Place
	in  *invocation
	run *PlaceRun

	seen     map[string]mark // by id, of the groups that are listed or in the table
	filling  batch           // from the scan, for the inbox
	inbox    chan batch
	behind   bool     // the place is slow, so the scan does not wait for it
	later    []string // ids of groups to load from the table after the scan
	relisted bool     // an earlier invocation read a part of the list of managed groups

	queue      batch
	found      finds                  // by id, until the group is compared
	lists      map[string]*drift.List // nil if neither it nor its last contents are known
	page       time.Duration          // the time for the latest page of rules
	compared   bool                   // some groups, in this invocation
	progressed bool                   // the run has more than at the begin of the invocation
	end        error                  // of work
}

// mark says what is known of a group in this invocation.
type mark uint8

const (
	listed  mark = 1 << iota // EC2 listed it as managed
	scanned                  // the scan returned it
	split                    // the scan returned it in parts, so that it must be loaded
	filed                    // it was compared, in this invocation or an earlier one
)

// batch is a number of groups with their requests.
type batch struct {
	groups []TableGroup
	rules  int // that the requests contain
}

func (b *batch) add(g TableGroup) {
	b.groups = append(b.groups, g)
	for i := range g.Requests {
		b.rules += len(g.Requests[i].Rules)
	}
}

func newPlaceReader(p Place, in *invocation) *placeReader {
	return &placeReader{
		Place: p, in: in, run: in.run.place(p), seen: make(map[string]mark), inbox: make(chan batch, 1),
		found: make(finds), lists: make(map[string]*drift.List),
	}
}

// listed adds managed groups.
func (p *placeReader) listed(found []Found) {
	p.in.mu.Lock()
	defer p.in.mu.Unlock()
	for _, f := range found {
		p.seen[f.ID] |= listed
		p.found.put(f)
	}
}

// unlist drops the groups that were listed.
func (p *placeReader) unlist() {
	p.in.mu.Lock()
	defer p.in.mu.Unlock()
	for id := range p.seen {
		p.seen[id] &^= listed
	}
	clear(p.found)
}

// targets returns the ids of the place's groups that the scope names, each once.
func (p *placeReader) targets() (ids []string) {
	for _, t := range p.in.run.Scope.Targets {
		if placeOf(t.Group) == p.Place && !slices.Contains(ids, t.Group.ID) {
			ids = append(ids, t.Group.ID)
		}
	}
	return ids
}

// findBatch looks up the groups that have not been found yet. An unread error concerns all that
// are still missing.
func (p *placeReader) findBatch(ctx context.Context, groups []TableGroup) (unread, err error) {
	var ids []string
	for _, g := range groups {
		if !p.found.has(g.Group.ID) && g.Unreadable == "" {
			ids = append(ids, g.Group.ID)
		}
	}
	switch {
	case len(ids) == 0:
		return nil, nil
	case !slices.Contains(p.in.Places, p.Place):
		return fmt.Errorf("%s is not one of the audited accounts and Regions", p.Place), nil
	}
	found, unread, err := p.find(ctx, Which{IDs: ids})
	for _, f := range found {
		p.found.put(f)
		p.progressed = true
	}
	return unread, err
}

// find is EC2's Find. err is errDeadline or nil.
func (p *placeReader) find(ctx context.Context, w Which) (found []Found, unread, err error) {
	unread = p.call(ctx, func(ctx context.Context) (err error) {
		found, err = p.in.EC2.Find(ctx, p.Place, w)
		return err
	})
	if errors.Is(unread, errDeadline) {
		return nil, nil, unread
	}
	return found, unread, nil
}

// checkExistence looks up groups again that had rules, and for which EC2 now describes none.
func (p *placeReader) checkExistence(ctx context.Context, ids []string, at map[string]*drift.Facts) error {
	if len(ids) == 0 {
		return nil
	}
	found, unread, err := p.find(ctx, Which{IDs: ids})
	if err != nil {
		return err
	}
	for _, id := range ids {
		i := slices.IndexFunc(found, func(f Found) bool { return f.ID == id })
		if at[id].Found = i >= 0; unread != nil {
			unreadable(at[id], unread)
		}
	}
	return nil
}

// setInterfaces sets the number of a group's interfaces: the last known one, if it cannot be read.
func (p *placeReader) setInterfaces(f *drift.Facts) {
	if f.Interfaces = p.run.Attached[f.Group.ID]; p.run.Interfaces.Failed {
		f.Interfaces, f.Unread = -1, append(f.Unread, drift.Interfaces)
		if g := p.in.before(f.Group).group; g != nil {
			f.Interfaces = g.Interfaces
		}
	}
}

// staleIn returns a group's stale rules: the last known ones, if they cannot be read.
func (p *placeReader) staleIn(f *drift.Facts) map[secgroup.Rule]bool {
	stale := p.run.Stale[f.VPC]
	if stale != nil && stale.Failed {
		f.Unread = append(f.Unread, drift.Stale)
		return p.in.before(f.Group).stale()
	}
	if stale == nil || len(stale.Rules[f.Group.ID]) == 0 {
		return nil
	}
	found := make(map[secgroup.Rule]bool)
	for _, e := range f.Entries {
		in := e.Rule.In(f.Group.Account, f.Group.ID)
		if slices.ContainsFunc(stale.Rules[f.Group.ID], func(r secgroup.Rule) bool { return r.Matches(in) }) {
			found[in] = true
		}
	}
	return found
}

// listsOf returns the prefix lists that a group's rules and live requests name. Each is
// read once. A list that cannot be read has its last known contents, if there are any.
func (p *placeReader) listsOf(ctx context.Context, f *drift.Facts) (map[string]drift.List, error) {
	lists := make(map[string]drift.List)
	add := func(entries []secgroup.Entry) error {
		for _, e := range entries {
			id, ok := e.Rule.Peer.PrefixList()
			if !ok {
				continue
			}
			if _, read := p.lists[id]; !read {
				l, err := p.prefixList(ctx, id)
				if err != nil {
					return err
				}
				p.lists[id] = l
			}
			if l := p.lists[id]; l != nil {
				lists[id] = *l
			}
			in := drift.Input(id)
			if l := p.run.Lists[id]; l != nil && l.Failed && !slices.Contains(f.Unread, in) {
				f.Unread = append(f.Unread, in)
			}
		}
		return nil
	}
	if err := add(f.Entries); err != nil {
		return nil, err
	}
	for _, r := range f.Requests {
		if r.Status != claim.Open {
			continue
		}
		if err := add(r.Rules); err != nil {
			return nil, err
		}
	}
	return lists, nil
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

// prefixList returns a prefix list or, if it cannot be read, its last known contents. It returns nil
// if there are none. err is errDeadline or nil.
func (p *placeReader) prefixList(ctx context.Context, id string) (*drift.List, error) {
	c, ok := p.in.contents(p.Place, id)
	if !ok {
		last, known := p.in.previous.LastList(p.Account, p.Region, id)
		l, err := p.readList(ctx, id, last.Version)
		switch {
		case err != nil, l.Failed && !known:
			return nil, err
		case l.Failed:
			return listOf(last), nil
		}
		c = drift.Contents{
			Account: p.Account, Region: p.Region, ID: id, Version: l.Version, MaxEntries: l.MaxEntries,
			Entries: slices.Sorted(slices.Values(l.Entries)),
		}
		if l.Version == last.Version && l.Version != 0 {
			c.Entries = last.Entries
		}
		p.in.addContents(c)
		delete(p.run.Lists, id)
	}
	return listOf(c), nil
}

func listOf(c drift.Contents) *drift.List {
	return &drift.List{Version: c.Version, Entries: c.Entries, MaxEntries: c.MaxEntries}
}

// successor returns the group that now has the name of a deleted group. err is errDeadline or nil.
func (p *placeReader) successor(ctx context.Context, f *drift.Facts) (string, error) {
	before := p.in.before(f.Group).group
	if before == nil || before.Name == "" || len(f.Requests) == 0 {
		return "", nil
	}
	f.Name, f.VPC = before.Name, before.VPC
	found, unread, err := p.find(ctx, Which{Name: f.Name, VPC: f.VPC})
	if unread != nil {
		unreadable(f, fmt.Errorf("find the group that now has its name: %w", unread))
	}
	for _, s := range found {
		if s.ID != f.Group.ID {
			return s.ID, err
		}
	}
	return "", err
}

func sorted(ids []string) []string {
	slices.Sort(ids)
	return ids
}
