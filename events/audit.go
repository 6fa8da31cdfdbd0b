package events

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// Audit is the command to audit all groups, or the named ones.
type Audit struct {
	Groups []Group // none: every group
	// Continue is the id of an unfinished run to continue. "" begins a new run.
	Continue string
}

// AuditMessage is one message to the audit function. Exactly one of Audit and Changes is set,
// unless Ignored, Undelivered or Faults gives the reason.
type AuditMessage struct {
	MessageID string // the SQS message's id; "" elsewhere
	Again     bool   // SQS delivered the message before
	Audit     *Audit
	// Changes is the change of an event, or those of the events that the function postponed.
	Changes []Change
	// Ignored is the reason why the audit ignores a valid event: the event changed no group.
	Ignored string
	// Undelivered says that the event names a trusted queue, and that Lambda's event source
	// mapping did not deliver it: a caller may have written it. Nothing else is set.
	Undelivered bool
	Faults      claim.Faults
}

// AuditBatch is one payload to the audit function, as [Batch] is one to ensure.
type AuditBatch struct {
	Kind     Kind
	Messages []AuditMessage
}

// DecodeAudit reads a payload of the audit function: an SQS batch, an event of CloudTrail, or
// {"sgkeeper": "audit"}. An event can name any caller. So it counts only in a record of one of the
// EventQueues that Lambda took from there, or if the decoder trusts envelopes. A command counts
// from anywhere. DecodeAudit fails like [Decoder.Decode].
func (d Decoder) DecodeAudit(payload []byte) (AuditBatch, error) {
	if len(payload) > maxPayloadBytes {
		return AuditBatch{}, eventFault("the payload has %d bytes: want at most %d", len(payload), maxPayloadBytes)
	}
	v, err := parse(payload)
	if err != nil {
		return AuditBatch{}, eventFault("the payload cannot be read as JSON: %v", err)
	}
	if isSQSBatch(v) {
		return AuditBatch{SQS, d.auditRecords(v)}, nil
	}
	kind := Direct
	if isEvent(v) {
		kind = EventBridge
	}
	m := d.auditMessage(v, string(payload))
	if m.Changes != nil && !d.TrustEnvelope {
		m = AuditMessage{Faults: eventFault("found an event of CloudTrail outside of a queue: " +
			"want it in a queue of SGKEEPER_EVENT_QUEUE. " +
			"Let a rule of EventBridge send it there, and do not invoke the function with it")}
	}
	return AuditBatch{kind, []AuditMessage{m}}, nil
}

func (d Decoder) auditRecords(v value) []AuditMessage {
	records, _ := v.get("Records")
	messages := make([]AuditMessage, len(records.list))
	for i, r := range records.list {
		messages[i] = d.auditRecord(r)
		messages[i].MessageID = r.word("messageId")
		attributes, _ := r.get("attributes")
		received, err := strconv.Atoi(attributes.word("ApproximateReceiveCount"))
		messages[i].Again = err == nil && received > 1
	}
	return messages
}

func (d Decoder) auditRecord(r value) AuditMessage {
	body, faults := bodyOf(r)
	if faults != nil {
		return AuditMessage{Faults: faults}
	}
	v, faults := parseText(body)
	if faults != nil {
		return AuditMessage{Faults: faults}
	}
	m := d.auditMessage(v, body)
	queue := r.word("eventSourceARN")
	switch {
	case m.Changes == nil || d.TrustEnvelope:
		return m
	case !slices.Contains(d.EventQueues, queue):
		return AuditMessage{Faults: claim.Faults{{Field: "/eventSourceARN",
			Problem: "found an event of CloudTrail from " + quote(queue) +
				": want it from a queue of SGKEEPER_EVENT_QUEUE. Let a rule of EventBridge send it there, " +
				"or add the queue to that setting"}}}
	case !d.Delivered:
		return AuditMessage{Undelivered: true}
	}
	return m
}

// auditMessage reads a message. written is its text.
func (d Decoder) auditMessage(v value, written string) (m AuditMessage) {
	event, command := isEvent(v), v.word("sgkeeper") == "audit"
	switch {
	case event && command:
		m.Faults = eventFault(`more than one reading is possible: want an event, or {"sgkeeper": "audit"}`)
	case command:
		m.command(v, place{d.Account, d.Region})
	case event:
		m.event(v, written)
	default:
		m.Faults = eventFault("found %s, which has no known shape: want an SQS batch, "+
			`an event of CloudTrail ("detail-type": %q), or {"sgkeeper": "audit"}`, outline(v), CloudTrailType)
	}
	return m
}

// command reads {"sgkeeper": "audit"}.
func (m *AuditMessage) command(v value, from place) {
	d := detail{from: from}
	d.keys(v, "", []string{"sgkeeper", "groups", "continue", "events"})
	if postponed, found := v.get("events"); found {
		m.postponed(&d, v, postponed)
		return
	}
	a := &Audit{Groups: d.groups(v)}
	if run, found := v.get("continue"); found {
		a.Continue = d.match(run, "/continue", isRun, "the id of a run, as an audit has it")
		if len(a.Groups) > 0 {
			d.add("/groups", `found beside "continue": leave it out, because the run knows its groups`)
		}
	}
	if m.Faults = d.all(); m.Faults == nil {
		m.Audit = a
	}
}

// Postponed returns the message with which the audit function postpones events of CloudTrail, by
// their texts.
func Postponed(texts []string) (string, error) {
	body, err := json.Marshal(struct {
		Command string   `json:"sgkeeper"`
		Events  []string `json:"events"`
	}{"audit", texts})
	return string(body), err
}

// postponed reads the events of a message that the function sent to itself. Each is read as if it
// came alone.
func (m *AuditMessage) postponed(d *detail, v, events value) {
	for _, other := range []string{"groups", "continue"} {
		if has(v, other) {
			d.add(pointer("/"+other), `found beside "events": leave it out`)
		}
	}
	if events.kind != list || len(events.list) == 0 || len(events.list) > MaxTargets {
		d.add("/events", "found %s of %d: want a list of 1 to %d events, each as text", events, len(events.list),
			MaxTargets)
	}
	for i, e := range events.list {
		at := pointer("/events").index(i)
		inner, faults := parseText(e.text)
		if e.kind != text || faults != nil || !isEvent(inner) {
			d.add(at, "found %s: want an event of CloudTrail, as text", e)
			continue
		}
		var one AuditMessage
		one.event(inner, e.text)
		for _, f := range one.Faults {
			d.add(at, "%s", f.String())
		}
		m.Changes = append(m.Changes, one.Changes...)
	}
	if m.Faults = d.all(); m.Faults != nil {
		m.Changes = nil
	} else if len(m.Changes) == 0 {
		m.Ignored = "no event changes a group"
	}
}

// MaxTargets is the largest number of groups in one command.
const MaxTargets = 1000

// groups reads the groups to audit, each by its id.
func (d *detail) groups(v value) (groups []Group) {
	named, found := v.get("groups")
	switch {
	case !found:
		return nil
	case named.kind != list || len(named.list) == 0 || len(named.list) > MaxTargets:
		d.add("/groups", "found %s of %d: want a list of 1 to %d groups; leave it out to mean every group", named,
			len(named.list), MaxTargets)
		return nil
	}
	for i, v := range named.list {
		at := pointer("/groups").index(i)
		g := d.groupAt(v, at)
		if g.Name != "" {
			d.add(at, `found a name: want the group's id, or an object with "id"`)
		}
		groups = append(groups, g)
	}
	return groups
}

// isRun reports whether s can be the id of an audit. The id becomes part of a name in the
// store.
func isRun(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}
