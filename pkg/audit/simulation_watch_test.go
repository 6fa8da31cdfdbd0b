package audit_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/dice"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// watcher knows the reports that were stored, and what the outputs were given. It compares them
// with each other and with the truth.
type watcher struct {
	report    *simReport // the latest
	runs      map[string]*simRun
	readAt    map[string]reading   // by group: the reading of the latest report
	counts    map[string]simCounts // by audit
	drifts    map[string]simDrift  // by id
	opened    map[string][]transition
	closed    map[string][]transition
	detected  map[string][]time.Time // when the bus got an event, by the id of the drift
	told      map[string][]time.Time // when the bus got the closing
	refused   map[string]bool        // findings of the call under way
	listKnown map[string]time.Time   // by group: since when a stored report knows simList's version
	listDrift map[string][]time.Time // by group: when a stored report had a change of simList
}

func newWatcher() watcher {
	return watcher{
		report: &simReport{}, runs: map[string]*simRun{}, readAt: map[string]reading{}, counts: map[string]simCounts{},
		drifts: map[string]simDrift{}, opened: map[string][]transition{}, closed: map[string][]transition{},
		detected: map[string][]time.Time{}, told: map[string][]time.Time{},
		listKnown: map[string]time.Time{}, listDrift: map[string][]time.Time{},
	}
}

// simRun is an audit under way, by one invocation or several.
type simRun struct {
	began     time.Time
	disturbed bool
	read      map[string]reading // by group
}

// transition is a drift that one stored report has, and the report before or after it does not.
type transition struct{ from, at time.Time } // the audit ran from from until at

// simReport is a stored report.
type simReport struct {
	ID              string
	Groups          []json.RawMessage
	Drifts, Carried []storedDrift

	groups map[string]string      // their text, by id
	has    map[string]storedDrift // by id, with those that were carried
}

type storedDrift struct {
	ID, Kind, Severity, Subject string
	Group                       struct{ ID string }
	Rule                        *struct{ FromPort int }
	Unverified                  time.Time // if the last audit could not verify it
}

func (d storedDrift) drift() simDrift {
	s := simDrift{kind: d.Kind, group: d.Group.ID, about: d.Subject}
	if d.Rule != nil {
		s.about = fmt.Sprint(d.Rule.FromPort)
	}
	return s
}

// simCounts counts drifts by severity.
type simCounts struct{ critical, high, medium, low int }

func (c *simCounts) add(severity string) {
	switch severity {
	case "critical":
		c.critical++
	case "high":
		c.high++
	case "medium":
		c.medium++
	case "low":
		c.low++
	}
}

func parseReport(text []byte) (*simReport, error) {
	r := &simReport{groups: map[string]string{}, has: map[string]storedDrift{}}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, err
	}
	for _, g := range r.Groups {
		var id struct{ ID string }
		if err := json.Unmarshal(g, &id); err != nil {
			return nil, err
		}
		r.groups[id.ID] = string(g)
	}
	for _, d := range slices.Concat(r.Carried, r.Drifts) {
		r.has[d.ID] = d
	}
	return r, nil
}

// applied watches a call that the account has applied. The caller holds the simulation's lock.
func (s *simulation) applied(p *simProcess, call simCall, f fate) {
	switch call.name {
	case "put latest.json":
		s.before, s.latest = s.latest, plainBody(call.body)
		r, err := parseReport(s.latest)
		if err != nil {
			s.violated(lawTrue, "p%d stores a report that cannot be read: %v", p.id, err)
			return
		}
		s.stored(p, r)
	case "put runs.json":
		s.watch.join(p, randomID.FindString(call.path))
	case "DescribeSecurityGroupRules":
		at := p.reads(call, f)
		for _, id := range call.values() {
			p.read[id] = at
		}
	case "DescribeSecurityGroups":
		p.looked = p.reads(call, f)
	case "findings":
		s.imported(p, call.body)
	case "SendMessage":
		var in struct{ MessageBody string }
		s.must(json.Unmarshal(call.body, &in))
		p.sent = append(p.sent, in.MessageBody)
	}
}

// plainBody returns an object's text, which the SDK may send in one chunk.
func plainBody(body []byte) []byte {
	if i := slices.Index(body, '{'); i > 0 {
		body = body[i:]
		if j := strings.LastIndexByte(string(body), '}'); j >= 0 {
			body = body[:j+1]
		}
	}
	return body
}

// join adds an invocation to its run.
func (w *watcher) join(p *simProcess, id string) *simRun {
	run := w.runs[id]
	if run == nil {
		run = &simRun{began: p.began, read: map[string]reading{}}
		w.runs[id] = run
	}
	run.disturbed = run.disturbed || p.disturbed
	maps.Copy(run.read, p.read)
	return run
}

