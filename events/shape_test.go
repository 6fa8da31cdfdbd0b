package events

import (
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

func TestShapes(t *testing.T) {
	for _, w := range wrappings {
		b, err := own.Decode([]byte(w.wrap(LaunchEnded, `{"launch":"a"}`)))
		if err != nil || b.Kind != w.kind || len(b.Messages) != 1 || b.Messages[0].End == nil {
			t.Errorf("%s: %+v, %v; want one end, kind %s", w.name, b, err, w.kind)
		}
	}
	if m := decodeOne(t, own, `{"sgkeeper":"sweep"}`); m.Sweep == nil {
		t.Errorf("a direct invocation = %+v, want a sweep", m)
	}
	for _, payload := range []string{ // of publishers; the schedule requests sweeps
		notificationOf(`{"sgkeeper":"sweep"}`),
		batchOf(recordOf("m1", eventQueue, `{"sgkeeper":"sweep"}`)),
		batchOf(recordOf("m1", otherQueue, `{"sgkeeper":"sweep"}`)),
		batchOf(recordOf("m1", otherQueue, notificationOf(`{"sgkeeper":"sweep"}`))),
	} {
		if m := decodeOne(t, own, payload); m.Sweep != nil || len(m.Faults) != 1 {
			t.Errorf("Decode(%s) = %+v, want it refused", payload, m)
		}
	}
}

func TestEmptyBatch(t *testing.T) {
	b, err := own.Decode([]byte(`{"Records":[]}`))
	if err != nil || b.Kind != SQS || len(b.Messages) != 0 {
		t.Errorf("Decode of no records = %+v, %v; want no messages", b, err)
	}
}

var shapeless = []struct{ name, payload, says string }{
	{"empty", ``, "empty"},
	{"blank", " \n", "empty"},
	{"no JSON", `hello`, "invalid character"},
	{"cut", `{"detailType":"Launch Ended"`, "too soon"},
	{"two values", `{"sgkeeper":"sweep"}{}`, "after its end"},
	{"comma at the end", `{"sgkeeper":"sweep",}`, "invalid character"},
	{"not UTF-8", "{\"sgkeeper\":\"\xff\"}", "UTF-8"},
	{"null", `null`, "null"},
	{"list", `[{"sgkeeper":"sweep"}]`, "a list"},
	{"text", `"sweep"`, `"sweep"`},
	{"empty object", `{}`, "an object"},
	{"detail without type", `{"launch":"a","group":"g"}`, `"launch", "group"`},
	{"detail-type without detail", `{"detail-type":"Launch Ended"}`, `"detail-type" with "detail"`},
	{"command unknown", `{"sgkeeper":"swep"}`, `{"sgkeeper": "sweep"}`},
	{"records of S3", `{"Records":[{"eventSource":"aws:s3"}]}`, "aws:sqs"},
	{"records of SQS and S3", `{"Records":[{"eventSource":"aws:sqs"},{"eventSource":"aws:s3"}]}`, "aws:sqs"},
	{"records that are none", `{"Records":{}}`, "aws:sqs"},
	{"two lists of records", `{"Records":[],"Records":[{"eventSource":"aws:sqs","body":"{}"}]}`,
		`"Records" is repeated`},
	{"SNS confirmation", `{"Type":"SubscriptionConfirmation","TopicArn":"t","Message":"m"}`, "no known shape"},
	{"event and detail",
		`{"detail-type":"Launch Ended","detail":{"launch":"a"},"detailType":"Launch Ended","launch":"b"}`,
		"more than one"},
	{"event and sweep", `{"detail-type":"Launch Ended","detail":{"launch":"a"},"sgkeeper":"sweep"}`, "more than one"},
	{"event and batch", `{"detail-type":"Launch Ended","detail":{"launch":"a"},"Records":[]}`, "more than one"},
	{"notification and event", `{"Type":"Notification","TopicArn":"t","Message":"{}","detail-type":"x","detail":{}}`,
		"more than one"},
	{"deep", strings.Repeat("[", 5000), "deeper"},
	{"deep in a detail", bareOf(LaunchEnded, `{"launch":`+strings.Repeat(`{"a":`, 5000)+`1`+strings.Repeat("}", 5000)+
		`}`), "deeper"},
	{"many values", `{"sgkeeper":[` + strings.Repeat("1,", 1<<18) + `1]}`, "values"},
	{"just over 1 MiB", bareOf(LaunchEnded, `{"launch":"`+strings.Repeat("a", 1<<20)+`"}`), "1048576"},
	{"over 6 MiB", strings.Repeat(" ", 6<<20+1), "6291456"},
}

func TestNoShape(t *testing.T) {
	for _, row := range shapeless {
		b, err := own.Decode([]byte(row.payload))
		faults, ok := err.(claim.Faults)
		if !ok || len(b.Messages) > 0 {
			t.Errorf("%s: %+v, %v; want faults", row.name, b, err)
			continue
		}
		checkFaults(t, row.name, faults, []want{{"", row.says}})
	}
}

// TestNoShapeInside: in a queue or a topic, a payload without a shape is a refused message.
func TestNoShapeInside(t *testing.T) {
	for _, row := range shapeless {
		if len(row.payload) > 64<<10 || row.name == "not UTF-8" {
			continue // slow to wrap, or not possible as JSON text
		}
		for _, payload := range []string{
			notificationOf(row.payload),
			batchOf(recordOf("m1", otherQueue, row.payload)),
			batchOf(recordOf("m1", eventQueue, row.payload)),
		} {
			m := decodeOne(t, own, payload)
			if len(m.Faults) != 1 || m.Launch.Account != ownAccount || m.Group.Region != ownRegion {
				t.Errorf("%s inside: %+v, want one fault", row.name, m)
			}
		}
	}
}

func TestOneLevelOfWrapping(t *testing.T) {
	batch := batchOf(recordOf("m1", otherQueue, `{"sgkeeper":"sweep"}`))
	for name, payload := range map[string]string{
		"SNS in SNS": notificationOf(notificationOf(`{"sgkeeper":"sweep"}`)),
		"SQS in SNS": notificationOf(batch),
		"SQS in SQS": batchOf(recordOf("m1", otherQueue, batch)),
	} {
		m := decodeOne(t, own, payload)
		checkFaults(t, name, m.Faults, []want{{"", "which is not read here"}})
	}
}

func TestDetailRefused(t *testing.T) {
	for detail, says := range map[string]string{
		`null`:             "null",
		`[]`:               "a list",
		`"{\"launch\":1}"`: "the text",
	} {
		m := decodeOne(t, own, envelopeOf(LaunchRequested, detail))
		checkFaults(t, detail, m.Faults, []want{{"", says}})
	}
}

func TestUnknownDetailType(t *testing.T) {
	for _, w := range wrappings {
		for _, detailType := range []string{"Launch requested", "", "EC2 Instance Rebalance Recommendation"} {
			m := decodeOne(t, own, w.wrap(detailType, `{"launch":"a","group":"`+groupID+`","state":"running"}`))
			checkFaults(t, w.name, m.Faults, []want{{"", `want "Launch Requested" or "Launch Ended"`}})
			if m.Launch.Name != "a" || m.Group.ID != groupID {
				t.Errorf("%s: launch %v, group %v; want them read", w.name, m.Launch, m.Group)
			}
		}
	}
	m := decodeOne(t, own, `{"detailType":null,"launch":"a"}`)
	checkFaults(t, "null", m.Faults, []want{{"/detailType", "null"}})
	m = decodeOne(t, own, `{"detail-type":7,"detail":{"launch":"a"}}`)
	checkFaults(t, "number", m.Faults, []want{{"", "the number 7"}})
}

func TestDetailTypeStandsOnce(t *testing.T) {
	m := decodeOne(t, own, envelopeOf(LaunchEnded, `{"launch":"a","detailType":"Launch Ended"}`))
	checkFaults(t, "in an envelope", m.Faults, []want{{"/detailType", "unknown key"}})
	m = decodeOne(t, own, `{"detailType":"Launch Ended","launch":"a","detailType":"Launch Ended"}`)
	checkFaults(t, "twice", m.Faults, []want{{"/detailType", "repeated"}})
	m = decodeOne(t, own, `{"sgkeeper":"sweep","group":"`+groupID+`"}`)
	checkFaults(t, "sweep", m.Faults, []want{{"/group", "unknown key"}})
}

func TestRepeatedEnvelopeKey(t *testing.T) {
	for name, payload := range map[string]string{
		"event": strings.Replace(envelopeOf(LaunchEnded, `{"launch":"a"}`), `{`,
			`{"account":"999988887777",`, 1),
		"notification": strings.Replace(notificationOf(`{"sgkeeper":"sweep"}`), `{`, `{"Message":"{}",`, 1),
		"record": batchOf(strings.Replace(recordOf("m1", eventQueue, `{"sgkeeper":"sweep"}`), `{`,
			`{"body":"{}",`, 1)),
	} {
		m := decodeOne(t, own, payload)
		checkFaults(t, name, m.Faults, []want{{"", "repeated"}})
	}
}
