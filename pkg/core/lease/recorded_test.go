package lease_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/trace"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// TestProtocolRecorded records runs of the model in the form in which functions log their steps.
// Runs of the protocol conform. Runs of each weakening are rejected at the first line that the
// protocol would have written in another way, if the lines show the difference.
func TestProtocolRecorded(t *testing.T) {
	var conform, rejected atomic.Int64
	walks := proof.Pick(t, 400, 10, 10)
	t.Run("walks", func(t *testing.T) {
		for _, md := range slices.Concat(scenarios, lives, swept(afterwards)) {
			t.Run(md.name, func(t *testing.T) {
				t.Parallel()
				conform.Add(mustConform(t, md.ready(), walks))
			})
		}
	})
	t.Run("weakenings", func(t *testing.T) {
		for _, wk := range slices.Concat(listed, further) {
			t.Run(wk.name, func(t *testing.T) {
				t.Parallel()
				caught := rejects(t, wk)
				if caught {
					rejected.Add(1)
				}
				if _, known := unseen[wk.name]; caught == known {
					t.Errorf("rejected at the first line that differs: %v; listed as unseen: %v", caught, known)
				}
			})
		}
	})
	all := len(listed) + len(further)
	fmt.Printf("trace: %d runs conform, %d of %d weakenings rejected; %d others do not show in a trace\n", conform.Load(),
		rejected.Load(), all-len(unseen), len(unseen))
}

// The reasons why a trace does not show a weakening.
const (
	outside  = "it changes no step of a pass, only messages, due times, or requests in the table"
	byRules  = "it changes decisions, which follow from rules and requests; a trace has neither"
	unplaced = "its lines are those of another run: no line orders this step and the one that it should follow"
)

// unseen are the weakenings that a trace cannot show, with the reason.
var unseen = map[string]string{
	"a sweeper that is not redelivered after its own crash": outside,
	"an end without END": outside,
	"a message is deleted once it is refused, although its pass says retry": outside,
	"no sweep 5 minutes after an end":                                       outside,
	"publish after release":                                                 outside + "; the model keeps the order of its steps",
	"expiry read from a clock in the fold":                                  byRules,
	"`gone` ignored":                                                        byRules,
	"`made` ignored":                                                        byRules,
	"refusal of the group instead of the request":                           byRules,
	"a replaced extra revoked before its replacement was seen":              byRules,
	"a rule that a describe does not show counts as revoked":                byRules,
	"a described rule counts as in effect":                                  byRules,
	"only rules made under the lease are known to be young":                 byRules,
	"Duplicate counts as success":                                           byRules,
	"the fast path serves a request that no round has served":               byRules,
	"ring before claim":                                                     unplaced,
	"an open whose launch has ended takes the fast path":                    unplaced,
	"an open that ignores a tombstone":                                      unplaced,
	"the fast path skips HEAD":                                              unplaced,
	"the fast path overlooks waiting tickets":                               unplaced,
	"refuse without holding the lease":                                      unplaced,
}

// mustConform walks at random through a model's worlds, and checks the recorded lines.
func mustConform(t *testing.T, md *model, walks int) (conform int64) {
	t.Helper()
	md.whole = true
	for walk := range walks {
		r := newRecorder(md)
		dice := rand.New(rand.NewPCG(uint64(walk), 23))
		w := md.first()
		for range 200 {
			var next []successor
			for _, s := range md.successors(&w, nil) {
				if md.kind(s.event) != faulty || dice.IntN(4) == 0 {
					next = append(next, s)
				}
			}
			if len(next) == 0 {
				break
			}
			chosen := next[dice.IntN(len(next))]
			r.follow(&w, &chosen)
			w = chosen.world
		}
		for _, result := range trace.Check(r.lines, true) {
			if result.Broken != nil {
				t.Errorf("walk %d: %s\n%s", walk, result.Broken.Why, linesText(result))
				return conform
			}
		}
		conform++
	}
	return conform
}

