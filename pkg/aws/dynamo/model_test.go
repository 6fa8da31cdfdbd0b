package dynamo_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// TestModel drives the table and a model of it with the same effects in any order. Replies are
// lost, and the SDK retries. A repeated update is applied twice. A transaction is applied
// once, because it has a token.
func TestModel(t *testing.T) {
	proof.Checks(t, 100, 10, 10)
	onEach(t, func(b *bench) {
		n := 0
		rapid.Check(b.T, func(t *rapid.T) {
			n++
			g, table := group, b
			g.ID = fmt.Sprintf("sg-%017d", n)
			if b.account != nil { // elsewhere the table is one for all
				table = newBench(b.T, 3)
			}
			m := &tableModel{
				bench: table, t: t, group: g, suffix: fmt.Sprint("-", n),
				status: map[string]claim.Request{}, archived: map[string]claim.Request{}, ended: map[string]bool{},
				unfinished: map[string]bool{}, endedIn: map[string]int64{},
				asked: map[string]bool{}, recorded: map[string]bool{}, untagged: map[string]bool{},
				adopted: map[string]bool{}, due: never,
			}
			t.Repeat(m.actions())
		})
	})
}

const never = -1

// tableModel is the expected state of one group and its launches.
type tableModel struct {
	*bench
	t      *rapid.T
	group  claim.Group
	suffix string // of the launches' names
	ms     int64  // a clock

	status     map[string]claim.Request // by key, without the end of its launch
	archived   map[string]claim.Request // by key, archived requests
	asked      map[string]bool          // launches that ever had a request
	ended      map[string]bool          // launches, by END
	unfinished map[string]bool
	endedIn    map[string]int64 // launches, when
	head       lease.Head
	recorded   map[string]bool
	untagged   map[string]bool // on the pages
	adopted    map[string]bool // since the last release
	apart      bool            // there is an item LEDGER
	writes     int64           // of the ledger
	due        int64
}

func (m *tableModel) actions() map[string]func(*rapid.T) {
	step := func(f func()) func(*rapid.T) {
		return func(t *rapid.T) { m.t = t; m.ms++; f() }
	}
	return map[string]func(*rapid.T){
		"claim": step(m.claim), "refuse": step(m.refuse), "expire": step(m.expire), "end": step(m.end),
		"end in": step(m.endIn), "finish": step(m.finish), "archive": step(m.retire), "ring": step(m.ringOnce),
		"take over": step(m.takeOver),
		"release":   step(m.release), "yield": step(m.yield), "pend": step(m.record), "adopt": step(m.adopt),
		"": step(m.compare),
	}
}

// lossy may inject a lost reply, and returns how often an update is applied.
func (m *tableModel) lossy(f func()) (times int) {
	fate := "no"
	if m.account != nil { // else replies cannot be lost
		fate = rapid.SampledFrom([]string{"no", "no", "before", "after"}).Draw(m.t, "lost")
	}
	if fate != "no" {
		op := rapid.SampledFrom([]string{"UpdateItem", "TransactWriteItems", "Query"}).Draw(m.t, "op")
		m.lose(op, fate == "after")
		defer m.link.lose("", 0, false)
		f()
		if op == "UpdateItem" && fate == "after" {
			return 2
		}
		return 1
	}
	f()
	return 1
}

func (m *tableModel) launch() claim.Launch {
	name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(m.t, "launch")
	return claim.Launch{Account: account, Name: name + m.suffix}
}

func (m *tableModel) owner() lease.Owner {
	return lease.Owner{Nonce: rapid.SampledFrom([]string{"alice", "bob"}).Draw(m.t, "owner"),
		Entry: rapid.IntRange(0, 1).Draw(m.t, "entry")}
}

func (m *tableModel) seen() lease.Ticket {
	return lease.Ticket(rapid.Int64Range(max(1, int64(m.head.Want)-1), int64(m.head.Want)+1).Draw(m.t, "seen"))
}

func (m *tableModel) known() claim.Request {
	keys := slices.Sorted(maps.Keys(m.status))
	if len(keys) == 0 {
		m.t.Skip("the table has no request")
	}
	return m.status[rapid.SampledFrom(keys).Draw(m.t, "request")]
}

