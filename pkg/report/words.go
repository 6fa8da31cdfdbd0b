package report

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/phrase"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// ruleText returns a rule's text, with self for the group's own id. An invalid rule gives "".
func ruleText(r secgroup.Rule, in claim.Group) string {
	if !r.Peer.IsValid() {
		return ""
	}
	return r.Seen(in.ID).String()
}

func ruleTexts(rules []secgroup.Rule, in claim.Group) []string {
	texts := make([]string, len(rules))
	for i, r := range rules {
		texts[i] = ruleText(r, in)
	}
	return texts
}

// about returns the drift's rule, or its subject if it concerns no rule.
func about(d *drift.Drift) string { return cmp.Or(ruleText(d.Rule.Rule, d.Group), d.Subject) }

// sentence begins a text with a capital, unless it begins with a name or a rule.
func sentence(s string) string {
	s = console.Printable(s)
	first, _, _ := strings.Cut(s, " ")
	if s == "" || first == "sgkeeper" || first == "all" || strings.Trim(first, "abcdefghijklmnopqrstuvwxyz,") != "" {
		return s
	}
	if _, err := secgroup.ParseProtocol(first); err == nil {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// minute formats a time for people; the zero time gives "".
func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// stamp formats a time for programs; the zero time gives "".
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// count returns a number and its noun, for example "1 group" or "1,200 groups".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// number formats a number with commas.
func number(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// tally counts the drifts by severity: "2 critical, 1 low".
func tally(c drift.Counts) string {
	var parts []string
	for s := drift.Critical; s >= drift.Informational; s-- {
		if c[s] > 0 {
			parts = append(parts, number(c[s])+" "+s.String())
		}
	}
	return strings.Join(parts, ", ")
}

// requestText returns a launch's name, and in parentheses until when its request is live, and
// why: "llama4-7f3a (until 2026-12-01 00:00)".
func requestText(a drift.Request) string {
	until := "until " + minute(a.Until)
	switch {
	case a.Status != claim.Open:
		until = string(a.Status) + " " + minute(a.Until)
	case a.Until.IsZero():
		until = "until its end"
	}
	if why := whyText(a); why != "" {
		until += "; " + why
	}
	return fmt.Sprintf("%s (%s)", a.Launch.Name, until)
}

// whyText is who asked and why, in the publisher's words, such as "requester team-a,
// ticket OPS-1234, reason: inference demo".
func whyText(a drift.Request) string {
	var texts []string
	for _, part := range []struct{ name, text string }{
		{"requester ", a.Purpose.Requester}, {"ticket ", a.Purpose.Ticket}, {"reason: ", a.Purpose.Reason},
	} {
		if part.text != "" {
			texts = append(texts, part.name+limited(part.text, 512))
		}
	}
	return strings.Join(texts, ", ")
}

// purposesText lists the launches behind a drift that gave a purpose: "llama4-7f3a: requester
// team-a, ticket OPS-1234". It names a few of many.
func purposesText(d *drift.Drift) string {
	var texts []string
	for _, a := range d.Requests {
		if why := whyText(a); why != "" {
			texts = append(texts, limited(a.Launch.Name, 128)+": "+why)
		}
	}
	if more := len(texts) - maxPurposes; more > 0 {
		texts = append(texts[:maxPurposes], phrase.More(more))
	}
	return strings.Join(texts, "; ")
}

// maxPurposes is the number of launches that purposesText lists.
const maxPurposes = 5

// relationWords introduce a drift's launches, by the relation of their requests to its rule.
var relationWords = []struct {
	relation drift.Relation
	title    string // heads a list of launches
	prefix   string // precedes one launch
}{
	{drift.Itself, "Requested by", ""},
	{drift.Part, "Serves part for", "serves part for "},
	{drift.Overlap, "Serves with other rules", "serves with other rules "},
	{drift.Instead, "In place of the request of", "in place of the request of "},
}

// requestsText lists the launches behind a drift. A launch that did not request the drift's rule
// itself is preceded by its relation: "serves part for llama4-7f3a (until its end): tcp 8000
// from 0.0.0.0/0".
func requestsText(d *drift.Drift) string {
	var texts []string
	for _, words := range relationWords {
		for _, a := range d.Requests {
			switch {
			case a.Relation != words.relation:
			case a.Relation == drift.Itself:
				texts = append(texts, requestText(a))
			default:
				texts = append(texts, words.prefix+requestText(a)+": "+wantsText(a, d.Group))
			}
		}
	}
	return strings.Join(texts, "; ")
}

// wantsText lists the rules that a launch requested, unless that is the drift's rule itself.
func wantsText(a drift.Request, in claim.Group) string {
	text := strings.Join(ruleTexts(a.Wants, in), ", ")
	if a.More > 0 {
		text += " " + phrase.More(a.More)
	}
	return text
}

// changeText names the API call that changed the group, and its caller; "" if neither is
// known.
func changeText(c drift.Change) string {
	if c == (drift.Change{}) {
		return ""
	}
	text := limited(cmp.Or(c.Name, "a change"), 64) + " by " + limited(cmp.Or(c.Actor, "somebody unknown"), 256)
	if !c.At.IsZero() {
		text += " at " + minute(c.At)
	}
	if c.EventID != "" {
		text += ", event " + limited(c.EventID, 64)
	}
	return text
}

// limited cuts a text to at most so many characters.
func limited(s string, most int) string {
	if len(s) <= most { // a character has at least one byte
		return s
	}
	if text := []rune(s); len(text) > most {
		return string(text[:most-1]) + "…"
	}
	return s
}
