package ensure_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// The oracle records only requests, answers and announcements.

// answered handles the outcome of one of a process's messages.
func (s *simulation) answered(p *simProcess, o simOutcome) {
	s.say("p%d answers %s", p.id, o)
	for _, m := range p.messages {
		if !m.means(o) {
			continue
		}
		switch status := events.Status(o.Status); {
		case m.wish == nil && status != events.Released && status != events.Queued:
			s.violated("an end is answered %s", o)
		case m.wish == nil:
		case status == events.Ensured:
			m.wish.accepted = true
			s.announced(p, m.wish)
			s.promised(m.wish)
		case status == events.Queued:
			m.wish.accepted = true
		case status == events.Rejected:
			s.closed(m.wish, o.Reasons)
			s.refused(m.wish, o.Reasons)
		}
	}
}

// promised records that a wish was answered or announced as open. From now on it must be open.
func (s *simulation) promised(w *wish) {
	w.promised = true
	if w.bad {
		s.violated("%s requests a rule that EC2 rejects, and is ensured", w.launch.name)
	}
	s.watch.check(w.group)
}

// refused records that a wish was answered or announced as refused. A wish that was promised
// may not be refused. The exception: an outsider closed it, and the process that promised it
// crashed before it recorded that.
func (s *simulation) refused(w *wish, why string) {
	forgotten := w.hurt && s.unfinished > 0
	if w.promised && !forgotten && !w.over(time.Now().Add(s.luck.skew)) {
		s.violated("%s was ensured on %s and is refused: %s", w.launch.name, w.group, why)
	}
	w.refused = w.launch.ended[w.group] || !strings.Contains(why, "launch-ended") // else its end is not complete
}

// published handles an event that the bus accepted.
func (s *simulation) published(e fakeaws.Entry) {
	var detail struct {
		Group    string
		Launch   string
		Launches []string
		Reasons  claim.Faults
	}
	if err := json.Unmarshal([]byte(e.Detail), &detail); err != nil {
		s.violated("event %s: %v", e.Detail, err)
	}
	if detail.Launch != "" {
		detail.Launches = append(detail.Launches, detail.Launch)
	}
	s.say("bus: %s %s %v %v", e.DetailType, detail.Group, detail.Launches, detail.Reasons)
	for _, l := range s.workload.launches {
		for _, name := range detail.Launches {
			if l.name == name {
				s.tell(l, e.DetailType, detail.Group, detail.Reasons.Error())
			}
		}
	}
}

func (s *simulation) tell(l *simLaunch, detailType, group, why string) {
	l.announced[detailType+" "+group]++
	var meant []*wish
	for _, w := range l.wishes {
		if w.group == group && w.sent {
			meant = append(meant, w)
		}
	}
	if len(meant) != 1 { // the event does not say which
		for _, w := range meant {
			w.doubtful = w.doubtful || detailType == events.RejectedType && !w.promised
		}
		return
	}
	switch detailType {
	case events.EnsuredType:
		meant[0].accepted = true
		s.announced(s.caller, meant[0])
		s.promised(meant[0])
	case events.RejectedType:
		s.closed(meant[0], why)
		s.refused(meant[0], why)
	}
}

// unanswered yields the messages without an answer, and for each launch the missing
// announcements.
func (s *simulation) unanswered(now time.Time) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, d := range s.workload.deliver {
			arrived := !s.start.Add(d.at).After(now)
			if arrived && !d.direct && !d.answered && !yield(fmt.Sprintf("a message of %s is not answered",
				d.launch.name)) {
				return
			}
		}
		for _, l := range s.workload.launches {
			for _, w := range l.wishes {
				if left := w.unannounced(now); left != "" && !yield(left) {
					return
				}
			}
		}
	}
}

// unannounced returns a violation, or "": the bus has announced the outcome of each accepted
// wish, and each answered end of its launch.
func (w *wish) unannounced(now time.Time) string {
	announced := func(detailType string) bool { return w.launch.announced[detailType+" "+w.group] > 0 }
	switch {
	case w.accepted && !w.over(now) && !announced(events.EnsuredType) && !announced(events.RejectedType):
		return fmt.Sprintf("%s on %s was accepted, and no event announced its outcome", w.launch.name, w.group)
	case w.accepted && w.launch.ended[w.group] && !announced(events.ReleasedType):
		return fmt.Sprintf("%s ended on %s, and no event announced it", w.launch.name, w.group)
	}
	return ""
}

// String returns the wish in the form of the trace.
func (w *wish) String() string {
	return fmt.Sprintf("%s on %s %s", w.launch.name, w.group, brief(w.rules))
}
