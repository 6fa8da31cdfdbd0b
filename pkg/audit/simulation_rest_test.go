package audit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/dice"
)

// rest stops all faults and checks that the report becomes true within one schedule, that every
// transition reached the outputs, and that no message is left.
func (s *simulation) rest() {
	s.mu.Lock()
	s.note("calm")
	s.quiet, s.denied = true, denial{}
	s.calm.Store(true)
	s.mu.Unlock()
	time.Sleep(3*s.luck.timeout + time.Minute) // failed messages come again
	s.afterSchedule()
	s.locked(s.truthful)
	s.locked(func() { s.toggle(s.dice.Of("last"), s.world.groups[0].spots[0]) }) // its event is reported at once
	time.Sleep(2 * time.Minute)
	s.locked(s.truthful)
	s.locked(s.delivered)
	s.empty()
}

func (s *simulation) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// afterSchedule waits for the next audit by the schedule, and for its end.
func (s *simulation) afterSchedule() {
	offset := dice.Between(s.dice.Of("schedule"), 0, 10*time.Minute)
	gone := time.Since(s.start) - offset
	time.Sleep(every - gone%every + 2*time.Minute)
}

// truthful checks that the latest report has the drifts that exist, and no others.
func (s *simulation) truthful() {
	want := make(map[simDrift]bool)
	for _, d := range s.world.drifts() {
		want[d] = true
	}
	for _, stored := range s.watch.report.has {
		d := stored.drift()
		if d.kind != "prefix-list-contents" && !want[d] {
			s.violated(lawRest, "at rest the report has %v, which does not exist", d)
		}
		if !stored.Unverified.IsZero() {
			s.violated(lawRest, "at rest %v is not verified since %v", d, stored.Unverified.Sub(s.start))
		}
		delete(want, d)
	}
	for d := range want {
		s.violated(lawRest, "at rest the report lacks %v", d)
	}
}

// delivered checks that both outputs got every transition, and are as the report says. A closing
// need not arrive if the drift was found again.
func (s *simulation) delivered() {
	w, findings := &s.watch, s.account.Findings()
	for _, id := range slices.Sorted(maps.Keys(w.drifts)) {
		for _, t := range w.opened[id] {
			if !slices.ContainsFunc(w.detected[id], func(at time.Time) bool { return !at.Before(t.from) }) {
				s.violated(lawDelivery, "the bus did not get the new drift %v of %v", w.drifts[id], t.at.Sub(s.start))
			}
		}
		for _, t := range w.closed[id] {
			told := slices.ContainsFunc(w.told[id], func(at time.Time) bool { return !at.Before(t.at) })
			reopened := slices.ContainsFunc(w.opened[id], func(o transition) bool { return o.at.After(t.at) })
			if !told && !reopened {
				s.violated(lawDelivery, "the bus did not get the closing of %v of %v", w.drifts[id], t.at.Sub(s.start))
			}
		}
		text, found := findings["sgkeeper/"+id]
		var f struct {
			RecordState string
			Severity    struct{ Label string }
		}
		if found {
			s.must(json.Unmarshal(text, &f))
		}
		switch d, open := w.report.has[id]; {
		case open && (!found || f.RecordState == "ARCHIVED"):
			s.violated(lawDelivery, "Security Hub lacks %v", w.drifts[id])
		case open && !strings.EqualFold(f.Severity.Label, d.Severity):
			s.violated(lawDelivery, "Security Hub has %v as %s, the report as %s", w.drifts[id], f.Severity.Label,
				d.Severity)
		case !open && found && f.RecordState != "ARCHIVED":
			s.violated(lawDelivery, "Security Hub still has %v", w.drifts[id])
		}
	}
	for group, known := range w.listKnown {
		for _, c := range s.world.changed {
			reported := slices.ContainsFunc(w.listDrift[group], func(at time.Time) bool { return at.After(c) })
			if c.After(known) && !reported && s.names(s.world.group(group), known) {
				s.violated(lawRest, "no report has the change of %s of %v in %s", simList, c.Sub(s.start), group)
			}
		}
	}
	for id, times := range w.detected {
		if len(w.opened[id]) == 0 {
			s.violated(lawTold, "the bus got a new drift that no report has, at %v", times[0].Sub(s.start))
		}
	}
	page, ok := s.account.Object(simBucket, "sgkeeper/latest.html")
	if !ok || !strings.Contains(string(page.Body), w.report.ID) {
		s.violated(lawDelivery, "latest.html is not about the latest report")
	}
}

// empty checks that the queue becomes empty.
func (s *simulation) empty() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	if err := s.account.WaitEmpty(ctx, queueARN); err != nil {
		s.locked(func() { s.violated(lawAnswer, "a message is left: %v", fmt.Sprint(err)) })
	}
}
