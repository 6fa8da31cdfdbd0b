package eventbridge_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/eventbridge"
)

func TestPutEventsEnvelope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup()
		f.rule(t, "default", "all", `{"source": ["demo"]}`, target("q", "jobs"))
		e := entry("demo", "Launch Requested", `{ "from": "<any>",
			"n": 1.0 }`)
		time.Sleep(1500 * time.Millisecond)
		plain := f.put(t, e).Entries[0].EventId
		e.Time = aws.Time(time.Date(2026, 5, 1, 12, 0, 0, 999e6, time.FixedZone("", 7200)))
		e.Resources = []string{"arn:a", "arn:b"}
		e.EventBusName = aws.String("arn:aws:events:eu-central-1:123456789012:event-bus/default")
		full := f.put(t, e).Entries[0].EventId
		want := []string{
			`{"version":"0","id":"` + *plain +
				`","detail-type":"Launch Requested","source":"demo","account":"123456789012",` +
				`"time":"2000-01-01T00:00:01Z","region":"eu-central-1","resources":[],"detail":{"from":"<any>","n":1.0}}`,
			`{"version":"0","id":"` + *full +
				`","detail-type":"Launch Requested","source":"demo","account":"123456789012",` +
				`"time":"2026-05-01T10:00:00Z","region":"eu-central-1","resources":["arn:a","arn:b"],"detail":{"from":"<any>","n":1.0}}`,
		}
		if diff := cmp.Diff(want, f.sent["jobs"]); diff != "" {
			t.Errorf("sent (-want +got):\n%s", diff)
		}
	})
}

