package repair

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

var (
	now   = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	us    = plan.Installation("here")
	web   = claim.Group{Account: "111122223333", Region: "eu-west-1", ID: "sg-0123456789abcdef0"}
	owner = plan.Owner{Installation: us, Group: web.ID, Keys: []claim.Key{"key"}}
)

// world is a group with the table's record of it, and the audit's policy.
type world struct {
	drift.Facts
	policy drift.Policy
	next   int // the number of the next rule's id
}

func newWorld() *world {
	return &world{
		Facts: drift.Facts{
			Group: web, Name: "web", VPC: "vpc-1", Found: true, Tags: map[string]string{"sgkeeper:managed": "true"},
			Ledger: claim.Ledger{Keys: owner.Keys}, Lease: lease.Head{Want: 1, Applied: 1},
		},
		policy: drift.Policy{
			Installation: string(us), ManagedTag: "sgkeeper:managed=true", Sensitive: drift.SensitivePorts(),
			Threshold: 1000, Guard: guard.Builtin(),
		},
	}
}

func (w *world) id() string { w.next++; return fmt.Sprintf("sgr-%08d", w.next) }

func ruleOf(text string) secgroup.Rule { return secgroup.MustParseRule(text).In(web.Account, web.ID) }

// asks adds a request of an hour ago.
func (w *world) asks(launch string, status claim.Status, rules ...string) {
	r := claim.Request{Launch: claim.Launch{Account: web.Account, Name: launch}, Group: web, Status: status,
		Received: now.Add(-time.Hour)}
	for _, text := range rules {
		r.Rules = append(r.Rules, secgroup.Entry{Rule: ruleOf(text)})
	}
	if status != claim.Open {
		r.Finished = now.Add(-time.Hour / 2)
	}
	w.Requests = append(w.Requests, r)
}

// ours adds a rule as sgkeeper makes it.
func (w *world) ours(launch, text string) {
	e := secgroup.Entry{Rule: ruleOf(text), ID: w.id(), Description: claim.Describe(launch, "")}
	w.Entries = append(w.Entries, owner.Tagged(plan.Stamp{Ticket: 1, Span: "AAAAAAAA"}, []secgroup.Entry{e})...)
}

func (w *world) theirs(text string) {
	w.Entries = append(w.Entries, secgroup.Entry{Rule: ruleOf(text), ID: w.id(), Description: "by hand"})
}

func (w *world) audit() []drift.Drift {
	_, drifts := drift.Compare(w.Facts, w.policy, now)
	return drifts
}

// input is the input for a plan that mends some drifts.
func (w *world) input(drifts ...drift.Drift) Input {
	return Input{
		Group: web, Installation: us, Keys: w.Ledger.Keys, Tags: w.Tags, Entries: w.Entries, Requests: w.Requests,
		Now:      now,
		Intended: w.policy.Intended(web, w.Name, w.Tags, now), Drifts: drifts, Guard: w.policy.Guard,
		Facts: &guard.Facts{Name: w.Name, Tags: w.Tags},
	}
}

// perform performs a step as EC2 and the table would.
func (w *world) perform(s Step) {
	w.Entries, w.Tags = slices.Clone(w.Entries), maps.Clone(w.Tags)
	i := slices.IndexFunc(w.Entries, func(e secgroup.Entry) bool { return e.ID == s.Entry.ID })
	if i >= 0 {
		tags := maps.Clone(w.Entries[i].Tags)
		w.Entries[i].Tags = make(map[string]string)
		maps.Copy(w.Entries[i].Tags, tags)
	}
	switch s.Op {
	case Authorize:
		if slices.ContainsFunc(w.Entries, func(e secgroup.Entry) bool { return e.Rule.Matches(s.Entry.Rule) }) {
			panic("EC2 answers Duplicate for " + s.Entry.Rule.String())
		}
		s.Entry.ID = w.id()
		w.Entries = append(w.Entries, s.Entry)
	case Revoke:
		w.Entries = slices.Delete(w.Entries, i, i+1)
	case Describe:
		w.Entries[i].Description = s.Description
	case Tag:
		maps.Copy(w.Entries[i].Tags, s.Tags)
	case Untag:
		for key := range s.Tags {
			delete(w.Entries[i].Tags, key)
		}
	case TagGroup:
		maps.Copy(w.Tags, s.Tags)
	case UntagGroup:
		for key := range s.Tags {
			delete(w.Tags, key)
		}
	}
	if s.Adopt {
		w.Ledger.Untagged = append(slices.Clone(w.Ledger.Untagged), plan.Untagged(s.Entry, now))
	}
}

