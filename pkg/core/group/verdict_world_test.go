package group_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/guardfile"
)

const us plan.Installation = "us"

// sealing marks the rules of an installation, by a key of its own.
func sealing(i plan.Installation) plan.Owner {
	return plan.Owner{Installation: i, Group: web.ID, Keys: []claim.Key{claim.Key(i)}}
}

var (
	web  = claim.Group{Account: "111122223333", Region: "eu-west-1", ID: "sg-0123456789abcdef0"}
	noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
)

// universe holds the rules that launches request and groups hold. They are few rules on few
// ports, so that they overlap and cover each other.
var universe = rulesOf(
	"tcp 80 from 10.0.0.0/8", "tcp 80 from 10.0.0.0/9", "tcp 80 from 10.128.0.0/9", "tcp 81 from 10.0.0.0/8",
	"tcp 80-81 from 10.0.0.0/8", "tcp 80-82 from 10.0.0.0/8", "tcp 80 from 0.0.0.0/0", "tcp 80 from ::/0",
	"all from 10.0.0.0/8", "all from self", "tcp 80 from pl-0aaaaaaaaaaaaaaaa", "tcp 80 to 10.0.0.0/8",
	"tcp 80 from 52.0.0.0/8", "tcp 80-81 from 53.0.0.0/8", "tcp 80-82 from 54.0.0.0/9",
)

// listEntries are the addresses of the universe's prefix list.
var listEntries = []string{"55.0.0.0/8"}

// texts are the rules of the universe in text form.
var texts = func() map[secgroup.Rule]string {
	texts := make(map[secgroup.Rule]string)
	for _, r := range universe {
		texts[r] = r.String()
	}
	return texts
}()

// text returns a rule in text form.
func text(r secgroup.Rule) string {
	if text, known := texts[r]; known {
		return text
	}
	return r.String()
}

func rulesOf(texts ...string) (rules []secgroup.Rule) {
	for _, text := range texts {
		rules = append(rules, secgroup.MustParseRule(text).In(web.Account, web.ID))
	}
	return rules
}

// world is the complete knowledge of a group. Each user of a State gets it in its own form.
type world struct {
	seed      uint64
	described []secgroup.Entry
	requests  []claim.Request // as stored: the ends are not applied
	ends      []claim.End
	ledger    claim.Ledger
	head      lease.Head
	owner     plan.Installation
	quota     plan.Quota
	caps      plan.Caps
	guarded   bool // the guardrails are in force
	missing   bool // EC2 does not know the group

	known *group.State // state(), once prepared
}

// prepared returns the world with its state computed.
func (w world) prepared() world {
	s := w.state()
	w.known = &s
	return w
}

// state returns the world in the form of ensure, explain and adopt.
func (w world) state() group.State {
	if w.known != nil {
		return *w.known
	}
	s := group.State{
		Group: web, Installation: w.owner, Quota: w.quota, Caps: w.caps,
		Requests: claim.ApplyEnds(w.requests, w.ends), Ends: w.ends, Loaded: noon,
		Head: w.head, Ledger: w.ledger, Interrupted: group.Died(w.head, noon),
	}
	if w.guarded {
		s.Judge = judge
	}
	if w.missing {
		return s.ObserveMissing(noon)
	}
	return s.Observe(w.described, noon)
}

// judge returns a judge by the guardrails.
func judge() plan.Judge {
	lists := map[string]guard.List{list: {Entries: []netip.Prefix{netip.MustParsePrefix(listEntries[0])}}}
	return guarding(true, plan.Caps{}).Union(guard.Group{Account: web.Account, ID: web.ID}, lists)
}

const list = "pl-0aaaaaaaaaaaaaaaa"

// audited returns the world in the audit's form.
func (w world) audited() (drift.Facts, drift.Policy) {
	return drift.Facts{
			Group: web, Found: !w.missing, Entries: w.described, Requests: w.requests, Ends: w.ends,
			Ledger: w.ledger, Lease: w.head, Lists: map[string]drift.List{list: {Entries: listEntries}},
		}, drift.Policy{
			Installation: string(w.owner), Limit: w.quota.Limit, Weights: w.quota.Weights, Threshold: 1000,
			Guard: guarding(w.guarded, w.caps),
		}
}

// guards are the guardrails of each setting, as the function reads them.
var guards sync.Map