func TestPutEventsFailedEntries(t *testing.T) {
	f := setup()
	f.rule(t, "default", "all", `{"detail-type": [{"exists": true}]}`, target("q", "jobs"))
	f.service.FailEntries(func(e eventbridge.Entry) *api.Error {
		if e.Source == "unlucky" {
			return &api.Error{Code: "ThrottlingException", Message: "Rate exceeded"}
		}
		return nil
	})
	out := f.put(t,
		entry("", "t", `{}`), entry("s", "", `{}`), entry("s", "t", ""),
		entry("s", "t", "text"), entry("s", "t", "[]"), entry("s", "t", "null"), entry("s", "t", `{"a":`),
		entry("aws.ec2", "t", `{}`), entry("unlucky", "t", `{}`), entry("s", "t", `{}`),
	)
	want := []string{
		"InvalidArgument: Parameter Source is not valid. Reason: Source is a required argument.",
		"InvalidArgument: Parameter DetailType is not valid. Reason: DetailType is a required argument.",
		"InvalidArgument: Parameter Detail is not valid. Reason: Detail is a required argument.",
		"MalformedDetail: Detail is malformed.",
		"MalformedDetail: Detail is malformed.",
		"MalformedDetail: Detail is malformed.",
		"MalformedDetail: Detail is malformed.",
		"NotAuthorizedForSourceException: Not authorized for the source.",
		"ThrottlingException: Rate exceeded",
		"ok",
	}
	var got []string
	for _, r := range out.Entries {
		switch {
		case r.EventId != nil && r.ErrorCode == nil:
			got = append(got, "ok")
		case r.EventId == nil:
			got = append(got, aws.ToString(r.ErrorCode)+": "+aws.ToString(r.ErrorMessage))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if out.FailedEntryCount != 9 || len(f.sent["jobs"]) != 1 {
		t.Errorf("FailedEntryCount %d, %d delivered; want 9 and 1", out.FailedEntryCount, len(f.sent["jobs"]))
	}
}

func TestPutEventsRefused(t *testing.T) {
	f := setup()
	put := func(entries ...types.PutEventsRequestEntry) error {
		_, err := f.PutEvents(t.Context(), &client.PutEventsInput{Entries: entries})
		return err
	}
	e := entry("s", "t", `{}`)
	wantCode(t, put([]types.PutEventsRequestEntry{}...), "ValidationException", "greater than or equal to 1")
	wantCode(t, put(e, e, e, e, e, e, e, e, e, e, e), "ValidationException", "less than or equal to 10")
	const overLimit = "Total size of the entries in the request is over the limit."
	wantCode(t, put(sized(256<<10)), "ValidationException", overLimit)
	wantCode(t, put(sized(128<<10), sized(128<<10)), "ValidationException", overLimit)
	if err := put(sized(128<<10), sized(128<<10-1)); err != nil {
		t.Errorf("just under 256 KB: %v, want it taken", err)
	}
	if n := len(f.sent); n != 0 {
		t.Errorf("%d queues got an event, want none", n)
	}
	e.TraceHeader = aws.String("Root=1")
	wantCode(t, put(e), "ValidationException", `"TraceHeader"`)
	foreign := entry("s", "t", `{}`)
	foreign.EventBusName = aws.String("arn:aws:events:eu-central-1:999999999999:event-bus/default")
	wantCode(t, put(foreign), "AccessDeniedException", "999999999999")
}

func TestPutEventsRoutes(t *testing.T) {
	f := setup()
	if _, err := f.CreateEventBus(t.Context(), &client.CreateEventBusInput{Name: aws.String("launches")}); err != nil {
		t.Fatal(err)
	}
	f.rule(t, "launches", "opened", `{"detail-type": ["Launch Requested"]}`, target("a", "jobs"), target("b", "copy"))
	f.rule(t, "launches", "any", `{"source": [{"prefix": ""}]}`, target("a", "all"))
	f.rule(t, "default", "any", `{"source": [{"prefix": ""}]}`, target("a", "default"))
	f.disable(t, "launches", "off", target("a", "off"))
	on := func(bus, detailType string) types.PutEventsRequestEntry {
		e := entry("s", detailType, `{}`)
		e.EventBusName = &bus
		return e
	}
	out := f.put(t, on("launches", "Launch Requested"), on("launches", "Launch Ended"), on("absent", "Launch Ended"))
	if out.FailedEntryCount != 0 || out.Entries[2].EventId == nil {
		t.Errorf("a bus that does not exist: %+v, want an id", out.Entries[2])
	}
	got := make(map[string]int)
	for queue, events := range f.sent {
		got[queue] = len(events)
	}
	if diff := cmp.Diff(map[string]int{"jobs": 1, "copy": 1, "all": 2}, got); diff != "" {
		t.Errorf("delivered (-want +got):\n%s", diff)
	}
}

// disable puts a disabled rule that matches every event.
func (f fixture) disable(t *testing.T, bus, name string, targets ...types.Target) {
	t.Helper()
	pattern := `{"source": [{"exists": true}]}`
	f.rule(t, bus, name, pattern, targets...)
	in := &client.PutRuleInput{Name: &name, EventBusName: &bus, EventPattern: &pattern, State: types.RuleStateDisabled}
	if _, err := f.PutRule(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

func TestDeadLetterQueueOfTarget(t *testing.T) {
	f := setup()
	kept, lost := target("a", "broken"), target("b", "broken")
	kept.DeadLetterConfig = &types.DeadLetterConfig{Arn: aws.String(queues + "dead")}
	f.rule(t, "default", "r", `{"source": ["s"]}`, kept, lost)
	out := f.put(t, entry("s", "t", `{}`))
	if out.FailedEntryCount != 0 || len(f.sent["dead"]) != 1 {
		t.Errorf("%d failed, %d dead letters; want 0 and 1", out.FailedEntryCount, len(f.sent["dead"]))
	}
}

func TestEmit(t *testing.T) {
	f := setup()
	f.rule(t, "default", "r", `{"source": ["aws.ec2"], "detail": {"state": ["running"]}}`, target("a", "jobs"))
	e := eventbridge.Entry{Source: "aws.ec2", DetailType: "EC2 Instance State-change Notification",
		Detail: `{"state":"running"}`}
	if id, err := f.service.Emit(e); err != nil || len(f.sent["jobs"]) != 1 ||
		!strings.Contains(f.sent["jobs"][0], id) {
		t.Errorf("Emit = %q, %v; sent %q", id, err, f.sent["jobs"])
	}
	e.Detail = "{"
	if _, err := f.service.Emit(e); err == nil {
		t.Error("Emit took a detail that is no JSON")
	}
}

func sized(bytes int) types.PutEventsRequestEntry {
	const rest = len("s" + "t" + `{"a":""}`)
	return entry("s", "t", `{"a":"`+strings.Repeat("x", bytes-rest)+`"}`)
}

// TestPutEventsOption has an account that accepts 1 MB, as newer pages of AWS say.
func TestPutEventsOption(t *testing.T) {
	f := setup()
	f.service = eventbridge.New(account, region, 1<<20, func(string, string) error { return nil })
	f.Client = connect(f.service)
	f.put(t, sized(1<<20-1))
	_, err := f.PutEvents(t.Context(), &client.PutEventsInput{Entries: []types.PutEventsRequestEntry{sized(1 << 20)}})
	wantCode(t, err, "ValidationException", "Total size")
}
