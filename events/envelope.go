package events

import (
	"slices"
	"strconv"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/awsid"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// records reads an SQS batch. Each record becomes a message, even an unreadable one.
func (d Decoder) records(v value) []Message {
	records, _ := v.get("Records")
	messages := make([]Message, len(records.list))
	for i, r := range records.list {
		messages[i] = d.record(r)
		messages[i].MessageID = r.word("messageId")
		messages[i].Origin.Message = eventID(messages[i].MessageID)
		messages[i].Sent = sentAt(r)
	}
	return messages
}

// sentAt returns the time at which SQS accepted a message, or the zero time if the record
// lacks it.
func sentAt(record value) time.Time {
	attributes, _ := record.get("attributes")
	ms, err := strconv.ParseInt(attributes.word("SentTimestamp"), 10, 64)
	if err != nil || ms < 0 || ms > latestMillis {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// latestMillis is the end of the year 9999, in milliseconds since the Unix epoch.
const latestMillis = 253402300799999

func (d Decoder) record(r value) Message {
	fromEventBridge := slices.Contains(d.EventQueues, r.word("eventSourceARN"))
	if fromEventBridge && !d.Delivered && !d.TrustEnvelope {
		m := d.newMessage()
		m.Undelivered = true
		return m
	}
	body, faults := bodyOf(r)
	if faults != nil {
		return d.refuse(faults)
	}
	m := d.body(body, inRecord, fromEventBridge || d.TrustEnvelope)
	if d.Delivered && !fromEventBridge {
		m.Origin.Sender = sender(r)
	}
	return m
}

// bodyOf returns the text of an SQS record.
func bodyOf(r value) (string, claim.Faults) {
	body, found := r.get("body")
	switch repeated, twice := firstRepeated(r); {
	case twice:
		return "", eventFault("the record's key %s is repeated: want it once", quote(repeated))
	case !found || body.kind != text:
		return "", eventFault("the record's body is %s: want text", body)
	}
	return body.text, nil
}

// notification reads an SNS notification. EventBridge did not put it into the queue itself, so
// its envelope is not trusted.
func (d Decoder) notification(v value) Message {
	message, _ := v.get("Message")
	switch repeated, twice := firstRepeated(v); {
	case twice:
		return d.refuse(eventFault("the notification's key %s is repeated: want it once", quote(repeated)))
	case message.kind != text:
		return d.refuse(eventFault("the notification's Message is %s: want text", message))
	}
	return d.body(message.text, inNotification, d.TrustEnvelope)
}

// event reads an EventBridge envelope, to which AWS may add keys. If it is trusted, its
// account, source and Region count. If lenient is true, they may be absent.
func (m *Message) event(v value, trusted, lenient bool) {
	m.Origin.Event = eventID(v.word("id"))
	m.Time, _ = instant(v.word("time"))
	if repeated, twice := firstRepeated(v); twice {
		m.refuse("the envelope's key %s is repeated: want it once", quote(repeated))
	}
	var remarks []claim.Fault
	if trusted {
		m.Launch.Account = m.trustedKey(v, "account", lenient, secgroup.IsAccount, wantAccount, m.Launch.Account)
		m.Group.Account = m.Launch.Account
		m.Origin.Account = m.Launch.Account
		m.Origin.Source = m.trustedKey(v, "source", lenient, isSource, wantSource, "")
		m.Group.Region = m.trustedKey(v, "region", lenient, awsid.IsRegion, wantRegion, m.Group.Region)
	} else {
		remarks = m.untrustedAccount(v)
	}
	detail, _ := v.get("detail")
	detailType, _ := v.get("detail-type")
	source, _ := v.get("source")
	switch {
	case detailType.kind == text && detailType.text == InstanceChanged:
		m.instance(source, detail)
	case detailType.kind == text:
		m.read(detailType.text, detail, false)
	default:
		m.refuse("the detail-type is %s: want %q or %q", detailType, LaunchRequested, LaunchEnded)
	}
	if m.Request != nil {
		m.Request.Remarks = append(remarks, m.Request.Remarks...)
	}
}

// trustedKey reads a key of a trusted envelope. instead is the value of an absent key.
func (m *Message) trustedKey(v value, key string, lenient bool, valid func(string) bool, want, instead string) string {
	found, present := v.get(key)
	switch {
	case found.kind == text && valid(found.text):
		return found.text
	case !present && !lenient:
		m.refuse("the envelope has no %s: want %s", key, want)
	case present:
		m.refuse("the envelope's %s is %s: want %s, as text", key, found, want)
	}
	return instead
}

// untrustedAccount returns a remark if the envelope names another account than the message counts
// as.
func (m *Message) untrustedAccount(v value) []claim.Fault {
	claimed := v.word("account")
	if claimed == "" || claimed == m.Launch.Account {
		return nil
	}
	return eventFault("the envelope's account %s is trusted only in a message of EventBridge's queue: "+
		"taken as the function's own, %s",
		quote(claimed), m.Launch.Account)
}

func (m *Message) refuse(format string, args ...any) {
	m.Faults = append(m.Faults, eventFault(format, args...)...)
}

// bare reads a detail with its own detailType.
func (m *Message) bare(v value) {
	detailType, _ := v.get("detailType")
	if detailType.kind != text {
		m.Faults = claim.Faults{{Field: "/detailType", Problem: "found " + detailType.String() + ": want " +
			names([]string{LaunchRequested, LaunchEnded})}}
		return
	}
	m.read(detailType.text, v, true)
}

func (m *Message) sweep(v value) {
	var d detail
	d.keys(v, "", []string{"sgkeeper"})
	if m.Faults = d.all(); m.Faults == nil {
		m.Sweep = &Sweep{}
	}
}

// eventID returns the envelope's id if it is safe to log, else "".
func eventID(id string) string {
	if !isWord(id) {
		return ""
	}
	return id
}

// firstRepeated returns a key that the envelope repeats, if any.
func firstRepeated(v value) (key string, twice bool) {
	seen := map[string]bool{}
	for _, m := range v.members {
		if seen[m.key] {
			return m.key, true
		}
		seen[m.key] = true
	}
	return "", false
}