// guarding returns guardrails with these caps. If denying is true, they deny all addresses on
// ports of the universe. It returns nil if there is nothing to guard.
func guarding(denying bool, c plan.Caps) *guard.Guard {
	var text string
	if denying {
		text = "deny: [{id: world, rules: [{ports: 80-81, from: [world]}]}]\n"
	} else if c != (plan.Caps{}) {
		text = "builtin: false\n"
	}
	if c != (plan.Caps{}) {
		text += fmt.Sprintf("limits: {claims: %d, rules: %d}\n", c.Launches, c.Rules)
	}
	if text == "" {
		return nil
	}
	known, ok := guards.Load(text)
	if !ok {
		g, err := guardfile.Read([]byte(text))
		if err != nil {
			panic(err)
		}
		known, _ = guards.LoadOrStore(text, g)
	}
	return known.(*guard.Guard)
}

// draw draws a world. Equal seeds draw equal worlds.
func draw(seed uint64) world {
	d := drawing{Rand: rand.New(rand.NewPCG(seed, 14)), world: world{seed: seed, owner: us}}
	d.ledger.Keys, d.head = sealing(us).Keys, lease.Head{Want: 5, Applied: 5}
	d.quota = plan.Quota{Limit: pick(d, 1, 2, 3, 60, 60)}
	if d.one(2) {
		d.quota.Weights = map[string]int{"pl-0aaaaaaaaaaaaaaaa": 3}
	}
	if d.one(4) {
		d.caps = plan.Caps{Launches: pick(d, 1, 2, 9), Rules: pick(d, 1, 2, 9)}
	}
	d.guarded = d.one(2)
	d.missing = d.one(50)
	for i := range d.IntN(5) {
		d.request(i)
	}
	for _, i := range d.Perm(len(universe))[:d.IntN(6)] {
		d.exists(universe[i])
	}
	for range d.IntN(3) {
		d.assumed(universe[d.IntN(len(universe))])
	}
	d.rest()
	if d.missing {
		d.described = nil
	}
	return d.world
}

// drawing is a world while it is drawn.
type drawing struct {
	*rand.Rand
	world
	ids int
}

// one returns true with a chance of one in n.
func (d *drawing) one(n int) bool { return d.IntN(n) == 0 }

func pick[T any](d drawing, from ...T) T { return from[d.IntN(len(from))] }

// ago returns a time before noon.
func (d *drawing) ago(durations ...time.Duration) time.Time {
	return noon.Add(-durations[d.IntN(len(durations))])
}

func (d *drawing) id() string {
	d.ids++
	return fmt.Sprint("sgr-", d.ids)
}

// request adds a request of a launch.
func (d *drawing) request(i int) {
	r := claim.Request{
		Launch: claim.Launch{Account: web.Account, Name: fmt.Sprint("l", d.IntN(i+1))}, Group: web, Status: claim.Open,
		Received: d.ago(time.Hour, time.Hour, 10*time.Minute, 3*time.Minute, 30*time.Second),
	}
	for range 1 + d.IntN(2) {
		r.Rules = append(r.Rules, secgroup.Entry{Rule: universe[d.IntN(len(universe))]})
	}
	r.Rules = secgroup.Merge(r.Rules)
	if d.one(4) {
		r.ExpiresAt = noon.Add(pick(*d, time.Hour, -30*time.Second, -90*time.Second, -20*time.Minute))
	}
	switch d.IntN(8) {
	case 0:
		r.Status, r.Finished = claim.Refused, d.ago(20*time.Minute, 30*time.Second)
	case 1:
		r.Status, r.Finished = claim.Expired, d.ago(20*time.Minute, 30*time.Second)
	case 2:
		r.Status, r.Finished = claim.Ended, d.ago(20*time.Minute, 30*time.Second)
	case 3: // its end is stored apart
		d.ends = append(d.ends, claim.End{Launch: r.Launch, At: d.ago(20*time.Minute, 30*time.Second)})
	}
	for _, other := range d.requests {
		if other.Key() == r.Key() {
			return
		}
	}
	d.requests = append(d.requests, r)
}

