package audit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// reading reads the page with a token.
type reading func(ctx context.Context, token string) (next string, err error)

// readPages reads the remaining pages of a list. Each page that was read is kept, even if the
// deadline comes before the next. EC2 may not know a token of an earlier invocation any more:
// then reset drops the pages, and the list begins anew. An error is returned once, and the list
// is Failed from then on.
func (p *placeReader) readPages(
	ctx context.Context, l *Listing, reset func(), page reading,
) error {
	for !l.Done {
		var next string
		err := p.call(ctx, func(ctx context.Context) (err error) {
			next, err = page(ctx, l.Next)
			return err
		})
		switch {
		case errors.Is(err, errDeadline):
			return err
		case err != nil && l.Next != "" && !l.fresh:
			*l = Listing{}
			reset()
			continue
		case err != nil:
			*l = Listing{Done: true, Failed: true}
			return err
		}
		*l = Listing{Next: next, Done: next == "", fresh: true}
		p.progressed = true
	}
	return nil
}

// list reads the groups that bear the tag, if the scope is all groups, and the interfaces.
func (p *placeReader) list(ctx context.Context) error {
	if !slices.Contains(p.in.Places, p.Place) {
		return nil
	}
	if p.in.run.Scope.All {
		if err := p.listManaged(ctx); err != nil {
			return err
		}
		return p.countInterfaces(ctx, nil)
	}
	targets := slices.Collect(slices.Chunk(p.targets(), MaxIDs))
	for p.run.Counted < len(targets) {
		if err := p.countInterfaces(ctx, targets[p.run.Counted]); err != nil {
			return err
		}
		if !p.run.Interfaces.Failed {
			p.run.Interfaces = Listing{}
		}
		p.run.Counted++
	}
	return nil
}

func (p *placeReader) listManaged(ctx context.Context) error {
	tag := p.in.Policy.ManagedTag
	subject := "the list of groups that bear " + tag
	p.relisted = p.run.Managed != Listing{}
	err := p.readPages(ctx, &p.run.Managed, p.unlist, func(ctx context.Context, token string) (string, error) {
		found, next, err := p.in.EC2.Managed(ctx, p.Place, tag, token)
		if err == nil {
			p.listed(found)
		}
		return next, err
	})
	p.in.expect(p)
	if err != nil && !errors.Is(err, errDeadline) {
		p.in.unlisted()
	}
	return p.noted(subject, &p.run.Managed, err)
}

// noted notes that a thing is readable or not, after its list was read. It returns err if that is
// errDeadline.
func (p *placeReader) noted(subject string, l *Listing, err error) error {
	switch {
	case errors.Is(err, errDeadline):
		return err
	case err != nil:
		p.in.unreadable(p.Place, subject, err)
	case !l.Failed:
		p.in.readable(p.Place, subject)
	}
	return nil
}

// countInterfaces counts the interfaces of some groups or, with nil, of all groups.
func (p *placeReader) countInterfaces(ctx context.Context, ids []string) error {
	reset := func() {
		for _, id := range ids {
			delete(p.run.Attached, id)
		}
		if ids == nil {
			clear(p.run.Attached)
		}
	}
	err := p.readPages(ctx, &p.run.Interfaces, reset, func(ctx context.Context, token string) (string, error) {
		attached, next, err := p.in.EC2.Attached(ctx, p.Place, ids, token)
		if err == nil {
			for id, n := range attached {
				if ids == nil || slices.Contains(ids, id) { // an interface may have other groups, too
					p.run.Attached[id] += n
				}
			}
		}
		return next, err
	})
	return p.noted("network interfaces", &p.run.Interfaces, err)
}

// readStale reads the stale rules of a VPC, once in a run.
func (p *placeReader) readStale(ctx context.Context, vpc string) error {
	s := p.run.Stale[vpc]
	if s == nil {
		s = new(StaleRun)
		p.run.Stale[vpc] = s
	}
	if s.Rules == nil {
		s.Rules = make(map[string][]secgroup.Rule)
	}
	reset := func() { clear(s.Rules) }
	err := p.readPages(ctx, &s.Listing, reset, func(ctx context.Context, token string) (string, error) {
		stale, next, err := p.in.EC2.Stale(ctx, p.Place, vpc, token)
		for id, rules := range stale {
			s.Rules[id] = append(s.Rules[id], rules...)
		}
		return next, err
	})
	return p.noted("stale references in "+vpc, &s.Listing, err)
}

// finishLists reads the rest of the prefix lists that an earlier invocation needed. It comes before
// rules, because there may be no time for both.
func (p *placeReader) finishLists(ctx context.Context) error {
	for _, id := range slices.Sorted(maps.Keys(p.run.Lists)) {
		if _, err := p.prefixList(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// maxEntries is the number of entries of a prefix list after which the audit stops reading. A
// customer's list has at most 1,000 (VPC user guide, quotas). For its own lists, AWS documents
// only their weights.
const maxEntries = 5_000

// readList reads a prefix list, once in a run. It reads the entries only if the version is not the
// known one, or if EC2 gives no version.
func (p *placeReader) readList(ctx context.Context, id string, known int64) (*ListRun, error) {
	l := p.run.Lists[id]
	if l == nil {
		l = new(ListRun)
		p.run.Lists[id] = l
	}
	if !l.Asked {
		err := p.call(ctx, func(ctx context.Context) error {
			c, err := p.in.EC2.List(ctx, p.Place, id)
			l.Version, l.MaxEntries = c.Version, c.MaxEntries
			return err
		})
		if errors.Is(err, errDeadline) {
			return nil, err
		}
		l.Asked, l.Failed = true, err != nil
		l.Done = err != nil || l.Version == known && known != 0
		p.progressed = true
		if err != nil {
			return l, p.noted("prefix list "+id, &l.Listing, err)
		}
	}
	reset := func() { l.Entries = nil }
	err := p.readPages(ctx, &l.Listing, reset, func(ctx context.Context, token string) (string, error) {
		if len(l.Entries) >= maxEntries {
			return "", fmt.Errorf("read %s: more than %d entries", id, maxEntries)
		}
		entries, next, err := p.in.EC2.Entries(ctx, p.Place, id, l.Version, token)
		l.Entries = append(l.Entries, entries...)
		return next, err
	})
	return l, p.noted("prefix list "+id, &l.Listing, err)
}
