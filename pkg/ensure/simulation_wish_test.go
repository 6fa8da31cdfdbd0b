package ensure_test

import (
	"encoding/json"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
)

// wish is what one launch asks of one group in one event, however often the
// event comes, and what it was answered.
type wish struct {
	launch  *simLaunch
	group   string
	rules   []simRule
	expires time.Time // zero: never
	bad     bool      // its peer does not exist

	sent     bool // some function got it
	accepted bool // answered ensured or queued
	promised bool // answered ensured, or told so by the bus
	refused  bool // answered rejected, or told so by the bus
	doubtful bool // the bus told of a refusal, of this or of another wish of the launch
	broken   map[simRule]bool
	hurt     bool // it was broken once
}

// simLaunch is one launch and what became of its ends.
type simLaunch struct {
	name   string
	wishes []*wish
	ending map[string]bool // by group: some function got an end of it
	ended  map[string]bool // by group: an end of it was answered
	told   map[string]int  // by type and group: how many events name it
}

// over reports whether nobody may count on the wish any more.
func (w *wish) over(now time.Time) bool {
	return w.launch.ending[w.group] || w.expired(now)
}

func (w *wish) expired(now time.Time) bool { return !w.expires.IsZero() && !now.Before(w.expires) }

// must reports whether the wish must be open once all is quiet.
func (w *wish) must(now time.Time) bool {
	return w.accepted && !w.refused && !w.doubtful && !w.over(now)
}

// may reports whether the wish may be open once all is quiet. What a function
// got and did not answer, and nobody brings again, may go either way.
func (w *wish) may(now time.Time) bool {
	return w.sent && !w.bad && !w.refused && !w.launch.ended[w.group] && !w.expired(now)
}

// payload is the event that asks for it.
func (w *wish) payload() []byte {
	detail := map[string]any{"detailType": events.LaunchRequested, "launch": w.launch.name, "group": w.group}
	var rules []rule
	for _, r := range w.rules {
		way := "from"
		if r.egress {
			way = "to"
		}
		rules = append(rules, rule{"protocol": r.protocol, "ports": portText(r), way: []string{r.peer}})
	}
	detail["rules"] = rules
	if !w.expires.IsZero() {
		detail["expiresAt"] = w.expires.UTC().Format(time.RFC3339)
	}
	return marshal(detail)
}

func portText(r simRule) string {
	text, err := json.Marshal(r.first)
	if err == nil && r.last != r.first {
		text = append(append(text, '-'), marshal(r.last)...)
	}
	return string(text)
}

// message is one event on its way.
type message struct {
	launch *simLaunch
	wish   *wish  // nil: it is an end
	group  string // of an end: "" for all
	direct bool   // nobody brings it again

	tries    int
	answered bool
}

func (m *message) payload() []byte {
	switch {
	case m.wish != nil:
		return m.wish.payload()
	case m.group != "":
		return end(m.launch.name, m.group)
	}
	return end(m.launch.name)
}