// exists adds a rule that EC2 describes.
func (d *drawing) exists(r secgroup.Rule) {
	e := secgroup.Entry{ID: d.id(), Rule: r}
	served := plan.Stamp{Ticket: 5, Span: "SERVED"}
	switch d.IntN(9) {
	case 0, 1, 2: // an sgkeeper rule
		e = sealing(us).Tagged(served, []secgroup.Entry{e})[0]
		e.Description = "sgkeeper l0"
	case 3: // untagged, proved by the ledger
		d.ledger.Untagged = append(d.ledger.Untagged, plan.Untagged(e, d.ago(time.Hour)))
	case 4: // untagged, proved by the description
		e.Description = sealing(us).Sign(served, secgroup.Entry{Rule: r, Description: "sgkeeper l0"})
	case 5: // proved by EC2's answer to a recent call
		d.made(claim.Made{Rule: r, ID: e.ID, At: d.ago(time.Minute, 20*time.Minute), Listed: true})
	case 6: // another installation's
		e = sealing("them").Tagged(served, []secgroup.Entry{e})[0]
	case 7:
		if d.one(8) { // an sgkeeper rule, made too long ago for the ledger
			e = sealing(us).Tagged(plan.Stamp{Ticket: 9, Span: "FORGOTTEN"}, []secgroup.Entry{e})[0]
			e.Description = "sgkeeper l0"
		}
	}
	d.described = append(d.described, e)
	switch d.IntN(12) {
	case 0: // a rule that was revoked is no longer among the made ones
		d.ledger.Made = slices.DeleteFunc(d.ledger.Made, func(m claim.Made) bool { return m.ID == e.ID })
		gone := claim.Revoked{ID: e.ID, At: d.ago(time.Minute, 14*time.Minute, 16*time.Minute)}
		d.ledger.Revoked = append(d.ledger.Revoked, gone)
	case 1:
		d.pending(e.ID)
	case 2:
		d.made(claim.Made{Rule: r, ID: e.ID, At: d.ago(10*time.Second, 10*time.Minute), Listed: d.one(2)})
	}
}

// assumed adds a rule that EC2 made, or answered with Duplicate, and has not described yet.
func (d *drawing) assumed(r secgroup.Rule) {
	for _, e := range d.described {
		if e.Rule == r && !d.leaves(e.ID) {
			return // EC2 holds a rule only once
		}
	}
	for _, m := range d.ledger.Made {
		if m.Rule == r {
			return
		}
	}
	m := claim.Made{Rule: r, ID: d.id(), At: d.ago(10*time.Second, 14*time.Minute, 16*time.Minute), Listed: true}
	if d.one(4) {
		m.ID, m.Listed = "", false
	}
	d.made(m)
}

func (d *drawing) made(m claim.Made) { d.ledger.Made = append(d.ledger.Made, m) }

// pending records the pending revoke of a rule.
func (d *drawing) pending(id string) {
	p := claim.PendingRevoke{ID: id, Since: d.ago(10*time.Second, time.Hour)}
	d.ledger.PendingRevokes = append(d.ledger.PendingRevokes, p)
}

func (d *drawing) leaves(id string) bool {
	for _, g := range d.ledger.Revoked {
		if g.ID == id && noon.Sub(g.At) < claim.Lag {
			return true
		}
	}
	for _, p := range d.ledger.PendingRevokes {
		if p.ID == id {
			return true
		}
	}
	return false
}

// rest draws the facts about the group as a whole.
func (d *drawing) rest() {
	if d.one(6) {
		d.ledger.Frozen = "incident 12"
	}
	if d.one(8) { // an outsider keeps removing a rule
		r := universe[d.IntN(len(universe))]
		for range 3 {
			d.made(claim.Made{Rule: r, ID: d.id(), At: d.ago(20 * time.Minute), Described: true, Listed: true})
		}
	}
	if d.one(8) {
		d.pending(d.id())
	}
	if d.one(8) {
		d.ledger.Limit = claim.Limit{Rules: 1 + d.IntN(3), At: d.ago(time.Minute, time.Hour)}
	}
	if d.one(16) {
		d.ledger.Forgotten = 7
	}
	if d.one(8) {
		d.ledger.Unreleased = d.ago(time.Minute, time.Hour)
	}
	if !d.one(3) {
		var served, waiting []claim.Request
		for _, r := range d.requests {
			if d.one(4) {
				waiting = append(waiting, r)
			} else {
				served = append(served, r)
			}
		}
		d.ledger.Served = claim.Served{}.After(d.ago(0, 5*time.Minute, 30*time.Minute), served, waiting...)
	}
	switch d.IntN(8) {
	case 0: // a round is under way
		d.head = held(noon.Add(time.Minute))
	case 1: // its holder died
		d.head = held(d.ago(time.Minute, time.Hour))
	case 2: // a ticket was counted
		d.head = lease.Head{Want: 6, Applied: 5}
	}
}

// held returns a head with a lease that expires at the given time.
func held(until time.Time) lease.Head {
	return lease.Head{Owner: lease.Owner{Nonce: "n"}, Expires: lease.Instant(until.UnixMilli()), Want: 6, Applied: 5}
}