func (m *tableModel) claim() {
	r := ask(m.launch().Name, at(m.ms), rapid.SampledFrom([]string{"tcp 1 from ::/0", "tcp 2 from ::/0"}).Draw(m.t,
		"rule"))
	r.Group = m.group
	var found claim.Request
	var fresh bool
	var err error
	m.lossy(func() { found, fresh, err = m.Claim(m.Context(), r) })
	_, endedIn := m.endedIn[r.Launch.Name]
	old, known := m.status[r.Key()]
	if archived := m.archived[r.Key()]; !known && archived.Status == claim.Refused {
		old, known = archived, true
	}
	switch {
	case m.ended[r.Launch.Name] || endedIn:
		if !errors.Is(err, ensure.ErrEnded) {
			m.t.Fatalf("Claim of an ended launch: %v", err)
		}
		return
	case !known:
		m.status[r.Key()], m.asked[r.Launch.Name] = r, true
		old = r
	}
	if err != nil || fresh == known || !cmp.Equal(old, found, values) {
		m.t.Fatalf("Claim = %+v, fresh %v, %v, want %+v, fresh %v", found, fresh, err, old, !known)
	}
}

// holdsLease is the protocol's condition for a holder.
func (m *tableModel) holdsLease(o lease.Owner, seen lease.Ticket) bool {
	return m.head.Owner == o && m.head.Applied < seen
}

func (m *tableModel) refuse() {
	r, s := m.known(), lease.State{Owner: m.owner(), Seen: m.seen()}
	r.Finished, r.Reasons = at(m.ms), claim.Faults{{Field: "/rules", Problem: "no room"}}
	var err error
	m.lossy(func() { err = m.Refuse(m.Context(), r, s) })
	if held := m.holdsLease(s.Owner, s.Seen); held != (err == nil) || !held && !errors.Is(err, ensure.ErrFenced) {
		m.t.Fatalf("Refuse by %s at %d, held %v: %v", s.Owner, s.Seen, held, err)
	}
	if old := m.status[r.Key()]; err == nil && old.Status == claim.Open {
		r.Status = claim.Refused
		m.archived[r.Key()] = r // with its rules, which rounds do not read
		r.Rules = nil
		m.status[r.Key()] = r
	}
}

func (m *tableModel) expire() {
	r := m.known()
	m.lossy(func() { m.must(m.Expire(m.Context(), r, at(m.ms))) })
	if old := m.status[r.Key()]; old.Status == claim.Open {
		old.Status, old.Finished = claim.Expired, at(m.ms)
		m.status[r.Key()] = old
	}
}

func (m *tableModel) must(err error) {
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *tableModel) end() {
	l := m.launch()
	var groups []claim.Group
	m.lossy(func() {
		var err error
		groups, err = m.End(m.Context(), l, at(m.ms))
		m.must(err)
	})
	m.ended[l.Name], m.unfinished[l.Name] = true, true
	if asked := slices.Equal(groups, []claim.Group{m.group}); asked != m.asked[l.Name] || !asked && len(groups) > 0 {
		m.t.Fatalf("End returns %v; the launch had a request: %v", groups, m.asked[l.Name])
	}
}

func (m *tableModel) finish() {
	l := m.launch()
	m.lossy(func() { m.must(m.Finish(m.Context(), l)) })
	delete(m.unfinished, l.Name)
}

func (m *tableModel) endIn() {
	l := m.launch()
	m.lossy(func() { m.must(m.EndIn(m.Context(), l, m.group, at(m.ms))) })
	m.endedIn[l.Name] = m.ms
}

// retire archives the finished requests.
func (m *tableModel) retire() {
	m.lossy(func() {
		asked := m.load()
		parts := claim.Archivable(claim.ApplyEnds(asked.Requests, asked.Ends), asked.Ends, at(m.ms))
		m.must(m.Archive(m.Context(), m.group, parts, at(m.ms)))
	})
	for key := range m.status {
		r := m.now(key)
		if r.Status == claim.Open {
			continue
		}
		if len(r.Rules) > 0 { // else its refusal has archived it
			m.archived[key] = r
		}
		delete(m.status, key)
	}
	if got := m.load(); !over(got).IsZero() {
		m.t.Fatalf("more can be archived, since %v", over(got))
	}
}

// now returns a request with the end of its launch.
func (m *tableModel) now(key string) claim.Request {
	r := m.status[key]
	if ms, ended := m.endedIn[r.Launch.Name]; ended {
		r.Status, r.Finished = claim.Ended, at(ms)
	}
	return r
}