var drawRule = rapid.Custom(func(t *rapid.T) string {
	proto := rapid.SampledFrom([]string{"tcp", "tcp", "tcp", "udp", "icmp", "all"}).Draw(t, "protocol")
	if proto == "tcp" || proto == "udp" {
		first := rapid.IntRange(20, 26).Draw(t, "first")
		proto += fmt.Sprintf(" %d-%d", first, first+rapid.IntRange(0, 3).Draw(t, "more"))
	}
	way := rapid.SampledFrom([]string{" from ", " from ", " from ", " from ", " to "}).Draw(t, "way")
	return proto + way + rapid.SampledFrom([]string{
		"0.0.0.0/0", "::/0", "10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "10.1.0.0/16", "52.0.0.0/8", "53.0.0.0/8",
		"self", "sg-0bbbbbbbbbbbbbbbb", "999988887777/sg-0cccccccccccccccc", "pl-0dddddddddddddddd",
	}).Draw(t, "peer")
})

// drawWorld draws a group after some changes by outsiders.
func drawWorld(t *rapid.T) *world {
	w := newWorld()
	exists := make(map[secgroup.Rule]bool)
	for i := range rapid.IntRange(0, 4).Draw(t, "launches") {
		launch := fmt.Sprint("l", i)
		status := rapid.SampledFrom([]claim.Status{claim.Open, claim.Open, claim.Open, claim.Ended}).Draw(t, "status")
		w.asks(launch, status, rapid.SliceOfN(drawRule, 1, 3).Draw(t, launch)...)
		r := &w.Requests[len(w.Requests)-1]
		if rapid.IntRange(0, 5).Draw(t, "overdue") == 0 {
			r.ExpiresAt = now.Add(-time.Hour / 3)
		}
		r.Rules = secgroup.Merge(r.Rules)
		for _, e := range r.Rules {
			if !exists[e.Rule.WithoutOwner()] {
				exists[e.Rule.WithoutOwner()] = true
				w.change(t, launch, e.Rule)
			}
		}
	}
	for _, text := range rapid.SliceOfN(drawRule, 0, 4).Draw(t, "foreign") {
		if r := ruleOf(text); !exists[r.WithoutOwner()] {
			exists[r.WithoutOwner()] = true
			w.foreign(t, text)
		}
	}
	for i, text := range rapid.SliceOfN(drawRule, 0, 2).Draw(t, "exceptions") {
		w.policy.Exceptions = append(w.policy.Exceptions, drift.Exception{ID: fmt.Sprint("x", i), Owner: "net",
			Reason: "monitoring", Expires: now.Add(time.Duration(rapid.IntRange(-1, 2).Draw(t, "expires")) * time.Hour),
			Rules: []secgroup.Rule{secgroup.MustParseRule(text)}})
	}
	if rapid.IntRange(0, 5).Draw(t, "opted out") == 0 {
		w.Tags = map[string]string{}
	}
	if rapid.IntRange(0, 9).Draw(t, "unguarded") == 0 {
		w.policy.Guard = nil
	}
	w.distinct()
	return w
}

// foreign adds a foreign rule, a stale one, or one of a launch that nobody knows any more.
func (w *world) foreign(t *rapid.T, text string) {
	r := ruleOf(text)
	_, _, isGroup := r.Peer.Group()
	switch n := rapid.IntRange(0, 9).Draw(t, "foreign"); {
	case n == 0:
		w.ours("unknown", text)
		return
	case n < 4 && isGroup:
		w.Stale = map[secgroup.Rule]bool{r: true}
	}
	w.theirs(text)
}

// change makes a rule of sgkeeper's, and lets an outsider change it.
func (w *world) change(t *rapid.T, launch string, r secgroup.Rule) {
	w.ours(launch, r.String())
	e := &w.Entries[len(w.Entries)-1]
	switch rapid.IntRange(0, 9).Draw(t, "change") {
	case 0, 1: // it is gone
		w.Entries = w.Entries[:len(w.Entries)-1]
	case 2:
		e.Description = "mine now"
	case 3:
		e.Tags[plan.TagRule] = "AAAA"
		e.Tags[plan.TagSeal] = "AAAA"
	case 4: // modified in place
		e.Rule = ruleOf(drawRule.Draw(t, "modified"))
	case 5: // made again by hand
		e.Tags, e.Description = nil, ""
	}
}

// distinct keeps one rule of each identity, as EC2 does.
func (w *world) distinct() {
	seen := make(map[secgroup.Rule]bool)
	w.Entries = slices.DeleteFunc(w.Entries, func(e secgroup.Entry) bool {
		again := seen[e.Rule.WithoutOwner()]
		seen[e.Rule.WithoutOwner()] = true
		return again
	})
}
