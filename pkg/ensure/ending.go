package ensure

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// recordEvery is the number of groups after which an invocation records its progress with an
// end. If the invocation dies, a sweep repeats the end in at most this many groups.
const recordEvery = 50

// ending is the end of a launch in all its groups, within one invocation. If the invocation
// has no time for all groups, sweeps continue with the groups that the table lists as
// unfinished.
type ending struct {
	launch claim.Launch

	mu   sync.Mutex
	done []claim.Group // finished groups, not yet recorded in the table
	all  int           // groups of the launch
	left int           // groups of the launch that are not finished
}

// takeEnd adds the end of a launch to the pass of its group, or of each of its groups. Before
// the guardrails named publishers, the name may have belonged to a launch without a namespace.
// If that launch belongs to the publisher, takeEnd ends it, too.
func (d *delivery) takeEnd(ctx context.Context, i int, m events.Message) claim.Faults {
	if d.Guard == nil && m.Instance == nil { // the guardrails say which launch the event means
		d.answers[i].Retry = errUnguarded
		return nil
	}
	launches := []claim.Launch{m.End.Launch}
	if before, ok := d.Guard.Before(m.End.Launch, d.Account); ok {
		a, _ := d.lookups.get(launchOf(before))
		if a.err != nil {
			d.answers[i].Retry = a.err
			return nil
		}
		if a.known {
			launches = append(launches, before)
		}
	}
	for _, l := range launches {
		if faults := d.endOf(ctx, i, m, l); faults != nil {
			return faults
		}
	}
	return nil
}

// endOf adds the end of one launch to the passes.
func (d *delivery) endOf(ctx context.Context, i int, m events.Message, l claim.Launch) claim.Faults {
	if g := m.End.Group; g != nil {
		group, faults := d.locate(m, *g)
		if faults == nil {
			d.pass(group).add(&part{message: i, launch: l, end: true, origin: m.Origin})
		}
		return faults
	}
	if err := d.endEverywhere(ctx, i, l, m.Origin); err != nil {
		d.answers[i].Retry = err
	}
	return nil
}

// endEverywhere adds the end of a launch to the pass of each unfinished group. In groups that
// are not served any more, it only records the end.
func (d *delivery) endEverywhere(ctx context.Context, i int, l claim.Launch, o claim.Origin) error {
	groups, err := d.Ends.End(ctx, l, d.now())
	if errors.Is(err, ErrUnreadable) {
		d.Log.ErrorContext(ctx, "the end of a launch cannot be recorded in some groups", "launch", l.Name, "error", err)
		d.answers[i].Unread = err
	} else if err != nil {
		return err
	}
	e := &ending{launch: l, all: len(groups), left: len(groups)}
	d.ends = append(d.ends, e)
	if len(groups) == 0 { // a launch without requests
		o := events.Outcome{Launch: l.Name, Status: events.Released}
		d.answer(i, o, events.PortsReleased{Launches: []string{l.Name}})
		return nil
	}
	var unserved []claim.Group
	for n, group := range groups {
		if !d.Reaches(group) {
			unserved = append(unserved, group)
			continue
		}
		d.pass(group).add(&part{message: i, launch: l, end: true, everywhere: e, origin: o})
		if turn, known := d.turns[group]; !known || n < turn {
			d.turns[group] = n
		}
	}
	sideBySide(atOnce, unserved, placeOf, func(g claim.Group) { d.endUnserved(ctx, e, g) })
	for _, group := range unserved {
		o := events.Outcome{Launch: l.Name, Group: eventGroup(group), Status: events.Queued}
		o.Reasons = fault("/group", "%s; its rules are revoked when it is served again", d.notReached(group))
		d.answers[i].Outcomes = append(d.answers[i].Outcomes, o)
	}
	return nil
}

// endUnserved records the end of a launch in a group that is not served any more, and makes the
// group due. Sweeps report the group until it is served again, and then its rules are revoked.
func (d *delivery) endUnserved(ctx context.Context, e *ending, g claim.Group) {
	err := d.Ends.EndIn(ctx, e.launch, g, d.now())
	if err == nil {
		err = d.leaveDue(ctx, g)
	}
	if err != nil && !errors.Is(err, ErrNoRequest) {
		d.Log.WarnContext(ctx, "the end of a launch was not recorded in a group", "launch", e.launch.Name, "group",
			g.ID, "error", err)
		return
	}
	e.finishIn(g)
}

