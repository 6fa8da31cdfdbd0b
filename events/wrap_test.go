package events

import (
	"encoding/json"
	"fmt"
	"testing"
)

const (
	ownAccount = "111122223333"
	ownRegion  = "us-east-1"
	eventQueue = "arn:aws:sqs:us-east-1:111122223333:sgkeeper-events"
	otherQueue = "arn:aws:sqs:us-east-1:111122223333:sgkeeper-commands"
	groupID    = "sg-0123456789abcdef0"
)

var own = Decoder{Account: ownAccount, Region: ownRegion, EventQueues: []string{eventQueue}, Delivered: true}

// wrapping is a way in which an event reaches the function.
type wrapping struct {
	name string
	kind Kind
	wrap func(detailType, detail string) string
}

var wrappings = []wrapping{
	{"direct", Direct, bareOf},
	{"EventBridge", EventBridge, envelopeOf},
	{"SNS of a bare detail", SNS, func(t, d string) string { return notificationOf(bareOf(t, d)) }},
	{"SNS of an event", SNS, func(t, d string) string { return notificationOf(envelopeOf(t, d)) }},
	{"SQS of a bare detail", SQS, func(t, d string) string {
		return batchOf(recordOf("m1", otherQueue,
			bareOf(t, d)))
	}},
	{"SQS of an event", SQS, func(t, d string) string { return batchOf(recordOf("m1", eventQueue, envelopeOf(t, d))) }},
	{"SQS of SNS of a bare detail", SQS, func(t, d string) string {
		return batchOf(recordOf("m1", otherQueue, notificationOf(bareOf(t, d))))
	}},
	{"SQS of SNS of an event", SQS, func(t, d string) string {
		return batchOf(recordOf("m1", otherQueue, notificationOf(envelopeOf(t, d))))
	}},
}

// bareOf puts detailType first. The detail is JSON text that may repeat keys.
func bareOf(detailType, detail string) string {
	if len(detail) == len("{}") {
		return fmt.Sprintf(`{"detailType":%q}`, detailType)
	}
	return fmt.Sprintf(`{"detailType":%q,%s`, detailType, detail[1:])
}

func envelopeOf(detailType, detail string) string {
	return envelopeFrom(ownAccount, detailType, detail)
}

func envelopeFrom(account, detailType, detail string) string {
	return fmt.Sprintf(`{"version":"0","id":"7bf73129-1428-4cd3-a780-95db273d1602","detail-type":%q,"source":"launcher",`+
		`"account":%q,"time":"2026-11-23T00:00:00Z","region":"us-east-1","resources":[],"detail":%s}`, detailType, account, detail)
}

func notificationOf(message string) string {
	return fmt.Sprintf(`{"Type":"Notification","MessageId":"n1","TopicArn":"arn:aws:sns:us-east-1:111122223333:launches","Message":%s}`, jsonText(message))
}

func recordOf(id, queue, body string) string {
	return fmt.Sprintf(`{"messageId":%q,"receiptHandle":"AQEB","body":%s,"attributes":{"ApproximateReceiveCount":"1"},`+
		`"messageAttributes":{},"eventSource":"aws:sqs","eventSourceARN":%q,"awsRegion":"us-east-1"}`, id, jsonText(body), queue)
}

func batchOf(records ...string) string {
	all := ""
	for i, r := range records {
		if i > 0 {
			all += ","
		}
		all += r
	}
	return `{"Records":[` + all + `]}`
}

func jsonText(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func decodeOne(t testing.TB, d Decoder, payload string) Message {
	t.Helper()
	b, err := d.Decode([]byte(payload))
	if err != nil {
		t.Fatalf("Decode(%.300s): %v", payload, err)
	}
	if len(b.Messages) != 1 {
		t.Fatalf("Decode(%.300s) holds %d messages, want 1", payload, len(b.Messages))
	}
	return b.Messages[0]
}

// ruled returns the detail of a request with these rules, as JSON.
func ruled(rules string) string {
	return fmt.Sprintf(`{"launch":"a","group":%q,"rules":%s}`, groupID, rules)
}

// ported returns the detail of a request with one rule: these members, and a fixed from.
func ported(members string) string { return ruled(`[{"from":["10.0.0.0/8"],` + members + `}]`) }

// peered returns the detail of a request with one rule and this from.
func peered(from string) string { return ruled(`[{"ports":22,"from":` + from + `}]`) }
