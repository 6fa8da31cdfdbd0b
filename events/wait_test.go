package events

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// TestWait: a wait names one detail, and the event that published it.
func TestWait(t *testing.T) {
	m := decodeOne(t, own, `{"sgkeeper":"wait","request":{"launch":"a","group":"`+groupID+
		`","rules":[{"ports":8000,"from":["self"]}]},
		"event":"e-1","source":"job","account":"999988887777","publisher":"team-a","seconds":0}`)
	w := m.Wait
	if m.Faults != nil || w == nil || w.Request == nil || w.End != nil || w.Event != "e-1" || w.Publisher != "team-a" ||
		w.Hold != 0 {
		t.Fatalf("wait %+v, faults %v", w, m.Faults)
	}
	if want := (claim.Launch{Account: "999988887777", Name: "a"}); m.Launch != want || w.Launch() != want {
		t.Errorf("launch %v and %v, want %v", m.Launch, w.Launch(), want)
	}
	if want := (claim.Origin{Account: "999988887777", Source: "job"}); m.Origin != want {
		t.Errorf("origin %+v, want %+v", m.Origin, want)
	}
	if want := (Group{ID: groupID, Account: "999988887777", Region: ownRegion}); m.Group != want ||
		w.Request.Group != want {
		t.Errorf("group %+v and %+v, want %+v", m.Group, w.Request.Group, want)
	}
	if len(w.Request.Rules) != 1 {
		t.Errorf("rules %v", w.Request.Rules)
	}
}

// TestWaitDefaults: by default, a wait is for every live request of a launch of the function's
// account.
func TestWaitDefaults(t *testing.T) {
	m := decodeOne(t, own, `{"sgkeeper":"wait","request":{"launch":"a"}}`)
	want := Wait{Request: &Request{
		Launch: claim.Launch{Account: ownAccount, Name: "a"}, Group: Group{Account: ownAccount, Region: ownRegion},
	}, Hold: 5 * time.Second}
	if m.Faults != nil || m.Wait == nil {
		t.Fatalf("wait %+v, faults %v", m.Wait, m.Faults)
	}
	if diff := cmp.Diff(want, *m.Wait); diff != "" {
		t.Errorf("wait (-want +got):\n%s", diff)
	}
	m = decodeOne(t, own, `{"sgkeeper":"wait","end":{"launch":"a"}}`)
	if m.Faults != nil || m.Wait == nil || m.Wait.End == nil || m.Wait.End.Group != nil || m.End != nil {
		t.Errorf("wait for an end %+v, faults %v", m.Wait, m.Faults)
	}
}

// TestWaitOnlyDirect: queues, topics and files bring no waits.
func TestWaitOnlyDirect(t *testing.T) {
	const wait = `{"sgkeeper":"wait","end":{"launch":"a"}}`
	for _, payload := range []string{
		notificationOf(wait),
		batchOf(recordOf("m1", eventQueue, wait)),
		batchOf(recordOf("m1", otherQueue, wait)),
		batchOf(recordOf("m1", otherQueue, notificationOf(wait))),
	} {
		if m := decodeOne(t, own, payload); m.Wait != nil || len(m.Faults) != 1 {
			t.Errorf("Decode(%s) = %+v, want it refused", payload, m)
		}
	}
	messages, err := own.DecodeFile([]byte(wait))
	if err != nil || len(messages) != 1 || messages[0].Wait != nil || len(messages[0].Faults) != 1 {
		t.Errorf("DecodeFile = %+v, %v, want it refused", messages, err)
	}
}

