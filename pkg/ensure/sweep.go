package ensure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/phrase"
)

// Bounds of one sweep. Unserved groups and ends stay due for the next one.
const (
	maxDue     = 100_000    // groups, and ends, that it reads, an eighth from each shard of the index
	sweepEnds  = 64         // ends that are served together
	sweepers   = atOnce / 2 // groups served at a time, and as many for ends
	maxNamed   = 20         // unserved groups that its log names
	stuckAfter = 5 * time.Minute
)

// Sweep does the work that no event triggers:
//
//   - It continues ends in the groups in which they are not finished.
//   - It serves tickets that a crashed function left, and takes over expired leases.
//   - It expires requests, removes replaced rules, and verifies earlier writes.
//
// Two sweeps may run at once, and a sweep may be interrupted.
//
// The due groups form a queue, the longest due first. A group that could not be served goes to
// the back ([Dues].Postpone), and waits longer each time, up to MaxPostpone. So it delays no
// other group.
func (e *Ensurer) Sweep(ctx context.Context) error {
	ctx, cancel := e.bounded(ctx)
	defer cancel()
	s := &sweep{Ensurer: e.shared(), began: e.now()}
	var both sync.WaitGroup
	both.Go(func() { s.continueEnds(ctx) })
	both.Go(func() { s.serveGroups(ctx) })
	both.Wait()
	s.report(ctx)
	return s.err()
}

// Swept counts the groups and ends of one sweep.
type Swept struct {
	Groups int // served groups
	Ends   int // continued ends
	Failed int // groups and ends that it could not serve, and unreadable items
	Left   int // groups and ends that it had no time to serve

	OldestDue     time.Duration // how long the longest-due group has been due
	Stuck         int           // groups that no sweep could serve for five minutes
	PendingRevoke int           // groups with a revoke that has been pending for five minutes
	Ledger        int           // entries of the largest ledger
	Partition     int           // requests and ends that a round of the largest group reads
}

// sweep is one sweep.
type sweep struct {
	*Ensurer
	began time.Time

	mu     sync.Mutex
	swept  Swept
	failed []error // the first errors
}

// continueEnds continues ends in their unfinished groups. An end may reach a group twice.
func (s *sweep) continueEnds(ctx context.Context) {
	launches, err := s.Dues.Unfinished(ctx, s.began, maxDue)
	s.failsToRead(err)
	for part := range slices.Chunk(launches, sweepEnds) {
		if !s.mayBegin(ctx) {
			s.count(func(n *Swept) { n.Left += len(part) })
			continue
		}
		messages := make([]events.Message, len(part))
		for i, l := range part {
			messages[i] = events.Message{Launch: l, End: &events.End{Launch: l}}
		}
		for _, answer := range s.serve(ctx, messages, sweepers) {
			if answer.Retry != nil {
				s.fails(answer.Retry)
			} else {
				s.count(func(n *Swept) { n.Ends++ })
			}
			s.failsToRead(answer.Unread)
		}
	}
}

// serveGroups serves the due groups, the longest due first.
func (s *sweep) serveGroups(ctx context.Context) {
	due, err := s.Dues.Due(ctx, s.began, maxDue)
	s.failsToRead(err)
	slices.SortStableFunc(due, func(d, o Due) int { return cmp.Compare(d.Since.UnixMilli(), o.Since.UnixMilli()) })
	sideBySide(sweepers, due, func(d Due) place { return placeOf(d.Group) }, func(d Due) {
		switch {
		case !s.Reaches(d.Group):
			s.fails(fmt.Errorf("%s: %s", d.Group, s.notReached(d.Group)))
			s.waits(d.Since)
			if d.rang() {
				s.count(func(n *Swept) { n.Stuck++ }) // no sweep can serve its ticket
			}
		case !s.mayBegin(ctx):
			s.count(func(n *Swept) { n.Left++ })
			s.waits(d.Since)
		default:
			s.serveGroup(ctx, d)
		}
	})
}

