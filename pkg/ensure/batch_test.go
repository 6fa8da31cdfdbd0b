package ensure_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// sqs returns Lambda's event for a batch of messages m0, m1, ... of publishers.
func sqs(bodies ...[]byte) []byte {
	return sqsOf("arn:aws:sqs:us-east-1:111122223333:launches", bodies...)
}

// sqsOf returns Lambda's event for a batch of messages m0, m1, ... from a queue.
func sqsOf(queue string, bodies ...[]byte) []byte {
	records := make([]map[string]any, len(bodies))
	for i, body := range bodies {
		records[i] = map[string]any{
			"messageId":      fmt.Sprintf("m%d", i),
			"body":           string(body),
			"eventSource":    "aws:sqs",
			"eventSourceARN": queue,
		}
	}
	return marshal(map[string]any{"Records": records})
}

// failed invokes the function with a batch and returns the ids of the messages that failed.
func (r *rig) failed(ctx context.Context, batch []byte) []string {
	r.t.Helper()
	reply, err := r.handler.Invoke(byQueue(ctx), batch)
	if err != nil {
		r.t.Fatalf("a batch as a whole: %v", err)
	}
	var answer struct {
		BatchItemFailures []struct{ ItemIdentifier string }
	}
	if err := json.Unmarshal(reply, &answer); err != nil || answer.BatchItemFailures == nil {
		r.t.Fatalf("answer %s, %v: want batchItemFailures", reply, err)
	}
	ids := []string{}
	for _, f := range answer.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	return ids
}

const (
	groupB = "sg-0bbbbbbbbbbbbbbbb"
	groupC = "sg-0cccccccccccccccc"
)

// TestBatch sends ten messages for three groups: one malformed, one refused, one repeated, and
// one with a failed write. Only the last one fails.
func TestBatch(t *testing.T) {
	for _, applied := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fakeaws.Options{Latency: everyCall}, onBus)
			r.addGroup(groupB)
			r.addGroup(groupC)
			b := r.listen()
			r.account.Inject(func(op fakeaws.Op) (bool, error) {
				if nameOf(op) == "claim" && strings.Contains(string(op.Body), "unlucky") {
					return applied, errBroken
				}
				return true, nil
			})
			batch := sqs(
				launch("a", shared, 8000), launch("b", groupB, 8000), launch("c", groupC, 8000),
				[]byte(`{"detailType":"Launch Requested","launch":"malformed","group":"sg-1","rules":[]}`),
				launch("guarded", shared, 22),
				launch("a", shared, 8000), // repeated
				launch("unlucky", shared, 8002),
				launch("d", shared, 8004), launch("e", groupB, 8004), launch("f", groupC, 8004),
			)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			if got := r.failed(ctx, batch); !slices.Equal(got, []string{"m6"}) {
				t.Errorf("%v return to the queue, want m6 alone", got)
			}
			for _, group := range []string{shared, groupB, groupC} {
				if got := r.rules(group); !got.Contains(world(8000)) || !got.Contains(world(8004)) {
					t.Errorf("%s lacks a rule", group)
				}
			}
			if got := rejectedNames(b); !slices.Equal(got, []string{"guarded", "malformed"}) {
				t.Errorf("rejected: %v, want guarded and malformed", got)
			}
			if got := strings.Count(r.log.String(), `"message":"outcome"`); got != 9 {
				t.Errorf("%d outcome lines, want 9", got)
			}
			r.account.Inject(nil)
			if got := r.failed(ctx, sqs(launch("unlucky", shared, 8002))); len(got) != 0 {
				t.Errorf("%v return to the queue, want none", got)
			}
			r.has("tcp 8002 from 0.0.0.0/0")
		})
	}
}

// TestBatchRingsOnce: ten requests for a group cost ten claims, one ring, and one round.
func TestBatchRingsOnce(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	w := r.watch()
	if got := r.failed(t.Context(), sqs(numbered(10, distinct)...)); len(got) != 0 {
		t.Errorf("%v return to the queue, want none", got)
	}
	got := strings.Join(w.names(shared), " ")
	if want := strings.Repeat("claim ", 10) + "ring load describe authorize release"; got != want {
		t.Errorf("effects %s, want %s", got, want)
	}
}

// TestTooLittleTime invokes the function with too little time to serve its messages.
func TestTooLittleTime(t *testing.T) {
	for _, left := range []time.Duration{7 * time.Second, 3 * time.Second, 10 * time.Millisecond, 0, -time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fakeaws.Options{Latency: everyCall})
			w := r.watch()
			ctx, cancel := context.WithTimeout(t.Context(), left)
			defer cancel()
			if got := r.failed(ctx, sqs(launch("a", shared, 8000))); !slices.Equal(got, []string{"m0"}) {
				t.Errorf("%v left: %v return to the queue, want m0", left, got)
			}
			if names := w.names(shared); slices.Contains(names, "ring") || slices.Contains(names, "authorize") {
				t.Errorf("%v left: %v, want nothing that binds", left, names)
			}
			r.atRest(left.String())
			r.ensured(launch("a", shared, 8000))
			r.has("tcp 8000 from 0.0.0.0/0")
		})
	}
}

// TestTimeRunsOut makes AWS so slow that a holder cannot finish. It yields the lease, and its
// message returns to the queue.
func TestTimeRunsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := true
		r := newRig(t, fakeaws.Options{Latency: func(op fakeaws.Op) time.Duration {
			if slow && op.Service == "ec2" {
				return 14 * time.Second
			}
			return latency
		}})
		if _, err := r.invoke(launch("a", shared, 8000, 8002)); err != nil {
			t.Logf("no answer in time: %v", err)
		}
		slow = false
		r.ensured(launch("b", shared, 8004)) // at once: the lease was given up
		r.ensured(launch("a", shared, 8000, 8002))
		r.has("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0", "tcp 8004 from 0.0.0.0/0")
	})
}

// withTime returns the context of an invocation, as Lambda gives it.
func withTime(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// rejectedNames returns the launches of the Launch Rejected events published,
// each once, sorted.
func rejectedNames(b *bus) []string {
	b.t.Helper()
	var names []string
	for _, e := range taken[events.LaunchRejected](b) {
		names = append(names, e.Launch)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
