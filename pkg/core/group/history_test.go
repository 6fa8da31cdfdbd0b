package group_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// course is the history of one group: its head, the holders that loaded it, the rules that
// they made, and a backup of the head.
type course struct {
	head    courseHead
	backup  *courseBackup
	holders []courseHolder
	rules   []courseRule
	spans   int // made so far
	keys    int // made so far
	era     int // counts backups
	steps   []string
}

// courseBackup is a copy of the head, with the rules that it had forgotten.
type courseBackup struct {
	head      courseHead
	forgotten []bool
}

type courseHead struct {
	want, applied lease.Ticket
	owner         int // of the holders, from 1; 0: the lease is free
	span          string
	key           int
	forgotten     int64
}

type courseHolder struct {
	seen      lease.Ticket
	span      string
	key, era  int
	forgotten int64 // as its round found
}

type courseRule struct {
	stamp     plan.Stamp
	key, era  int
	forgotten bool // the table has forgotten the round that made it
}

// sealedRules caches sealed rules by their stamp and key, because sealing takes a while.
var sealedRules = make(map[courseRule]secgroup.Entry)

func courseKey(n int) []claim.Key { return []claim.Key{claim.Key(fmt.Sprint("key ", n))} }

func (r courseRule) entry(i int) secgroup.Entry {
	r.era, r.forgotten = i, false
	if _, known := sealedRules[r]; !known {
		o := plan.Owner{Installation: us, Group: web.ID, Keys: courseKey(r.key)}
		e := secgroup.Entry{ID: fmt.Sprint("sgr-", i), Rule: universe[i]}
		sealedRules[r] = o.Tagged(r.stamp, []secgroup.Entry{e})[0]
	}
	return sealedRules[r]
}

// observed returns the state of a function that loads the head and then describes.
func (c course) observed() group.State {
	s := group.State{
		Group: web, Installation: us, Loaded: noon, Head: lease.Head{Want: c.head.want, Applied: c.head.applied},
		Ledger: claim.Ledger{Keys: courseKey(c.head.key), Span: c.head.span, Forgotten: c.head.forgotten},
	}
	var entries []secgroup.Entry
	for i, r := range c.rules {
		entries = append(entries, r.entry(i))
	}
	return s.Observe(entries, noon)
}

// forgotten reports whether a rule exists that the table has forgotten.
func (c course) forgotten() bool {
	return slices.ContainsFunc(c.rules, func(r courseRule) bool {
		return r.forgotten && r.key == c.head.key
	})
}

func (c course) after(step string) course {
	c.holders, c.rules = slices.Clone(c.holders), slices.Clone(c.rules)
	c.steps = append(slices.Clip(c.steps), step)
	return c
}

// ring counts a ticket. The first ring after a release makes a span, and the first of all
// a key.
func (c *course) ring() {
	c.head.want++
	if c.head.span == "" {
		c.spans++
		c.head.span = fmt.Sprint("SPAN", c.spans)
	}
	if c.head.key == 0 {
		c.keys++
		c.head.key = c.keys
	}
}

// load begins a round of a holder, and checks its state.
func (c *course) load(t *testing.T, owner int) {
	s := c.observed()
	if s.HistoryLost() != c.forgotten() {
		t.Errorf("history lost is %v, want %v, after %s", s.HistoryLost(), c.forgotten(), strings.Join(c.steps, ", "))
	}
	for i, r := range c.rules {
		ours := slices.ContainsFunc(s.Ours(), func(e secgroup.Entry) bool { return e.Rule == universe[i] })
		if ours != (r.key == c.head.key) {
			t.Errorf("rule %d is ours: %v, after %s", i, ours, strings.Join(c.steps, ", "))
		}
	}
	if d := s.Decide(); c.forgotten() && len(d.Revoke)+len(d.Later)+len(d.Blind) > 0 {
		t.Errorf("a round revokes %v although the table has forgotten launches, after %s", d.Revoke,
			strings.Join(c.steps, ", "))
	}
	c.holders[owner-1] = courseHolder{c.head.want, c.head.span, c.head.key, c.era, s.Ledger.Forgotten}
	c.head.owner = owner
}

