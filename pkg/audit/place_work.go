package audit

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// errUnscanned says that the deadline came before the table was scanned, so that nothing is
// known of the place's other groups.
var errUnscanned = errors.New("the table was not scanned to its end")

// work reads the place's groups: first those in the table, in the order of the scan, then those
// that only have the tag. It fails with errDeadline or errUnscanned if some are left.
func (p *placeReader) work(ctx context.Context) error {
	defer func() {
		for range p.inbox { // so that the scan does not wait
		}
	}()
	if p.run.GivenUp {
		return nil
	}
	if err := p.list(ctx); err != nil {
		return err
	}
	if err := p.finishLists(ctx); err != nil {
		return err
	}
	for b := range p.inbox {
		if err := p.receive(ctx, b); err != nil {
			return err
		}
	}
	if !p.in.scanned {
		return errUnscanned
	}
	if err := p.loadLater(ctx); err != nil {
		return err
	}
	for some := range slices.Chunk(p.untabled(), MaxIDs) {
		var b batch
		for _, id := range some {
			b.add(TableGroup{Group: p.group(id)})
		}
		if err := p.receive(ctx, b); err != nil {
			return err
		}
	}
	return p.flush(ctx)
}

// loadLater loads groups from the table, one by one, and receives them. It first removes what is
// known of a group that the scan returned in parts.
func (p *placeReader) loadLater(ctx context.Context) error {
	if len(p.later) > 0 {
		if err := p.flush(ctx); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(p.later, MaxIDs) {
		p.forgetSplit(some)
		b := p.load(ctx, some)
		if ctx.Err() != nil {
			return errDeadline
		}
		if err := p.receive(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// forgetSplit removes the results of groups that the scan returned in parts.
func (p *placeReader) forgetSplit(ids []string) {
	p.in.mu.Lock()
	defer p.in.mu.Unlock()
	for _, id := range ids {
		if p.seen[id]&split != 0 {
			p.seen[id] &^= split | filed
			p.in.forget(p.group(id))
		}
	}
}

// load loads some groups from the table.
func (p *placeReader) load(ctx context.Context, ids []string) (b batch) {
	loaded := make([]TableGroup, len(ids))
	var work sync.WaitGroup
	free := make(chan struct{}, rechecks)
	for i, id := range ids {
		free <- struct{}{}
		work.Go(func() {
			defer func() { <-free }()
			loaded[i] = p.in.load(ctx, p.group(id))
		})
	}
	work.Wait()
	for _, g := range loaded {
		b.add(g)
	}
	return b
}

// untabled returns the groups that EC2 listed and that the scan did not return. EC2 may have
// skipped a group if its list was read in several invocations. So those that only the previous
// report has are looked up, too. If there is no list, those that the scope names are.
func (p *placeReader) untabled() (ids []string) {
	p.in.mu.Lock()
	defer p.in.mu.Unlock()
	for id, m := range p.seen {
		if m == listed {
			ids = append(ids, id)
		}
	}
	if p.relisted {
		for i := range p.in.previous.Groups {
			g := p.in.previous.Groups[i].Group
			if placeOf(g) == p.Place && p.seen[g.ID] == 0 {
				ids = append(ids, g.ID)
			}
		}
	}
	if p.in.run.Unlisted { // events of the same batch may name groups that the list lacks
		for _, t := range p.in.run.Scope.Targets {
			if placeOf(t.Group) == p.Place && p.seen[t.Group.ID] == 0 && !slices.Contains(ids, t.Group.ID) {
				ids = append(ids, t.Group.ID)
			}
		}
	}
	return sorted(ids)
}

// next returns up to MaxIDs groups that were found and not compared: first those that wait.
func (p *placeReader) next() (found []Found) {
	ids := make([]string, len(p.queue.groups))
	for i := range p.queue.groups {
		ids[i] = p.queue.groups[i].Group.ID
	}
	for _, id := range slices.Concat(ids, p.found.ids()) {
		if f, ok := p.found.get(id); ok && len(found) < MaxIDs {
			found = append(found, f)
			delete(p.found, id)
		}
	}
	return found
}

// left returns the ids of listed groups that were not read.
func (p *placeReader) left() (ids []string) {
	for id, m := range p.seen {
		if m&listed != 0 && m&filed == 0 {
			ids = append(ids, id)
		}
	}
	return sorted(ids)
}