// perform performs an effect on the head, and as often on the model, and then compares the
// replies. A transaction is applied once, because it has a token.
func (m *tableModel) perform(s lease.State, l *claim.Ledger, transaction bool, model func() (failed bool)) {
	var reply lease.Reply
	times := m.lossy(func() {
		var err error
		reply, _, err = m.Perform(m.Context(), m.group, s, l)
		m.must(err)
	})
	if transaction {
		times = 1
	}
	failed := false
	for range times {
		failed = model()
	}
	returned := failed || !transaction || s.Op == lease.Release
	if reply.Failed != failed || returned && reply.Head != m.head {
		m.t.Fatalf("%s = %+v, want failed %v, %+v", s.Op, reply, failed, m.head)
	}
}

// proof draws the ledger of a round. The round may have read an older ledger than the stored
// one.
func (m *tableModel) proof() claim.Ledger {
	_, loaded, err := m.Head(m.Context(), m.group)
	m.must(err)
	if loaded.Stored.Writes != m.writes {
		m.t.Fatalf("the ledger was written %d times, want %d", loaded.Stored.Writes, m.writes)
	}
	id := rapid.SampledFrom([]string{"", "sgr-1", "sgr-2"}).Draw(m.t, "untagged")
	l := claim.Ledger{Stored: loaded.Stored}
	if m.writes > 0 && rapid.IntRange(0, 3).Draw(m.t, "stale") == 0 {
		l.Stored.Writes--
	}
	if id != "" {
		l.Untagged = []claim.Untagged{{ID: id, Seal: "sealseal", At: at(0)}}
	}
	return l
}

// adopt adds an untagged rule to sgkeeper's own, and rings.
func (m *tableModel) adopt() {
	id := rapid.SampledFrom([]string{"sgr-5", "sgr-6"}).Draw(m.t, "adopted")
	m.lossy(func() {
		m.must(m.Adopt(m.Context(), m.group, []claim.Untagged{{ID: id, Seal: "sealseal", At: at(0)}}))
	})
	m.head.Want++
	m.due, m.apart, m.adopted[id] = 0, true, true
}

func (m *tableModel) ringOnce() {
	s := lease.State{Op: lease.Ring, Owner: m.owner(), Deadline: lease.Instant(1000 * m.ms)}
	m.perform(s, nil, false, func() bool {
		if m.head.Owner == lease.Nobody {
			m.head.Owner, m.head.Expires = s.Owner, s.Expires()
		}
		m.head.Want++
		m.due = 0
		return false
	})
}

func (m *tableModel) takeOver() {
	s := lease.State{Op: lease.TakeOver, Owner: m.owner(), Deadline: lease.Instant(1000 * m.ms), Found: m.head}
	if rapid.Bool().Draw(m.t, "late") {
		s.Found.Expires--
	}
	if s.Found.Owner == lease.Nobody {
		m.t.Skip("no lease to take over")
	}
	m.perform(s, nil, false, func() bool {
		if m.head.Owner != s.Found.Owner || m.head.Expires != s.Found.Expires {
			return true
		}
		m.head.Owner, m.head.Expires = s.Owner, s.Expires()
		return false
	})
}

func (m *tableModel) release() {
	s := lease.State{Op: lease.Release, Owner: m.owner(), Seen: m.seen()}
	l := m.proof()
	if rapid.Bool().Draw(m.t, "due") {
		l.Due = at(m.ms)
	}
	m.perform(s, &l, m.changes(l) || l.Stored.Apart, func() bool {
		if !m.holdsLease(s.Owner, s.Seen) || m.head.Want != s.Seen || l.Stored.Writes != m.writes {
			return true
		}
		m.head.Owner, m.head.Expires, m.head.Applied, m.head.Last = lease.Nobody, 0, s.Seen, s.Owner
		m.records(l)
		clear(m.recorded)
		clear(m.adopted)
		m.apart, m.due = false, never
		if !l.Due.IsZero() {
			m.due = l.Due.UnixMilli()
		}
		return false
	})
}

// changes reports whether the lists of a ledger differ from the stored ones.
func (m *tableModel) changes(l claim.Ledger) bool {
	return len(l.Untagged) != len(m.untagged) ||
		slices.ContainsFunc(l.Untagged, func(u claim.Untagged) bool { return !m.untagged[u.ID] })
}