// serveGroup takes one group through the protocol, or postpones it.
func (s *sweep) serveGroup(ctx context.Context, d Due) {
	limited, cancel := s.short(ctx)
	defer cancel()
	p := s.newPass(d.Group)
	p.sweep = true
	p.run(limited)
	s.measures(p.state)
	if p.step.Result != lease.Retry && p.state.Unreadable == nil {
		s.count(func(n *Swept) { n.Groups++ })
		s.waited(d.Since)
		return
	}
	since, err := s.Dues.Postpone(ctx, d.Group, s.failure(p), s.now())
	if err != nil {
		p.log.WarnContext(ctx, "the next sweep tries at once", "error", err)
		since = d.Since
	}
	s.fails(fmt.Errorf("%s: %w", d.Group, p.retry()))
	s.waits(since)
}

// measures notes the size of a group's ledger and partition, and whether a revoke is stuck.
func (s *sweep) measures(state group.State) {
	ledger, partition := state.Size()
	s.count(func(n *Swept) {
		n.Ledger, n.Partition = max(n.Ledger, ledger), max(n.Partition, partition)
		if state.ExistsSince(s.now().Add(-stuckAfter)) {
			n.PendingRevoke++
		}
	})
}

// failure returns why a group could not be served, and the remedy.
func (s *sweep) failure(p *pass) Failure {
	err := p.retry()
	f := Failure{Reason: err.Error(), Remedy: "the log of the function gives the reason", Before: Unloaded}
	if !p.state.Loaded.IsZero() {
		f.Before = p.state.Head.Applied
	}
	switch {
	case p.state.Unreadable != nil:
		f.Reason, f.Remedy = "the group cannot be described", p.state.Unreadable.Problem
	case errors.Is(err, ErrDenied):
		f.Remedy = "allow the function's role the call, or remove what denies it"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, errDeadline):
		f.Remedy = "AWS answers too slowly, or throttles: see the log, and AWS's health dashboard"
	}
	return f
}

func (s *sweep) count(add func(n *Swept)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	add(&s.swept)
}

// waited notes since when a served group was due. After a ring, that time is unknown.
func (s *sweep) waited(since time.Time) {
	if !(Due{Since: since}).rang() {
		s.count(func(n *Swept) { n.OldestDue = max(n.OldestDue, s.began.Sub(since)) })
	}
}

// waits notes since when an unserved group has been due, and counts a stuck one.
func (s *sweep) waits(since time.Time) {
	s.waited(since)
	if !(Due{Since: since}).rang() && s.began.Sub(since) >= stuckAfter {
		s.count(func(n *Swept) { n.Stuck++ })
	}
}

// fails records an error about a group, an end or an item.
func (s *sweep) fails(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.swept.Failed++
	if len(s.failed) < maxNamed {
		s.failed = append(s.failed, err)
	}
}

// failsToRead records an error for each unreadable item.
func (s *sweep) failsToRead(err error) {
	if all, several := errors.AsType[interface {
		error
		Unwrap() []error
	}](err); several {
		for _, err := range all.Unwrap() {
			s.failsToRead(err)
		}
	} else if err != nil {
		s.fails(err)
	}
}

// report logs the counts, and names the groups and ends that were not served.
func (s *sweep) report(ctx context.Context) {
	n := s.swept
	s.Log.InfoContext(ctx, "swept", "ends", n.Ends, "groups", n.Groups, "failed", n.Failed, "left", n.Left,
		"oldestDue", n.OldestDue.Round(time.Second).String(), "stuck", n.Stuck, "pendingRevoke", n.PendingRevoke)
	if n.Failed > 0 {
		reasons := make([]string, len(s.failed))
		for i, err := range s.failed {
			reasons[i] = shortened(err.Error())
		}
		s.Log.ErrorContext(ctx, "not swept", "groups", reasons, "more", n.Failed-len(reasons))
	}
	if s.Swept != nil {
		s.Swept(n)
	}
}

// err returns the first errors of the sweep, and counts the others.
func (s *sweep) err() error {
	if more := s.swept.Failed - len(s.failed); more > 0 {
		return errors.Join(append(s.failed, errors.New(phrase.More(more)))...)
	}
	return errors.Join(s.failed...)
}