// leaveDue rings, and yields the lease if the ring took it.
func (e *Ensurer) leaveDue(ctx context.Context, g claim.Group) error {
	deadline, _ := ctx.Deadline()
	s := lease.Start(Holder{Since: e.now(), Invocation: e.Invocation}.nonce(), instant(deadline))
	s.Op = lease.Ring
	reply, _, err := e.Leases.Perform(ctx, g, s, nil)
	if err == nil && reply.Head.Owner == s.Owner {
		s.Op = lease.Yield
		_, _, err = e.Leases.Perform(ctx, g, s, nil)
	}
	return err
}

// finishIn notes that the end is finished in a group. After every [recordEvery] groups, it
// returns them to be recorded in the table.
func (e *ending) finishIn(g claim.Group) (unrecorded []claim.Group) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.done = append(e.done, g)
	e.left--
	if len(e.done) >= recordEvery && e.left > 0 {
		unrecorded, e.done = e.done, nil
	}
	return unrecorded
}

// endFinished reports whether the end of a is finished in this pass's group: the table has the end,
// and a ticket was counted after that. If this pass could not serve the ticket, a sweep does,
// because the group is due.
func (p *pass) endFinished(a *part) bool {
	return a.lost == nil && (a.noRequest || p.step.Ticket > 0)
}

// waits reports whether a is part of an end that this pass has not served. A sweep continues it.
func (p *pass) waits(a *part) bool {
	return a.everywhere != nil && (a.lost != nil || p.step.Result == lease.Unfinished || p.step.Result == lease.Retry)
}

// mayWait reports whether a pass may wait for a sweep: it has only ends of launches in all
// their groups.
func (p *pass) mayWait() bool {
	return !slices.ContainsFunc(p.parts, func(a *part) bool { return a.everywhere == nil })
}

func (p *pass) place() place { return placeOf(p.group) }

// serve takes a pass through the protocol if there is time, and notes the ends that are
// finished in its group.
func (d *delivery) serve(ctx context.Context, p *pass) {
	limited := ctx
	if p.mayWait() {
		if !d.mayBegin(ctx) {
			return
		}
		var cancel context.CancelFunc
		limited, cancel = d.short(ctx)
		defer cancel()
	}
	p.run(limited)
	for _, a := range p.parts {
		if a.everywhere != nil && p.endFinished(a) {
			d.note(ctx, a.everywhere, p.group)
		}
	}
}

// note notes that an end is finished in a group. If the invocation dies, a sweep continues
// with the end after the invocation's deadline.
func (d *delivery) note(ctx context.Context, e *ending, g claim.Group) {
	unrecorded := e.finishIn(g)
	if len(unrecorded) == 0 {
		return
	}
	deadline, _ := ctx.Deadline()
	if err := d.Ends.Progress(ctx, e.launch, unrecorded, d.now(), deadline); err != nil {
		d.Log.WarnContext(ctx, "the end of a launch will be recorded twice in some groups", "launch", e.launch.Name,
			"error", err)
	}
}

// finish records the ends that are finished in each group of their launch, and the progress of
// the others. If the table fails, a sweep repeats the ends.
func (d *delivery) finish(ctx context.Context) {
	sideBySide(atOnce, d.ends, func(*ending) place { return place{} }, func(e *ending) {
		var err error
		if e.left == 0 {
			err = d.Ends.Finish(ctx, e.launch)
		} else {
			d.Log.InfoContext(ctx, "sweeps continue with the end of a launch", "launch", e.launch.Name, "groups", e.all,
				"left", e.left)
			now := d.now()
			err = d.Ends.Progress(ctx, e.launch, e.done, now, now)
		}
		if err != nil {
			d.Log.WarnContext(ctx, "a sweep will repeat a finished end", "launch", e.launch.Name, "error", err)
		}
	})
}
