package events

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

func TestMixedBatch(t *testing.T) {
	huge := `{"launch":"` + strings.Repeat("a", 1<<20) + `"}`
	records := []string{
		recordOf("good", eventQueue, envelopeOf(LaunchRequested, peered(`["self"]`))),
		recordOf("garbage", eventQueue, "\x00\x01"),
		recordOf("empty", eventQueue, ""),
		recordOf("deep", eventQueue, strings.Repeat("[", 10_000)),
		recordOf("huge", eventQueue, huge),
		recordOf("refused", eventQueue, envelopeOf(LaunchRequested, peered(`[]`))),
		`{"messageId":"no body","eventSource":"aws:sqs"}`,
		`{"messageId":"body is no text","eventSource":"aws:sqs","body":{"sgkeeper":"sweep"}}`,
		`{"eventSource":"aws:sqs","body":"{\"sgkeeper\":\"sweep\"}"}`,
		recordOf("end", otherQueue, notificationOf(bareOf(LaunchEnded, `{"launch":"a"}`))),
		recordOf("sweep", otherQueue, `{"sgkeeper":"sweep"}`),
	}
	b, err := own.Decode([]byte(batchOf(records...)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range b.Messages {
		got = append(got, fmt.Sprintf("%s: request %v end %v sweep %v faults %d",
			m.MessageID, m.Request != nil, m.End != nil, m.Sweep != nil, len(m.Faults)))
	}
	for i, line := range []string{
		"good: request true end false sweep false faults 0",
		"garbage: request false end false sweep false faults 1",
		"empty: request false end false sweep false faults 1",
		"deep: request false end false sweep false faults 1",
		"huge: request false end false sweep false faults 1",
		"refused: request false end false sweep false faults 1",
		"no body: request false end false sweep false faults 1",
		"body is no text: request false end false sweep false faults 1",
		": request false end false sweep false faults 1",
		"end: request false end true sweep false faults 0",
		"sweep: request false end false sweep false faults 1",
	} {
		if got[i] != line {
			t.Errorf("record %d = %q, want %q", i, got[i], line)
		}
	}
}

// TestLargeBatch: Lambda delivers up to 6 MB of messages, each of up to 1 MiB.
func TestLargeBatch(t *testing.T) {
	body := bareOf(LaunchEnded, `{"launch":"a"`+strings.Repeat(" ", 1<<20-60)+`}`)
	b, err := own.Decode([]byte(batchOf(recordOf("1", otherQueue, body), recordOf("2", otherQueue, body),
		recordOf("3", otherQueue, body))))
	if err != nil || len(b.Messages) != 3 {
		t.Fatalf("Decode = %d messages, %v; want 3", len(b.Messages), err)
	}
	for _, m := range b.Messages {
		if m.End == nil {
			t.Errorf("message %s refused: %v", m.MessageID, m.Faults)
		}
	}
}

func TestAccountIsTrustedOnlyFromTheEventQueue(t *testing.T) {
	const theirs, deadQueue = "999988887777", eventQueue + "-dead"
	ownWithDeadLetters := Decoder{
		Account: ownAccount, Region: ownRegion, EventQueues: []string{eventQueue, deadQueue}, Delivered: true,
	}
	event := strings.Replace(envelopeFrom(theirs, LaunchRequested, peered(`["self"]`)), "us-east-1", "eu-west-1", 1)
	for _, row := range []struct {
		name            string
		decoder         Decoder
		payload         string
		account, region string
	}{
		{"event queue", own, batchOf(recordOf("m", eventQueue, event)), theirs, "eu-west-1"},
		{"dead letters of the event queue", ownWithDeadLetters, batchOf(recordOf("m", deadQueue, event)), theirs,
			"eu-west-1"},
		{"event queue, beside its dead letters", ownWithDeadLetters, batchOf(recordOf("m", eventQueue, event)), theirs,
			"eu-west-1"},
		{"dead letters that are not the event queue's", own, batchOf(recordOf("m", deadQueue, event)), ownAccount,
			ownRegion},
		{"other queue", own, batchOf(recordOf("m", otherQueue, event)), ownAccount, ownRegion},
		{"direct", own, event, ownAccount, ownRegion},
		{"SNS", own, notificationOf(event), ownAccount, ownRegion},
		{"SNS on the event queue", own, batchOf(recordOf("m", eventQueue, notificationOf(event))), ownAccount,
			ownRegion},
		{"no event queue", Decoder{Account: ownAccount, Region: ownRegion}, batchOf(recordOf("m", "", event)),
			ownAccount, ownRegion},
		{"trusted", Decoder{Account: ownAccount, Region: ownRegion, TrustEnvelope: true}, event, theirs, "eu-west-1"},
	} {
		m := decodeOne(t, row.decoder, row.payload)
		if m.Request == nil {
			t.Errorf("%s: refused: %v", row.name, m.Faults)
			continue
		}
		if r := m.Request; r.Launch.Account != row.account || r.Group.Account != row.account ||
			r.Group.Region != row.region {
			t.Errorf("%s: %+v, want account %s in %s", row.name, r, row.account, row.region)
		}
		if remarked := len(m.Request.Remarks) > 0; remarked != (row.account == ownAccount) {
			t.Errorf("%s: remarks %v", row.name, m.Request.Remarks)
		}
	}
}

// TestUndeliveredRecordsAreNotRead has a caller of the function name the event queue and its
// dead letters.
func TestUndeliveredRecordsAreNotRead(t *testing.T) {
	const deadQueue = eventQueue + "-dead"
	called := Decoder{Account: ownAccount, Region: ownRegion, EventQueues: []string{eventQueue, deadQueue}}
	event := envelopeFrom("999988887777", LaunchRequested, peered(`["self"]`))
	for _, queue := range []string{eventQueue, deadQueue} {
		m := decodeOne(t, called, batchOf(recordOf("m", queue, event)))
		if !m.Undelivered || m.Request != nil || m.Faults != nil || m.MessageID != "m" ||
			m.Launch.Account != ownAccount {
			t.Errorf("%s: %+v, want a message that was not read", queue, m)
		}
	}
	if m := decodeOne(t, called, batchOf(recordOf("m", otherQueue, event))); m.Undelivered || m.Request == nil {
		t.Errorf("another queue: %+v, want a request of the function's own account", m)
	}
}

func TestEnvelope(t *testing.T) {
	m := decodeOne(t, own, batchOf(recordOf("m1", eventQueue, envelopeOf(LaunchEnded, `{"launch":"a"}`))))
	if m.MessageID != "m1" || m.Origin.Event != "7bf73129-1428-4cd3-a780-95db273d1602" ||
		!m.Time.Equal(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("envelope read as %+v", m)
	}
	m = decodeOne(t, own,
		`{"detail-type":"Launch Ended","detail":{"launch":"a"},"id":"a\nb","time":"now","new":{"from":["AWS"]}}`)
	if m.End == nil || m.Origin.Event != "" || !m.Time.IsZero() {
		t.Errorf("odd envelope read as %+v", m)
	}
}

func TestTrustedEnvelopeMustBeComplete(t *testing.T) {
	for name, row := range map[string]struct{ envelope, says string }{
		"account of 11 digits": {strings.Replace(envelopeOf(LaunchEnded, `{"launch":"a b"}`), ownAccount, "11112222333",
			1), "12 digits"},
		"account as a number": {strings.Replace(envelopeOf(LaunchEnded, `{"launch":"a b"}`), `"`+ownAccount+`"`,
			ownAccount, 1), "as text"},
		"no account": {strings.Replace(envelopeOf(LaunchEnded, `{"launch":"a b"}`), `"account"`, `"acount"`, 1),
			"no account"},
		"odd region": {strings.Replace(envelopeOf(LaunchEnded, `{"launch":"a b"}`), `"us-east-1"`, `"here"`, 1),
			"region"},
	} {
		m := decodeOne(t, own, batchOf(recordOf("m1", eventQueue, row.envelope)))
		checkFaults(t, name, m.Faults, []want{{"", row.says}, {"/launch", `"a b"`}})
		if m.Launch.Account != ownAccount {
			t.Errorf("%s: account %q, want the function's own", name, m.Launch.Account)
		}
	}
}

// TestRefusedEventIsAnswerable: a refused event keeps its readable parts, so that it can be
// answered.
func TestRefusedEventIsAnswerable(t *testing.T) {
	for _, w := range wrappings {
		m := decodeOne(t, own, w.wrap(LaunchRequested, `{"launch":"a","group":{"id":"`+groupID+
			`","x":1},"rules":[{}],"y":2}`))
		if m.Request != nil || m.Launch != (claim.Launch{Account: ownAccount, Name: "a"}) ||
			m.Group != (Group{ID: groupID, Account: ownAccount, Region: ownRegion}) {
			t.Errorf("%s: %+v, want launch and group", w.name, m)
		}
	}
}

// TestFaultsAreBounded: an answer fits into an event, for any request.
func TestFaultsAreBounded(t *testing.T) {
	var keys strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&keys, `,"\u0000k%d":0`, i)
	}
	for name, detail := range map[string]string{
		"keys":  `{"launch":"a"` + keys.String() + `}`,
		"ports": ported(`"ports":"` + strings.Repeat(",", 100_000) + `"`),
		"names": `{"launch":"` + strings.Repeat("\u0085", 100_000) + `"}`,
	} {
		m := decodeOne(t, own, bareOf(LaunchRequested, detail))
		answer := LaunchRejected{m.Launch.Name, m.Group, m.Faults}
		b, err := answer.MarshalJSON()
		if err != nil || len(b) > 1<<20 || len(m.Faults) == 0 {
			t.Errorf("%s: %d faults in %d bytes, %v", name, len(m.Faults), len(b), err)
		}
	}
}

// TestSentTimestamp checks the time at which SQS accepted a message. A redelivery has the same
// time.
func TestSentTimestamp(t *testing.T) {
	sent := time.Date(2026, 11, 23, 9, 0, 0, 250e6, time.UTC)
	for attributes, want := range map[string]time.Time{
		`{"SentTimestamp":"1795424400250","ApproximateReceiveCount":"3"}`: sent,
		`{"SentTimestamp":1795424400250}`:                                 {},
		`{"SentTimestamp":"soon"}`:                                        {},
		`{"SentTimestamp":"-1"}`:                                          {},
		`{"SentTimestamp":"99999999999999999"}`:                           {},
		`{}`:                                                              {},
		`null`:                                                            {},
	} {
		record := `{"messageId":"m1","body":"no event","attributes":` + attributes + `,"eventSource":"aws:sqs"}`
		if got := decodeOne(t, own, batchOf(record)).Sent; !got.Equal(want) {
			t.Errorf("attributes %s: sent at %s, want %s", attributes, got, want)
		}
	}
}
