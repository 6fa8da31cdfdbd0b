package events

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Wait asks for the outcome of a request, or of an end. The function holds the call until it
// knows the outcome, and writes nothing.
type Wait struct {
	// Request is the detail of a Launch Requested; nil: the wait is for an end. Without Rules,
	// it means every live request of the launch on the group. Without a group, too, it means
	// every live request in all groups.
	Request *Request
	End     *End
	// Event is the id of the published event: PutEvents's EventId, or SendMessage's MessageId.
	// Then only the refusal of that event counts. "": any refusal of the same rules counts.
	Event     string
	Source    string        // of the event on the bus; "": it has none
	Publisher string        // the launch's namespace; "": the guardrails find it by account and source
	Hold      time.Duration // maximum time until the answer, 0 to [MaxHold], in whole seconds
}

// Bounds of the time for which the function holds a call. The stack's function ends after 20
// seconds.
const (
	MaxHold     = 15 * time.Second
	DefaultHold = 5 * time.Second
)

// maxEventID bounds the id of an event, as the record of a refusal does. The ids of EventBridge
// and SQS are UUIDs of 36 characters.
const maxEventID = 80

const wantEventID = "the EventId of PutEvents, or the MessageId of SendMessage: 1 to 80 letters, digits and ._-"

var (
	waitKeys    = []string{"sgkeeper", "request", "end", "event", "source", "account", "publisher", "seconds"}
	waitSeconds = fmt.Sprintf("whole seconds from 0 to %.0f", MaxHold.Seconds())
)

// wantPublisher describes [claim.IsNamespace].
const wantPublisher = "the name of a publisher of the guardrails: at most 32 letters, digits and ._-, " +
	"a letter or digit first"

// Launch returns the launch of the request or the end.
func (w Wait) Launch() claim.Launch {
	switch {
	case w.Request != nil:
		return w.Request.Launch
	case w.End != nil:
		return w.End.Launch
	}
	return claim.Launch{}
}

// wait reads a wait. Faults have the pointer of their field within the payload, such as
// /request/rules/0/ports.
func (m *Message) wait(v value) {
	var d detail
	d.keys(v, "", waitKeys)
	w := Wait{Hold: DefaultHold}
	if found, ok := v.get("account"); ok {
		if account := d.match(found, "/account", secgroup.IsAccount, wantAccount); account != "" {
			m.Origin.Account, m.Launch.Account, m.Group.Account = account, account, account
		}
	}
	if found, ok := v.get("source"); ok {
		w.Source = d.match(found, "/source", isSource, wantSource)
	}
	if found, ok := v.get("publisher"); ok {
		w.Publisher = d.match(found, "/publisher", claim.IsNamespace, wantPublisher)
	}
	if found, ok := v.get("event"); ok {
		w.Event = d.match(found, "/event", isEventID, wantEventID)
	}
	if found, ok := v.get("seconds"); ok {
		w.Hold = d.seconds(found)
	}
	m.Origin.Source = w.Source
	m.waitFor(&d, &w, v)
	m.Wait, m.Faults = &w, d.all()
}

// waitFor reads the request or the end of a wait.
func (m *Message) waitFor(d *detail, w *Wait, v value) {
	request, isRequest := v.get("request")
	end, isEnd := v.get("end")
	d.from = place{m.Launch.Account, m.Group.Region}
	switch {
	case isRequest && isEnd:
		d.add("/end", `both a request and an end: want "request" or "end"`)
	case isRequest:
		d.within("/request", request, LaunchRequested, func() { m.waitRequest(d, w, request) })
	case isEnd:
		d.within("/end", end, LaunchEnded, func() {
			m.Launch.Name = d.launch(end)
			m.end(d, end)
			w.End, m.End = m.End, nil
		})
	default:
		d.add("/request", `absent, and so is "end": want one of them`)
	}
}

// within reads the detail of an event within a wait. Faults get the pointer of the detail.
func (d *detail) within(at pointer, v value, detailType string, read func()) {
	if v.kind != object {
		d.add(at, "found %s: want the detail of a %s", v, detailType)
		return
	}
	d.base = at
	d.keys(v, "", detailKeys[detailType])
	read()
	d.base = ""
}

// waitRequest reads the request of a wait, like one of an event. Its rules may be absent, and
// then its group, too.
func (m *Message) waitRequest(d *detail, w *Wait, v value) {
	m.Launch.Name = d.launch(v)
	r := Request{Launch: m.Launch}
	_, ruled := v.get("rules")
	m.Group = d.group(v, ruled)
	r.Group = m.Group
	if ruled {
		r.Rules, r.Parts = d.rules(v, r.Group)
	}
	r.ExpiresAt = d.expiry(v)
	r.Purpose = d.purpose(v)
	w.Request = &r
}

func (d *detail) seconds(v value) time.Duration {
	n, ok := v.integer()
	if !ok || n < 0 || time.Duration(n)*time.Second > MaxHold {
		d.add("/seconds", "found %s: want %s", v, waitSeconds)
	}
	return time.Duration(n) * time.Second
}

func isEventID(s string) bool {
	return s != "" && len(s) <= maxEventID && !strings.ContainsFunc(s, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("._-", c))
	})
}

// MarshalJSON writes the payload that a [Decoder] reads as w.
func (w Wait) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Command   string   `json:"sgkeeper"`
		Request   *Request `json:"request,omitempty"`
		End       *End     `json:"end,omitempty"`
		Event     string   `json:"event,omitempty"`
		Source    string   `json:"source,omitempty"`
		Account   string   `json:"account,omitempty"`
		Publisher string   `json:"publisher,omitempty"`
		Seconds   int      `json:"seconds"`
	}{"wait", w.Request, w.End, w.Event, w.Source, w.Launch().Account, w.Publisher, int(w.Hold / time.Second)})
}
