package ensure

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// round is what one round under the lease has found and done.
type round struct {
	before    claim.Ledger     // as the last round left it
	loaded    time.Time        // when the requests were read
	requests  []claim.Request  // all of the group's, with their statuses
	lapse     time.Time        // the ledger's, or now: whoever held the lease before did not release it
	unsure    bool             // rules may have been made that made does not hold
	made      []claim.Made     // the ledger's, and what was authorized now
	gone      []claim.Gone     // likewise, of what was revoked
	untagged  []claim.Untagged // likewise, of what proves to be ours without tags
	over      time.Time        // when the first of what is to be retired was settled; zero: nothing is
	condemned []string         // the ids of rules whose revoke may be under way
	missing   time.Time        // since when there is no such group; zero: there is
	plan      plan.Plan
	added     []secgroup.Entry // authorized in this round
	removed   []secgroup.Entry // revoked in this round
	repeated  bool             // EC2 said Duplicate once, and the group was described again
	stuck     []secgroup.Entry // condemned before this round, and EC2 refuses to revoke them
	left      bool             // a rule that is to go could not be revoked, for lack of permission
	told      bool             // the bus knows what was done
}

// load begins a round: the requests, read after the ticket that it serves.
func (w *walk) load(ctx context.Context) (lease.Reply, error) {
	loaded := w.now()
	asked, err := w.Claims.Load(ctx, w.group)
	if err != nil {
		return lease.Reply{}, err
	}
	w.ledger = asked.Ledger
	if head := asked.Head; head.Owner != w.state.Owner || head.Applied >= w.state.Seen {
		return lease.Reply{Failed: true, Head: head}, nil
	}
	before := w.before()
	w.looked = true
	w.round = round{
		before:    before,
		loaded:    loaded,
		requests:  asked.Requests,
		over:      asked.Over,
		lapse:     lapseOf(before.Lapse, w.gap, loaded),
		unsure:    w.gap,
		made:      before.Made,
		gone:      claim.Recent(before.Gone, loaded),
		untagged:  before.Untagged,
		condemned: before.Condemned,
		missing:   before.Missing,
	}
	return lease.Reply{}, nil
}

// before is what is known as a round begins: what the head says, and what this
// walk did in a round that it could not release.
func (w *walk) before() claim.Ledger {
	if w.round.loaded.IsZero() {
		return w.ledger
	}
	mine := w.round.ledger(w.Observe)
	if !w.round.told {
		mine.Served = w.round.before.Served // nobody was told of being served
	}
	return w.ledger.Join(mine)
}

// rules returns the group's rules: those described, and those made lately that
// EC2 does not describe yet, without those that are gone.
func (w *walk) rules(ctx context.Context) ([]secgroup.Entry, error) {
	described, err := w.Groups.Rules(ctx, w.group)
	if err != nil {
		return nil, err
	}
	now := w.now()
	gone := make(map[string]bool, len(w.round.gone))
	for _, g := range w.round.gone {
		gone[g.ID] = true
	}
	entries := slices.DeleteFunc(slices.Clone(described), func(e secgroup.Entry) bool { return gone[e.ID] })
	w.round.made = claim.Described(w.round.made, entries, now)
	w.round.untagged = claim.Known(w.round.untagged, entries, now)
	for _, made := range w.round.standing(described, now) {
		entries = append(entries, secgroup.Entry{Rule: made.Rule, ID: made.ID}) // without our tags, see untagged: only what is described may go
	}
	return entries, nil
}

// standing returns the made rules that stand though they are not described.
func (r *round) standing(described []secgroup.Entry, now time.Time) []claim.Made {
	return claim.Ledger{Made: r.made, Gone: r.gone, Condemned: r.doomed()}.Standing(described, now)
}

// describe reads the group and plans the round.
func (w *walk) describe(ctx context.Context) (lease.Reply, error) {
	entries, err := w.rules(ctx)
	if errors.Is(err, ErrGroupNotFound) {
		return w.groupGone(err)
	}
	if err != nil {
		return lease.Reply{}, err
	}
	w.round.missing = time.Time{}
	w.adopt(entries)
	standing, condemned := w.round.apart(entries)
	w.round.plan = plan.Make(plan.Input{
		Entries:   standing,
		Condemned: condemned,
		Unsettled: w.round.unsettled(w.now()),
		Requests:  w.round.open(),
		Served:    w.round.before.Served,
		Spared:    w.round.maybeTold,
		Owner:     w.Owner,
		Untagged:  w.round.described(w.now()),
		Quota:     w.Quota,
		Caps:      w.caps(),
	})
	w.hold(ctx)
	return lease.Reply{Plan: w.todo()}, nil
}

// adopt takes note of wanted rules of ours that may have been made just now,
// where EC2 applied what its reply did not tell, or the round before this one
// did not come to its end.
func (w *walk) adopt(entries []secgroup.Entry) {
	if !w.round.unsure {
		return
	}
	known := make(map[string]bool, len(w.round.made))
	for _, made := range w.round.made {
		known[made.ID] = true
	}
	asked := claim.Fold(w.round.open())
	ours := plan.Ownership(w.Owner, w.round.untagged)
	for _, entry := range entries {
		if !known[entry.ID] && ours(entry) && asked.First(entry.Rule) != "" {
			w.round.made = append(w.round.made, claim.Made{Rule: entry.Rule, ID: entry.ID, At: w.now(), Described: true})
		}
	}
}