// rejects records the shortest run in which a weakening breaks a promise. It reports whether
// Check rejects the first line that differs from the one that the protocol writes there.
func rejects(t *testing.T, wk weakening) bool {
	t.Helper()
	strong, weak := wk.on.ready(), wk.on.ready()
	wk.weaken(weak)
	s := explore(weak, 1_000_000)
	if s.broken == "" {
		t.Fatal("no violation")
	}
	whole := *weak
	whole.whole, strong.whole = true, true
	r, first := newRecorder(&whole), -1
	s.eachStep(&whole, func(was *world, next *successor) {
		reference := r.with(strong)
		from := len(r.lines)
		r.follow(was, next)
		if first < 0 && len(r.lines) > from {
			reference.follow(was, next)
			if !slices.Equal(texts(reference.lines[from:]), texts(r.lines[from:])) {
				first = from
			}
		}
	})
	if first < 0 {
		return false
	}
	result := trace.Check(r.lines, true)[0]
	if result.Broken == nil {
		t.Logf("conforms, although line %d differs:\n%s", first, linesText(result))
		return false
	}
	l := result.Broken.Line
	at := slices.IndexFunc(r.lines, func(o trace.Line) bool { return o.Pass == l.Pass && o.Number == l.Number })
	t.Logf("line %d differs, line %d is rejected: %s\n%s", first, at, result.Broken.Why, linesText(result))
	return at == first
}

func texts(lines []trace.Line) (all []string) {
	for _, l := range lines {
		all = append(all, lineText(&l))
	}
	return all
}

