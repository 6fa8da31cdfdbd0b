package eventbus_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/aws/eventbus"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func TestPublish(t *testing.T) {
	b := newBench(t, 0)
	ensured := events.PortsEnsured{Launches: []string{"llama"}, Group: events.Group{ID: "sg-0123456789abcdef0"},
		Ticket: 7}
	if err := b.Publish(t.Context(), ensured); err != nil {
		t.Fatal(err)
	}
	want := []fakeaws.Entry{{
		Source: "sgkeeper", DetailType: "Ports Ensured", EventBusName: busName,
		Detail: `{"group":"sg-0123456789abcdef0","launches":["llama"],"authorized":[],"revoked":[],"covered":[],"ticket":7}`,
	}}
	if diff := cmp.Diff(want, b.taken); diff != "" {
		t.Errorf("the bus took (-want +got):\n%s", diff)
	}
}

func TestPutLaunch(t *testing.T) {
	b := newBench(t, 0)
	if err := b.Put(t.Context(), "sgkeeper.cli", events.End{Launch: claim.Launch{Name: "llama"}}); err != nil {
		t.Fatal(err)
	}
	want := []fakeaws.Entry{{Source: "sgkeeper.cli", DetailType: "Launch Ended", EventBusName: busName,
		Detail: `{"launch":"llama"}`}}
	if diff := cmp.Diff(want, b.taken); diff != "" {
		t.Errorf("the bus took (-want +got):\n%s", diff)
	}
}

func TestPublishChunks(t *testing.T) {
	for n, want := range map[int][]int{0: nil, 1: {1}, 10: {10}, 11: {10, 1}, 25: {10, 10, 5}} {
		b := newBench(t, 0)
		if err := b.Publish(t.Context(), notes(n)...); err != nil {
			t.Fatal(err)
		}
		if !cmp.Equal(b.sent, want) || len(b.taken) != n {
			t.Errorf("%d events in requests of %v, want %v; %d were taken", n, b.sent, want, len(b.taken))
		}
	}
}

func TestPublishTooLarge(t *testing.T) {
	b := newBench(t, 0)
	err := b.Publish(t.Context(), note(strings.Repeat("x", 1<<20)), note("after"))
	if code(err) != "ValidationException" || !cmp.Equal(b.sent, []int{1, 1}) ||
		!cmp.Equal(b.details(), []string{note("after").detail()}) {
		t.Errorf("Publish of more than 1 MB: %v, in requests of %v, of which the bus took %v", err, b.sent, b.details())
	}
}

func code(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return ""
}

func TestPublishSendsAgainWhatFailed(t *testing.T) {
	b := newBench(t, 0)
	b.fails[note("1").detail()], b.fails[note("3").detail()] = "a", "ab"
	if err := b.Publish(t.Context(), notes(5)...); err != nil {
		t.Fatal(err)
	}
	want := []string{note("0").detail(), note("2").detail(), note("4").detail(), note("1").detail(), note("3").detail()}
	if !cmp.Equal(b.sent, []int{5, 2, 1}) || !cmp.Equal(b.details(), want) {
		t.Errorf("requests of %v entries took %v", b.sent, b.details())
	}
}

func TestPublishGivesUp(t *testing.T) {
	b := newBench(t, 0)
	b.fails[note("1").detail()], b.fails[note("12").detail()] = "abcdef", "abcdef"
	err := b.Publish(t.Context(), notes(13)...)
	if code(err) != "InternalFailure" || strings.Count(err.Error(),
		`put "Note" on sgkeeper: api error InternalFailure: fault c`) != 2 {
		t.Errorf("Publish: %v; want both events named, with their last errors", err)
	}
	if !cmp.Equal(b.sent, []int{10, 1, 1, 3, 1, 1}) || len(b.taken) != 11 {
		t.Errorf("requests of %v entries took %d", b.sent, len(b.taken))
	}
}

func TestPublishBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, time.Second)
		b.fails[note("0").detail()] = "abcdef"
		start := time.Now()
		if err := b.Publish(t.Context(), note("0")); err == nil {
			t.Error("Publish succeeded")
		}
		if got := time.Since(start); got != 2*time.Second {
			t.Errorf("three attempts took %s, want the two backoffs of the client", got)
		}
	})
}

func TestPublishCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, time.Hour)
		b.fails[note("0").detail()] = "a"
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := b.Publish(ctx, note("0"))
		if !errors.Is(err, context.DeadlineExceeded) && !strings.Contains(fmt.Sprint(err), "canceled") ||
			code(err) != "InternalFailure" {
			t.Errorf("Publish: %v; want the deadline, and the failure before it", err)
		}
	})
}

func TestPublishReplyLost(t *testing.T) {
	for _, applied := range []bool{true, false} {
		b := newBench(t, 0)
		b.account.ResetCalls()
		b.account.Inject(func(op fakeaws.Op) (bool, error) {
			if op.Nth == 1 {
				return applied, &fakeaws.Error{Code: "InternalException", Status: 500}
			}
			return true, nil
		})
		if err := b.Publish(t.Context(), note("0")); err != nil {
			t.Errorf("Publish: %v; want the SDK's retry to succeed", err)
		}
		if want := map[bool]int{true: 2, false: 1}[applied]; len(b.taken) != want {
			t.Errorf("the bus took %d, want %d: at least once", len(b.taken), want)
		}
	}
}

func TestPublishDenied(t *testing.T) {
	b := newBench(t, 0)
	b.account.Deny("events:PutEvents")
	err := b.Publish(t.Context(), notes(11)...)
	if code(err) != "AccessDeniedException" || !strings.Contains(err.Error(), "put events on sgkeeper") ||
		!cmp.Equal(b.sent, []int{10, 1}) {
		t.Errorf("Publish: %v, in requests of %v", err, b.sent)
	}
}

// TestDeliver: the bus refuses one event for ever. The answer tells which, and the others are sent once.
func TestDeliver(t *testing.T) {
	b := newBench(t, 0)
	b.fails[note("7").detail()] = "xxxxxxxxx"
	errs := b.Deliver(t.Context(), notes(12)...)
	for i, err := range errs {
		if (err != nil) != (i == 7) {
			t.Errorf("event %d: %v", i, err)
		}
	}
	if len(errs) != 12 || len(b.taken) != 11 {
		t.Errorf("%d answers, %d events taken", len(errs), len(b.taken))
	}
}

type unwritable struct{}

func (unwritable) DetailType() string           { return "Unwritable" }
func (unwritable) MarshalJSON() ([]byte, error) { return nil, io.ErrNoProgress }

func TestPublishUnwritable(t *testing.T) {
	b := newBench(t, 0)
	err := b.Publish(t.Context(), note("0"), unwritable{})
	if !errors.Is(err, io.ErrNoProgress) || len(b.sent) != 0 {
		t.Errorf("Publish: %v, in requests of %v; want nothing sent", err, b.sent)
	}
}

// answering is an HTTP client that always gives the same answer.
type answering string

func (a answering) Do(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(a)))}, nil
}

func TestPublishAnswers(t *testing.T) {
	rows := []struct{ name, answer, want string }{
		{"taken", `{"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}`, ""},
		{"nothing said", `{"FailedEntryCount": 0, "Entries": []}`, "answered for 0 of 1"},
		{"no id", `{"FailedEntryCount": 0, "Entries": [{}]}`, `put "Note"`},
		{"id and error", `{"FailedEntryCount": 1, "Entries": [{"EventId": "1", "ErrorCode": "Odd"}]}`, "Odd"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			err := eventbus.New(newClient(answering(row.answer), 0), busName).Publish(t.Context(), note("0"))
			if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
				t.Errorf("Publish: %v, want %q", err, row.want)
			}
		})
	}
}
