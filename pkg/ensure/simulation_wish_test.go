package ensure_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
)

// wish is the request of one launch on one group in one event, with its outcomes. The event
// may be delivered several times.
type wish struct {
	launch  *simLaunch
	group   string
	rules   []simRule
	asks    map[simRule]bool // the rules
	expires time.Time        // zero: never
	bad     bool             // EC2 rejects one of its rules
	// described: its rules have the longest descriptions.
	described bool

	sent     bool // some function got it
	accepted bool // answered ensured or queued
	promised bool // answered or announced as ensured
	refused  bool // answered or announced as rejected
	doubtful bool // a refusal of this or another wish of the launch was announced
	broken   map[simRule]bool
	hurt     bool // it was broken once
}

// simLaunch is one launch and the state of its ends.
type simLaunch struct {
	name      string
	wishes    []*wish
	ending    map[string]bool // by group: some function got an end of it
	ended     map[string]bool // by group: an end of it was answered
	announced map[string]int  // by type and group: how many events name it
}

// over reports whether the wish need not be open any more.
func (w *wish) over(now time.Time) bool {
	return w.launch.ending[w.group] || w.expired(now)
}

func (w *wish) expired(now time.Time) bool { return !w.expires.IsZero() && !now.Before(w.expires) }

// must reports whether the wish must be open at rest.
func (w *wish) must(now time.Time) bool {
	return w.accepted && !w.refused && !w.doubtful && !w.over(now)
}

// may reports whether the wish may be open at rest. A wish without an answer that is not
// repeated may be open or closed.
func (w *wish) may(now time.Time) bool {
	return w.sent && !w.bad && !w.refused && !w.launch.ended[w.group] && !w.expired(now)
}

// payload returns the wish's event.
func (w *wish) payload() []byte {
	detail := map[string]any{"detailType": events.LaunchRequested, "launch": w.launch.name, "group": w.group}
	detail["rules"] = w.eventRules()
	if !w.expires.IsZero() {
		detail["expiresAt"] = w.expires.UTC().Format(time.RFC3339)
	}
	return marshal(detail)
}

// eventRules returns the wish's rules in the form of the event. Rules of one peer beyond the
// small world become one rule with many ports.
func (w *wish) eventRules() (rules []rule) {
	type kind struct {
		egress         bool
		protocol, peer string
	}
	at := make(map[kind]int)
	for _, r := range w.rules {
		way := "from"
		if r.egress {
			way = "to"
		}
		k := kind{r.egress, r.protocol, r.peer}
		if i, known := at[k]; known && r.far() {
			rules[i]["ports"] = append(rules[i]["ports"].([]string), portText(r))
			continue
		}
		if r.far() {
			at[k] = len(rules)
		}
		next := rule{"protocol": r.protocol, "ports": []string{portText(r)}, way: []string{r.peer}}
		if w.described {
			next["description"] = strings.Repeat("d", 255)
		}
		rules = append(rules, next)
	}
	return rules
}

// brief returns the rules in the form of the trace.
func brief(rules []simRule) string {
	const most = 4
	if len(rules) <= most {
		return fmt.Sprint(rules)
	}
	return fmt.Sprintf("%v and %d more", rules[:most], len(rules)-most)
}

func portText(r simRule) string {
	text, err := json.Marshal(r.first)
	if err == nil && r.last != r.first {
		text = append(append(text, '-'), marshal(r.last)...)
	}
	return string(text)
}

// message is one event in delivery.
type message struct {
	launch *simLaunch
	wish   *wish  // nil: it is an end
	group  string // of an end: "" for all
	direct bool   // it is not repeated

	tries      int
	answered   bool
	answeredAt time.Time
}

// about returns the group of a message; "": all groups of its launch.
func (m *message) about() string {
	if m.wish != nil {
		return m.wish.group
	}
	return m.group
}

// meets reports whether an outcome could belong to either message.
func (m *message) meets(o *message) bool {
	return m.launch == o.launch && (m.about() == o.about() || m.about() == "" || o.about() == "")
}

// means reports whether an outcome belongs to the message.
func (m *message) means(o simOutcome) bool {
	return m.launch.name == o.Launch && (m.about() == o.Group || m.about() == "" || o.Group == "")
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