// TestWaitRefused: a fault names its field within the payload. The wait is set even then.
func TestWaitRefused(t *testing.T) {
	for payload, wants := range map[string][]want{
		`{"sgkeeper":"wait"}`: {{"/request", "absent"}},
		`{"sgkeeper":"wait","request":{"launch":"a"},"end":{"launch":"a"}}`: {{"/end", "both a request and an end"}},
		`{"sgkeeper":"wait","request":[]}`:                                  {{"/request", "a list"}},
		`{"sgkeeper":"wait","end":null}`:                                    {{"/end", "null"}},
		`{"sgkeeper":"wait","request":{"launch":"a","group":"` + groupID +
			`","rules":[{"ports":70000,"from":["self"]}]}}`: {
			{"/request/rules/0/ports", "65535"}},
		`{"sgkeeper":"wait","request":{"launch":"a","rules":[]}}`: {{"/request/group", "absent"},
			{"/request/rules", "an empty list"}},
		`{"sgkeeper":"wait","request":{"launch":"a","Group":"x","launch":"a"}}`: {
			{"/request/Group", `"group": case matters`}, {"/request/launch", "repeated"}},
		`{"sgkeeper":"wait","end":{"launch":"a","rules":[]}}`: {{"/end/rules", "unknown key"}},
		`{"sgkeeper":"wait","end":{"group":{"name":"web"}}}`: {{"/end/launch", "absent"},
			{"/end/group/vpc", "absent"}},
		`{"sgkeeper":"wait","end":{"launch":"a"},"second":5}`:              {{"/second", `"seconds"`}},
		`{"sgkeeper":"wait","end":{"launch":"a"},"seconds":5,"seconds":5}`: {{"/seconds", "repeated"}},
		`{"sgkeeper":"wait","end":{"launch":"a"},"seconds":-1}`:            {{"/seconds", "0 to 15"}},
		`{"sgkeeper":"wait","end":{"launch":"a"},"seconds":1.5}`:           {{"/seconds", "0 to 15"}},
		`{"sgkeeper":"wait","end":{"launch":"a"},"seconds":9999999}`:       {{"/seconds", "0 to 15"}},
		`{"sgkeeper":"wait","end":{"launch":"a"},"event":"a/b","account":"1234"}`: {{"/account", "12 digits"},
			{"/event", "EventId"}},
		`{"sgkeeper":"wait","end":{"launch":"a"},"source":7,"publisher":"a:b"}`: {{"/source", "as text"},
			{"/publisher", "publisher"}},
	} {
		m := decodeOne(t, own, payload)
		checkFaults(t, payload, m.Faults, wants)
		if m.Wait == nil || m.Request != nil || m.End != nil {
			t.Errorf("%s = %+v, want a wait", payload, m)
		}
	}
}

// TestMutatedWaitsAgainstSchema: schema and decoder agree on random waits.
func TestMutatedWaitsAgainstSchema(t *testing.T) {
	schema := schemas(t)["wait.json"]
	rapid.Check(t, func(t *rapid.T) {
		var wait any = rightWait(t)
		for range rapid.IntRange(0, 3).Draw(t, "mutations") {
			wait = mutate(t, wait)
		}
		object, ok := wait.(obj)
		if !ok || object["sgkeeper"] != "wait" {
			t.Skip("not a wait")
		}
		b, err := json.Marshal(wait)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		batch, err := own.Decode(b)
		if err != nil {
			t.Skip("of two shapes") // resembles an event, too
		}
		judgeAlike(t, string(b), schema.Validate(doc), batch.Messages[0].Faults)
	})
}

// rightWait generates a valid wait.
func rightWait(t *rapid.T) obj {
	w := obj{"sgkeeper": "wait"}
	switch rapid.IntRange(0, 2).Draw(t, "for") {
	case 0:
		w["request"] = rightDetail().Draw(t, "detail")
	case 1:
		w["request"] = obj{"launch": "a"}
	case 2:
		w["end"] = obj{"launch": "a", "group": groupID}
	}
	for _, more := range []struct {
		key    string
		values []any
	}{
		{"event", []any{"7bf73129-1428-4cd3-a780-95db273d1602"}},
		{"source", []any{"job", "a b"}},
		{"account", []any{ownAccount}},
		{"publisher", []any{"team-a"}},
		{"seconds", []any{0, 5, json.Number("15.0")}},
	} {
		if rapid.Bool().Draw(t, more.key) {
			w[more.key] = oneOf(t, more.key+" value", more.values...)
		}
	}
	return w
}