// apart parts the condemned rules from those that stand. A condemned one that
// is not described may still be there: it is revoked by its id like the others,
// and gone when EC2 says so.
func (r *round) apart(entries []secgroup.Entry) (standing, condemned []secgroup.Entry) {
	described := make(map[string]bool)
	for _, entry := range entries {
		if key := doomedKey(entry); slices.Contains(r.condemned, key) {
			described[key] = true
			condemned = append(condemned, entry)
		} else {
			standing = append(standing, entry)
		}
	}
	for _, key := range r.doomed() {
		if !described[key] {
			condemned = append(condemned, doomedEntry(key))
		}
	}
	return standing, condemned
}

// unsettled returns the ids of the rules that were made too lately to rely on
// alone.
func (r *round) unsettled(now time.Time) map[string]bool {
	ids := make(map[string]bool)
	for _, made := range r.made {
		if !made.Settled(now) {
			ids[made.ID] = true
		}
	}
	return ids
}

// described returns the untagged rules of ours but for those that EC2 has yet
// to describe.
func (r *round) described(now time.Time) []claim.Untagged {
	return slices.DeleteFunc(slices.Clone(r.untagged), func(u claim.Untagged) bool {
		return slices.ContainsFunc(r.made, func(m claim.Made) bool { return m.ID == u.ID && m.Stands(now) })
	})
}

// todo is what the plan has the protocol do. An observer does nothing.
func (w *walk) todo() lease.Plan {
	if w.Observe {
		return lease.Plan{}
	}
	p := w.round.plan
	return lease.Plan{Refuse: len(p.Refused) > 0, Revoke: len(p.Revoke) > 0, Authorize: len(p.Authorize) > 0}
}

// open returns the requests that are folded.
func (r *round) open() []claim.Request { return claim.OpenOf(r.requests) }

// satisfied returns the open requests that this round or one before served, and
// those that have to wait for another.
func (r *round) satisfied() (served, waiting []claim.Request) {
	waits := make(map[string]bool, len(r.plan.Waiting))
	for _, w := range r.plan.Waiting {
		waits[w.Request.Key()] = true
	}
	for _, request := range r.open() {
		if waits[request.Key()] && !r.before.Served.Has(request) {
			waiting = append(waiting, request)
		} else {
			served = append(served, request)
		}
	}
	return served, waiting
}

// ledger is what the round leaves to the next. An observer serves nobody.
func (r *round) ledger(observe bool) claim.Ledger {
	l := claim.Ledger{
		Made: r.made, Gone: r.gone, Condemned: r.doomed(), Untagged: r.untagged,
		Served: r.before.Served, Due: r.due(), Missing: r.missing, Lapse: r.lapse,
	}
	if !observe {
		served, waiting := r.satisfied()
		l.Served = r.before.Served.After(r.loaded, served, waiting...)
	}
	return l
}

// spares reports whether somebody waits who may have been told of being served.
func (r *round) spares() bool {
	return slices.ContainsFunc(r.plan.Waiting, func(w plan.Refusal) bool { return r.maybeTold(w.Request) })
}

// undescribed reports whether EC2 has yet to describe a rule that was made.
func (r *round) undescribed() bool {
	return slices.ContainsFunc(r.made, func(m claim.Made) bool { return m.Stands(r.loaded) })
}

// Times after which a group is looked at again though nobody rings.
const (
	verifyAfter = 5 * time.Minute // after writes, since Describe may lag by minutes
	lookAfter   = time.Hour
	certain     = claim.Lag + time.Minute // after which a describe shows what there was before
)

// due is when the group must be looked at again: at the nearest expiry, when
// what takes a rule's place has settled, after writes, or in an hour; never
// where nobody asks for anything and nothing of ours is left.
//
// That nothing is left is certain only some time after the last request was
// settled: a holder that died may have opened rules that describe did not show
// yet, and what is taken to be gone may only not have been described.
func (r *round) due() time.Time {
	open := r.open()
	var times []time.Time
	if len(open)+len(r.plan.Held) > 0 || r.left {
		times = append(times, r.loaded.Add(lookAfter))
	}
	if len(r.plan.Later) > 0 {
		times = append(times, r.loaded.Add(claim.SettleTime+time.Second))
	}
	if len(r.removed)+len(r.plan.Revoke) > 0 || r.spares() || r.undescribed() || len(open) > 0 && !r.missing.IsZero() {
		times = append(times, r.loaded.Add(verifyAfter))
	}
	for _, request := range open {
		if !request.ExpiresAt.IsZero() {
			times = append(times, request.ExpiresAt.Add(claim.ExpiryGrace))
		}
	}
	if !r.over.IsZero() { // of many, a sweep retires some
		times = append(times, slices.MaxFunc([]time.Time{r.over.Add(certain), r.loaded.Add(time.Minute)}, time.Time.Compare))
	}
	if last := r.lastLoss().Add(certain); last.After(r.loaded) {
		times = append(times, last)
	}
	if len(times) == 0 {
		return time.Time{}
	}
	return slices.MinFunc(times, time.Time.Compare)
}

// lastLoss is when a request was last settled, or a rule last taken to be gone.
func (r *round) lastLoss() (last time.Time) {
	for _, request := range r.requests {
		if request.Settled.After(last) {
			last = request.Settled
		}
	}
	for _, gone := range r.gone {
		if gone.At.After(last) {
			last = gone.At
		}
	}
	return last
}