// next returns all courses that can follow in one step.
func (c course) next(t *testing.T) (all []course) {
	rest := c.head.owner == 0 && c.head.want == c.head.applied
	if len(c.holders) < 4 && c.head.owner == 0 { // a function rings, gets the lease, and loads
		n := c.after("ring")
		n.ring()
		n.holders = append(n.holders, courseHolder{})
		n.load(t, len(n.holders))
		all = append(all, n)
	}
	if c.head.owner > 0 && c.head.want < c.head.applied+3 { // another function is queued
		n := c.after("queue")
		n.ring()
		all = append(all, n)
	}
	if len(c.holders) < 4 && c.head.owner > 0 { // the holder died, or is slow: another takes over
		n := c.after("take over")
		n.ring()
		n.holders = append(n.holders, courseHolder{})
		n.load(t, len(n.holders))
		all = append(all, n)
	}
	for i, h := range c.holders { // a holder, an overtaken one too, makes a rule
		if len(c.rules) < 3 && h.seen > 0 {
			n := c.after(fmt.Sprintf("holder %d makes a rule", i+1))
			n.rules = append(n.rules, courseRule{plan.Stamp{Ticket: int64(h.seen), Span: h.span}, h.key, h.era, false})
			all = append(all, n)
		}
	}
	if o := c.head.owner; o > 0 {
		h := c.holders[o-1]
		release := c.after("release")
		if h.seen == c.head.want {
			release.head.applied, release.head.span, release.head.owner = h.seen, "", 0
			release.head.forgotten = h.forgotten
		} else {
			release.load(t, o) // a ticket was counted: another round
		}
		yield := c.after("yield")
		yield.head.owner, yield.head.forgotten = 0, h.forgotten
		all = append(all, release, yield)
	}
	if rest && c.backup == nil {
		n := c.after("back up")
		n.backup, n.era = &courseBackup{head: c.head}, c.era+1
		for _, r := range c.rules {
			n.backup.forgotten = append(n.backup.forgotten, r.forgotten)
		}
		all = append(all, n)
	}
	if c.backup != nil { // the functions of the forgotten time have ended
		n := c.after("restore")
		n.head, n.holders, n.backup = c.backup.head, nil, nil
		for i := range n.rules {
			if r := &n.rules[i]; i < len(c.backup.forgotten) {
				r.forgotten = c.backup.forgotten[i]
			} else {
				r.forgotten = r.era == n.era // its round loaded after the backup
			}
		}
		n.era++
		all = append(all, n)
	}
	if rest && c.observed().HistoryLost() {
		n := c.after("resume")
		top := max(int64(c.head.want), c.observed().Ledger.Forgotten)
		n.head = courseHead{want: lease.Ticket(top) + 1, applied: lease.Ticket(top), key: c.head.key}
		for i := range n.rules {
			n.rules[i].forgotten = false
		}
		all = append(all, n)
	}
	if rest && c.head.key == 1 {
		n := c.after("delete the table")
		n.head, n.holders, n.backup = courseHead{}, nil, nil
		all = append(all, n)
	}
	return all
}

// TestHistory tries all courses of a group in ten steps. A round reports a lost history if and
// only if a rule of a forgotten launch exists. No crash, yield or takeover causes a false
// report. If the table is deleted, sgkeeper owns no rule any more.
func TestHistory(t *testing.T) {
	depth := proof.Pick(t, 10, 9, 8)
	seen := make(map[string]bool)
	courses, alarms := []course{{}}, 0
	for range depth {
		var next []course
		for _, c := range courses {
			for _, n := range c.next(t) {
				backup := ""
				if n.backup != nil {
					backup = fmt.Sprint(*n.backup)
				}
				key := fmt.Sprint(n.head, backup, n.holders, n.rules, n.era, n.keys, n.spans)
				if !seen[key] {
					seen[key] = true
					next = append(next, n)
				}
				if n.forgotten() {
					alarms++
				}
			}
			if t.Failed() {
				return
			}
		}
		courses = next
	}
	if alarms == 0 || len(seen) < 1000 {
		t.Errorf("%d states, %d of them with a lost history: too few", len(seen), alarms)
	}
	fmt.Printf("history: %d states in %d steps\n", len(seen), depth)
}