func lineText(l *trace.Line) string {
	text, err := json.Marshal(l)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func linesText(r trace.Result) string {
	var b strings.Builder
	for _, e := range r.Events {
		if e.Line != nil {
			fmt.Fprintln(&b, "  ", lineText(e.Line))
		} else {
			fmt.Fprintln(&b, "  ", e.Unlogged)
		}
	}
	if r.Broken != nil {
		fmt.Fprintln(&b, "! ", lineText(r.Broken.Line))
	}
	return b.String()
}

// recorder writes the lines of a model's run. The model uses a delivery's name again once no
// part of the world mentions it, so each pass gets a name and a deadline of its own.
type recorder struct {
	md     *model
	lines  []trace.Line
	events int
	passes map[string]*recordedPass // by the model's nonce
	count  int
}

type recordedPass struct {
	name     string
	deadline lease.Instant
	steps    int
	found    lease.Head // by its last ring
}

// newRecorder returns a recorder whose first lines are those of a pass that only read the head.
func newRecorder(md *model) *recorder {
	r := &recorder{md: md, passes: map[string]*recordedPass{}}
	w := md.first()
	s := lease.Start("reader", deadline)
	for _, reply := range []lease.Reply{{}, {Head: r.head(w.head(0), w.exp)}} {
		reply.Now = inTime.now()
		after := lease.Step(s, reply)
		r.lines = append(r.lines, trace.NewLine("reader", "g", len(r.lines), s, reply, after))
		s = after
	}
	return r
}

// with returns the recorder for the same run of another model.
func (r *recorder) with(md *model) *recorder {
	c := *r
	c.md, c.lines, c.passes = md, slices.Clip(r.lines), map[string]*recordedPass{}
	for nonce, p := range r.passes {
		other := *p
		c.passes[nonce] = &other
	}
	return &c
}

// pass returns the pass with a nonce.
func (r *recorder) pass(nonce string) *recordedPass {
	if r.passes[nonce] == nil {
		r.begin(nonce)
	}
	return r.passes[nonce]
}

// begin begins another pass with the nonce.
func (r *recorder) begin(nonce string) {
	r.count++
	r.passes[nonce] = &recordedPass{
		name: fmt.Sprintf("%s-%d", nonce, r.count), deadline: deadline - lease.Instant(r.count),
	}
}

func (r *recorder) owner(o lease.Owner) lease.Owner {
	if o != lease.Nobody {
		o.Nonce = r.pass(o.Nonce).name
	}
	return o
}

// expiry returns the expiry that a pass writes.
func (r *recorder) expiry(n name) lease.Instant {
	return r.pass(n.owner().Nonce).deadline + lease.Guard
}

// head returns a head with the names of this run.
func (r *recorder) head(h lease.Head, exp name) lease.Head {
	if h.Owner != lease.Nobody && exp != 0 {
		h.Expires = r.expiry(exp)
	} else {
		h.Expires = 0
	}
	h.Owner, h.Last = r.owner(h.Owner), r.owner(h.Last)
	return h
}

// follow records the event that leads from was to next. It performs the effect again, because the
// world does not keep replies.
func (r *recorder) follow(was *world, next *successor) {
	r.events++
	switch next.how {
	case redeliver, hourly:
		m := &next.world.msgs[next.who]
		r.begin(nonces[next.who][m.delivery])
		return
	case crash, lateRing, lateRound, ack, quotaUp, lands, passes, settles, ages:
		return
	}
	w, i := *was, int(next.who)
	m := &w.msgs[i]
	before := m.state(i)
	reply, answered := lease.Reply{Lost: true}, true
	if next.how != lostLater && next.how != lost {
		reply, answered = r.md.effects[m.op](r.md, &w, i, next.how)
	}
	switch {
	case next.how == retried, !answered && next.how == plain:
		return
	case next.how == lostDone, next.how == lostPart:
		reply, w = lease.Reply{Lost: true}, *was
		m = &w.msgs[i]
	}
	if m.op == lease.Yield && !reply.Lost && w.own == was.own && was.own != m.name(i) {
		reply.Failed, reply.Head = true, w.head(0) // the model leaves it out, because the pass ends anyway
	}
	reply.Now = m.late.now()
	seen := m.state(i) // a weakening may have changed it
	after := r.md.step(seen, reply)
	r.add(was, &w, i, before, reply, after, next.how.over())
}

// add appends the line of a step.
func (r *recorder) add(was, w *world, i int, before lease.State, reply lease.Reply, after lease.State, over bool) {
	p := r.pass(before.Owner.Nonce)
	op := before.Op
	if p.steps == 0 && op != lease.Claim {
		p.steps = 1 // the world begins in the middle of the pass
	}
	before.Owner.Nonce, after.Owner.Nonce = p.name, p.name
	before.Deadline, after.Deadline = p.deadline, p.deadline
	reply.Now += lease.Instant(r.events)
	reply.Head = r.head(reply.Head, w.exp)
	if over && reply.Head.Owner != before.Owner {
		reply.Now = reply.Head.Expires + lease.Slack + 1 + lease.Instant(r.events)
	}
	if op == lease.Ring {
		p.found = reply.Head
	}
	if after.Found.Owner != lease.Nobody {
		after.Found = p.found
	}
	l := trace.NewLine(p.name, "g", p.steps, before, reply, after)
	p.steps++
	if !reply.Lost && !reply.Failed {
		l = r.withFacts(l, was, w, i, op)
	}
	r.lines = append(r.lines, l)
}

// withFacts adds the facts that a function logs besides its reply.
func (r *recorder) withFacts(l trace.Line, was, w *world, i int, op lease.Op) trace.Line {
	switch op {
	case lease.Load:
		l = l.WithHead(r.head(was.head(0), was.exp))
		if !r.md.ignoresCond {
			l.Pending = idsOf(was.cond)
		}
	case lease.Claim:
		if md := r.md; md.batch(i) == 0 && !md.sweeps(i) && w.table&md.of(only(md.ends[i-len(md.batches)].launch)) != 0 {
			l.Ends = 1
		}
	case lease.Peek:
		if w.cond|w.gone != 0 && l.Head.Want > 0 {
			l.Lags = l.At + 1
		}
	case lease.Pend:
		l.Pending = idsOf(w.cond & was.msgs[i].revoke)
	case lease.Release:
		l.Pending = idsOf(w.cond)
	}
	l.Made, l.Revoked = idsOf(w.group&^was.group), idsOf(was.group&^w.group)
	return l
}

func idsOf(x ids) *trace.IDs {
	var all []string
	for n := range 16 {
		if x&(1<<n) != 0 {
			all = append(all, ids(1<<n).String())
		}
	}
	return trace.NewIDs(all)
}
