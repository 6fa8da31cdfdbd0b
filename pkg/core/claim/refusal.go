package claim

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sgkeeper/sgkeeper/pkg/core/phrase"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Refusal is the record of one event that was refused before it became a request.
// For example, the guardrails refuse port 22 from everywhere.
//
// A request that the quota or EC2 refuses has no Refusal: the [Request] itself is
// kept, with the status [Refused].
type Refusal struct {
	Launch    Launch   // its name is "" if the event has no readable one
	Group     GroupRef // as in the event; its ID is "" if it is unknown
	Publisher string   // the account that the event's envelope names, or <account>:<publisher>
	Origin    Origin   // of the event
	Purpose   Purpose
	Event     string    // the id of the envelope, or else of the message or of the invocation
	Sent      time.Time // when the event was sent, by the clock of the bus or queue; At if that is not known
	At        time.Time // when it was refused, by the function's clock
	End       bool      // the event asks to end the launch
	Rules     []secgroup.Rule
	More      int    // rules of the event that are not in Rules
	Digest    string // of the request, as Request.Digest; "" if the event holds no request
	Reasons   Faults // at least one
}

// The bounds of a Refusal. Its item in the table stays below 6 KiB.
const (
	MaxReasons     = 20      // reasons
	MaxReasonBytes = 2 << 10 // bytes of their fields and problems
	maxProblem     = 1 << 10 // bytes of one problem
	maxField       = 200     // bytes of one field
	maxRefused     = 12      // rules
	maxEvent       = 80      // bytes of an event's id
	maxPurpose     = 512     // bytes of the reason in the request
	maxNamed       = 128     // bytes of its requester, of its ticket, and of each part of its origin
)

// Bounded returns the refusal with its parts cut to their bounds and its times to
// the millisecond. Bounded of a bounded refusal is the same refusal.
func (r Refusal) Bounded() Refusal {
	if over := len(r.Rules) - maxRefused; over > 0 {
		r.Rules, r.More = r.Rules[:maxRefused:maxRefused], r.More+over
	}
	r.Event = cut(r.Event, maxEvent)
	r.Reasons = BoundReasons(r.Reasons)
	r.Purpose.Reason = cut(r.Purpose.Reason, maxPurpose)
	for _, part := range []*string{
		&r.Purpose.Requester, &r.Purpose.Ticket,
		&r.Origin.Source, &r.Origin.DetailType, &r.Origin.Event, &r.Origin.Message, &r.Origin.Sender,
	} {
		*part = cut(*part, maxNamed)
	}
	r.Sent, r.At = r.Sent.Truncate(time.Millisecond), r.At.Truncate(time.Millisecond)
	return r
}

// Compare orders refusals by their time, then by the time of their events, and then by event
// id.
func (r Refusal) Compare(s Refusal) int {
	return cmp.Or(r.At.Compare(s.At), r.Sent.Compare(s.Sent), cmp.Compare(r.Event, s.Event))
}

// BoundReasons returns at most MaxReasons reasons of at most MaxReasonBytes. Each
// reason appears once. If some do not fit, the last one says how many, such as "and
// 398 more".
func BoundReasons(reasons Faults) Faults {
	distinct := distinctReasons(reasons)
	if len(distinct) <= MaxReasons && sizeOf(distinct) <= MaxReasonBytes {
		return distinct
	}
	for n := min(len(distinct), MaxReasons) - 1; ; n-- {
		more := Fault{Problem: phrase.More(len(distinct) - n)}
		if sizeOf(distinct[:n])+len(more.Problem) <= MaxReasonBytes {
			return append(distinct[:n:n], more)
		}
	}
}

// distinctReasons returns each reason once, cut to its bounds, in order.
func distinctReasons(reasons Faults) (distinct Faults) {
	seen := make(map[Fault]bool)
	for _, reason := range reasons {
		reason = Fault{Field: cut(reason.Field, maxField), Problem: cut(reason.Problem, maxProblem)}
		if !seen[reason] {
			seen[reason] = true
			distinct = append(distinct, reason)
		}
	}
	return distinct
}

func sizeOf(reasons Faults) (n int) {
	for _, reason := range reasons {
		n += len(reason.Field) + len(reason.Problem)
	}
	return n
}

// cut returns at most n bytes of a text, as valid UTF-8. Three dots end a text that
// is cut.
func cut(s string, n int) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= n {
		return s
	}
	end := n - len("...")
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "..."
}

// RefusalsInOrder returns the refusals in the order of [Refusal.Compare].
func RefusalsInOrder(refusals []Refusal) []Refusal {
	return slices.SortedStableFunc(slices.Values(refusals), Refusal.Compare)
}