// stored compares a stored report with the one before and with the truth.
func (s *simulation) stored(p *simProcess, r *simReport) {
	w := &s.watch
	run, now, before := w.join(p, r.ID), time.Now(), w.report
	w.report = r
	p.committed = append(p.committed, r.ID)
	var counts simCounts
	for _, d := range r.Drifts {
		counts.add(d.Severity)
	}
	w.counts[r.ID] = counts
	from := make(map[string]time.Time) // by group: the beginning of the time in which a result must be true
	for id := range r.groups {
		read, ok := run.read[id]
		if !ok {
			read = p.looked
		}
		from[id] = run.began
		if r.groups[id] == before.groups[id] {
			continue
		}
		if was := w.readAt[id]; read.before(was) {
			s.note("p%d replaces a later reading of %s, of %v by one of %v", p.id, id, was.at.Sub(s.start),
				read.at.Sub(s.start))
			from[id] = was.at
		}
		w.readAt[id] = read
		if g := s.world.group(id); g != nil && !p.disturbed && !run.disturbed && w.listKnown[id].IsZero() &&
			s.names(g, run.began) {
			w.listKnown[id] = now
		}
	}
	since := func(group string) time.Time {
		if t, ok := from[group]; ok {
			return t
		}
		return run.began
	}
	for _, id := range slices.Sorted(maps.Keys(r.has)) {
		d := r.has[id].drift()
		w.drifts[id] = d
		if d.kind == "prefix-list-contents" {
			w.listDrift[d.group] = append(w.listDrift[d.group], now)
		}
		if _, old := before.has[id]; old {
			continue
		}
		w.opened[id] = append(w.opened[id], transition{run.began, now})
		s.note("p%d stores the new drift %v", p.id, d)
		if !s.mayExist(run, r.has[id], since(d.group), now) {
			s.violated(lawTrue, "p%d stores the drift %v, which never existed since %v", p.id, d,
				since(d.group).Sub(s.start))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(before.has)) {
		d := before.has[id].drift()
		if _, kept := r.has[id]; kept {
			continue
		}
		w.closed[id] = append(w.closed[id], transition{run.began, now})
		s.note("p%d closes the drift %v", p.id, d)
		if !s.mayBeGone(d, since(d.group), now) {
			s.violated(lawTrue, "p%d closes the drift %v, which existed all the time since %v", p.id, d,
				since(d.group).Sub(s.start))
		}
	}
}

// names reports whether a group has had a rule for simList since a time, in all reports.
func (s *simulation) names(g *simGroup, since time.Time) bool {
	i := slices.IndexFunc(g.spots, func(at *spot) bool { return at.kind == listSpot })
	return i >= 0 && !can(since, time.Now(), func(is func(*fact) bool) bool {
		return !is(&g.spots[i].rule) || !is(&g.exists) || !is(&g.tagged)
	})
}

// mayExist reports whether a drift can have existed between two times.
//
// A new drift can be one that the audit could not verify, because it could not read all that the drift
// needs: for example the exceptions. Then only its rule must exist.
func (s *simulation) mayExist(run *simRun, stored storedDrift, from, to time.Time) bool {
	d := stored.drift()
	switch d.kind {
	case "unknown":
		return run.disturbed
	case "prefix-list-contents":
		return len(s.world.changed) > 0
	}
	return can(from, to, func(is func(*fact) bool) bool {
		if g := s.world.group(d.group); g != nil && !stored.Unverified.IsZero() && run.disturbed {
			at := d.portSpot(g)
			return at != nil && is(&g.exists) && is(&at.rule)
		}
		return s.world.drifting(d, is)
	})
}

// mayBeGone reports whether a drift can have been absent between two times.
func (s *simulation) mayBeGone(d simDrift, from, to time.Time) bool {
	if d.kind == "unknown" || d.kind == "prefix-list-contents" {
		return true
	}
	return can(from, to, func(is func(*fact) bool) bool { return !s.world.drifting(d, is) })
}

// entry watches an event on the bus, or refuses it.
func (s *simulation) entry(e fakeaws.Entry) *fakeaws.Error {
	w, now := &s.watch, time.Now()
	s.entries++
	var d struct{ Drift string }
	s.must(json.Unmarshal([]byte(e.Detail), &d))
	if s.refuses("events:PutEvents", fmt.Sprint("entry", s.entries), e.DetailType+d.Drift) {
		return &fakeaws.Error{Code: "InternalFailure", Message: "simulated"}
	}
	switch e.DetailType {
	case events.DriftDetectedType:
		w.detected[d.Drift] = append(w.detected[d.Drift], now)
	case events.AuditCompletedType:
		var c struct {
			Audit  string
			Drifts map[string]int
			Closed []string
		}
		s.must(json.Unmarshal([]byte(e.Detail), &c))
		got := simCounts{c.Drifts["critical"], c.Drifts["high"], c.Drifts["medium"], c.Drifts["low"]}
		if want, ok := w.counts[c.Audit]; !ok || got != want {
			s.violated(lawCount, "an event counts %+v drifts, and the stored report %+v (%v)", got, want, ok)
		}
		for _, id := range c.Closed {
			w.told[id] = append(w.told[id], now)
			if len(w.closed[id]) == 0 {
				s.violated(lawTold, "an event says that %v is closed, and no stored report says so", w.drifts[id])
			}
		}
	}
	return nil
}

// finding refuses a finding by the fate of the call.
func (s *simulation) finding(id string) *fakeaws.Error {
	if s.watch.refused == nil {
		s.watch.refused = map[string]bool{}
	}
	if s.refuses("securityhub:BatchImportFindings", fmt.Sprint("finding", s.calls, id), id) {
		s.watch.refused[id] = true
		return &fakeaws.Error{Code: "InternalError", Message: "simulated"}
	}
	return nil
}

// refuses reports whether one event or finding is refused: by the fate of the call, or by a denial
// that refuses the same thing each time.
func (s *simulation) refuses(action, occasion, thing string) bool {
	d := s.denied
	refused := s.verdict.refuse > 0 && dice.Chance(s.dice.Of(occasion), s.verdict.refuse) ||
		d.part && d.action == action && dice.Chance(s.dice.Of(thing), 0.5)
	s.refused = s.refused || refused
	return refused
}

// imported watches findings.
func (s *simulation) imported(p *simProcess, body []byte) {
	w := &s.watch
	var in struct {
		Findings []struct {
			ID, RecordState string
		}
	}
	s.must(json.Unmarshal(body, &in))
	for _, f := range in.Findings {
		if w.refused[f.ID] {
			continue
		}
		id := strings.TrimPrefix(f.ID, "sgkeeper/")
		switch {
		case f.RecordState == "ARCHIVED" && len(w.closed[id]) == 0:
			s.violated(lawTold, "p%d archives the finding of %v, which no stored report has closed", p.id, w.drifts[id])
		case f.RecordState != "ARCHIVED" && len(w.opened[id]) == 0:
			s.violated(lawTold, "p%d imports the finding of %s, which no stored report has", p.id, id)
		}
	}
	w.refused = nil
}

// loggedAudit compares the log's line of an audit with the stored report.
func (s *simulation) loggedAudit(p *simProcess, l simLine) {
	got := simCounts{l.Critical, l.High, l.Medium, l.Low}
	if want, ok := s.watch.counts[l.Audit]; !ok || got != want {
		s.violated(lawCount, "p%d logs %+v drifts, and the stored report has %+v (%v)", p.id, got, want, ok)
	}
}

// measured compares the metrics of an audit with the reports that the invocation stored.
func (s *simulation) measured(p *simProcess, l simLine) {
	got := simCounts{int(*l.DriftsCritical), int(*l.DriftsHigh), int(*l.DriftsMedium), int(*l.DriftsLow)}
	if !slices.ContainsFunc(p.committed, func(id string) bool { return s.watch.counts[id] == got }) {
		s.violated(lawCount, "the metrics of p%d count %+v drifts, and no report that it stored does", p.id, got)
	}
}

// strangerFor is how long a warm function remembers that a group is neither managed nor in the table.
const strangerFor = time.Hour

// answered checks that a change is in the report once its event is answered, or is in another
// message.
func (s *simulation) answered(p *simProcess, messages, failed []simMessage) {
	for _, m := range messages {
		if slices.Contains(failed, m) {
			continue
		}
		for _, id := range eventsIn(m.Body) {
			e := s.reported[id]
			text := s.watch.report.groups[e.group.id]
			since := e.at.Add(-strangerFor)
			if since.Before(s.start) {
				since = s.start
			}
			stranger := can(since, time.Now(), func(is func(*fact) bool) bool {
				return !is(&e.group.tagged) && !e.group.live(is) || !is(&e.group.exists)
			})
			kept := slices.ContainsFunc(p.sent, func(body string) bool {
				return strings.Contains(body, `"continue"`) || slices.Contains(eventsIn(body), id)
			})
			if !kept && !stranger && s.watch.readAt[e.group.id].at.Before(e.at) &&
				!strings.Contains(text, `"unreadable"`) {
				s.violated(lawKept, "p%d answers event %s about %s of %v, and the report is of %v", p.id, id,
					e.group.id,
					e.at.Sub(s.start), s.watch.readAt[e.group.id].at.Sub(s.start))
			}
		}
	}
}

// eventsIn returns the ids of the events in a message.
func eventsIn(body string) (ids []string) {
	var m struct {
		Detail struct{ EventID string }
		Events []string
	}
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		panic(err)
	}
	if m.Detail.EventID != "" {
		ids = append(ids, m.Detail.EventID)
	}
	for _, e := range m.Events {
		ids = append(ids, eventsIn(e)...)
	}
	return ids
}
