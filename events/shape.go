package events

import (
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// shape is one of the forms of a payload. Its keys identify it.
type shape uint8

const (
	sqsBatch shape = 1 << iota
	snsNotification
	eventBridgeEvent
	bareDetail
	sweepCommand
	waitCommand
)

// shapes is a set of shapes.
type shapes = shape

const (
	inNotification = eventBridgeEvent | bareDetail // sweeps and waits invoke the function
	inRecord       = inNotification | snsNotification
	anyShape       = inRecord | sqsBatch | sweepCommand | waitCommand
	fileShapes     = eventBridgeEvent | bareDetail
)

// signatures are the keys of each shape, in the order of the contract.
var signatures = []struct {
	shape   shape
	matches func(value) bool
	name    string
}{
	{sqsBatch, isSQSBatch, `an SQS batch ("Records", all of aws:sqs)`},
	{snsNotification, isNotification, `an SNS notification ("Type": "Notification" with "TopicArn" and "Message")`},
	{eventBridgeEvent, isEvent, `an EventBridge event ("detail-type" with "detail")`},
	{bareDetail, isBareDetail, `a bare detail with "detailType"`},
	{sweepCommand, isSweep, `{"sgkeeper": "sweep"}`},
	{waitCommand, isWait, `{"sgkeeper": "wait"}`},
}

func isSQSBatch(v value) bool {
	records, found := v.get("Records")
	for _, r := range records.list {
		found = found && r.word("eventSource") == "aws:sqs"
	}
	return found && records.kind == list
}

func isNotification(v value) bool {
	return v.word("Type") == "Notification" && has(v, "TopicArn") && has(v, "Message")
}

func isEvent(v value) bool      { return has(v, "detail-type") && has(v, "detail") }
func isBareDetail(v value) bool { return has(v, "detailType") }
func isSweep(v value) bool      { return v.word("sgkeeper") == "sweep" }
func isWait(v value) bool       { return v.word("sgkeeper") == "wait" }

func has(v value, key string) bool {
	_, found := v.get(key)
	return found
}

// resembles reports whether v has a key that marks a shape. If so, v is not a detail without a
// type.
func resembles(v value) bool {
	for _, key := range []string{"Records", "TopicArn", "detail-type", "detail", "detailType", "sgkeeper"} {
		if has(v, key) {
			return true
		}
	}
	return false
}

// shapeOf returns the shape of v among the allowed ones. It refuses a payload of two shapes,
// even if only one is allowed, because two readers could read it differently.
func shapeOf(v value, allowed shapes) (shape, claim.Faults) {
	var found shape
	var matching []string
	for _, s := range signatures {
		if s.matches(v) {
			found = s.shape
			matching = append(matching, s.name)
		}
	}
	repeated, twice := firstRepeated(v)
	switch {
	case twice && found == sqsBatch:
		return 0, eventFault("the batch's key %s is repeated: want it once", quote(repeated))
	case len(matching) > 1:
		return 0, eventFault("more than one reading is possible: %s: want keys of only one",
			strings.Join(matching, " and "))
	case found == 0:
		return 0, eventFault("found %s, which has no known shape: want %s", outline(v), allowed)
	case found&allowed == 0:
		return 0, eventFault("found %s, which is not read here: want %s", matching[0], allowed)
	}
	return found, nil
}

// outline describes v and, for an object, its keys.
func outline(v value) string {
	if len(v.members) == 0 {
		return v.String()
	}
	var keys []string
	for _, m := range v.members[:min(len(v.members), 8)] {
		keys = append(keys, quote(m.key))
	}
	return "an object with the keys " + strings.Join(keys, ", ")
}

// String names the shapes, for a fault.
func (s shape) String() string {
	var parts []string
	for _, signature := range signatures {
		if s&signature.shape != 0 {
			parts = append(parts, signature.name)
		}
	}
	return strings.Join(parts, ", or ")
}

func (s shape) kind() Kind {
	switch s {
	case sqsBatch:
		return SQS
	case snsNotification:
		return SNS
	case eventBridgeEvent:
		return EventBridge
	}
	return Direct
}