// records stores the lists of a ledger.
func (m *tableModel) records(l claim.Ledger) {
	clear(m.untagged)
	m.writes++
	for _, u := range l.Untagged {
		m.untagged[u.ID] = true
	}
}

func (m *tableModel) yield() {
	s := lease.State{Op: lease.Yield, Owner: m.owner(), Seen: m.seen()}
	var l *claim.Ledger
	if rapid.Bool().Draw(m.t, "began a round") {
		recorded := m.proof()
		l = &recorded
	}
	holds := l != nil && m.holdsLease(s.Owner, s.Seen) && l.Stored.Writes == m.writes
	// A stale ledger costs a first update, whose condition fails. A lost reply hits that one, so
	// the lease is freed once.
	stale := l != nil && !holds && !m.changes(*l)
	m.perform(s, l, stale || holds && m.changes(*l), func() bool {
		if m.head.Owner != s.Owner {
			return true
		}
		if holds {
			m.records(*l)
		}
		m.head.Owner, m.head.Expires = lease.Nobody, 0
		return false
	})
}

func (m *tableModel) record() {
	s := lease.State{Op: lease.Pend, Owner: m.owner(), Seen: m.seen()}
	id := rapid.SampledFrom([]string{"sgr-3", "sgr-4"}).Draw(m.t, "pending")
	m.perform(s, &claim.Ledger{PendingRevokes: []claim.PendingRevoke{{ID: id}}, Until: at(m.ms)}, true, func() bool {
		if !m.holdsLease(s.Owner, s.Seen) {
			return true
		}
		m.recorded[id], m.apart = true, true
		return false
	})
}

func (m *tableModel) load() ensure.GroupRecord {
	got, err := m.Load(m.Context(), m.group)
	m.must(err)
	return got
}

func (m *tableModel) compare() {
	got := m.load()
	var want []claim.Request
	for key := range m.status {
		want = append(want, m.now(key))
	}
	m.same("Load", want, claim.ApplyEnds(got.Requests, got.Ends))
	all, err := m.Requests(m.Context(), m.group)
	m.must(err)
	want = slices.DeleteFunc(want, func(r claim.Request) bool { return len(r.Rules) == 0 })
	m.same("Requests", slices.AppendSeq(want, maps.Values(m.archived)), all)
	if got.Head != m.head {
		m.t.Fatalf("the head is %+v, want %+v", got.Head, m.head)
	}
	m.compareLedger(got.Ledger)
	m.compareDues()
}

func (m *tableModel) same(what string, want, got []claim.Request) {
	slices.SortFunc(got, claim.Request.Compare)
	slices.SortFunc(want, claim.Request.Compare)
	if diff := cmp.Diff(want, got, values); diff != "" {
		m.t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func (m *tableModel) compareLedger(got claim.Ledger) {
	var untagged []string
	for _, u := range got.Untagged {
		untagged = append(untagged, u.ID)
	}
	slices.Sort(untagged)
	var pending []string
	for _, p := range got.PendingRevokes {
		pending = append(pending, p.ID)
	}
	if want := slices.Sorted(maps.Keys(m.recorded)); !slices.Equal(pending, want) {
		m.t.Fatalf("pending revokes are %v, want %v", pending, want)
	}
	both := maps.Clone(m.untagged)
	maps.Copy(both, m.adopted)
	if want := slices.Sorted(maps.Keys(both)); !slices.Equal(untagged, want) {
		m.t.Fatalf("untagged are %v, want %v", untagged, want)
	}
}

func (m *tableModel) compareDues() {
	now := rapid.SampledFrom([]int64{-1_790_000_000_000, m.ms / 2, m.ms}).Draw(m.t, "now")
	groups, err := m.Due(m.Context(), at(now), 8000)
	m.must(err)
	if due, want := slices.Contains(groups, m.group), m.due != never && m.due <= at(now).UnixMilli(); due != want {
		m.t.Fatalf("due at %d: %v, want %v", now, due, want)
	}
	launches, err := m.Unfinished(m.Context(), at(1<<40), 8000)
	m.must(err)
	for _, name := range []string{"a", "b", "c"} {
		l := claim.Launch{Account: account, Name: name + m.suffix}
		if got := slices.Contains(launches, l); got != m.unfinished[l.Name] {
			m.t.Fatalf("%s is unfinished: %v, want %v", l.Name, got, !got)
		}
	}
}
