package ensure_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// latency is the approximate latency of a call to AWS within its Region.
const latency = 20 * time.Millisecond

func everyCall(fakeaws.Op) time.Duration { return latency }

// TestCallCounts counts the requests of a launch to EC2 and DynamoDB, SDK retries included.
func TestCallCounts(t *testing.T) {
	callCounts(t)
}

// TestCallCountsTraced: with traces on, a launch makes the same requests.
func TestCallCountsTraced(t *testing.T) {
	callCounts(t, tracing)
}

func callCounts(t *testing.T, configure ...func(*handler.Config)) {
	t.Helper()
	for _, path := range []struct {
		name          string
		prepare       []byte // launched before
		launches      [][]byte
		ec2, dynamodb int
		ensured       int // by its own function; the others are queued
	}{
		{"nothing missing", launch("a", shared, 8000), [][]byte{launch("b", shared, 8000)}, 1, 4, 1},
		{"uncontended open", nil, [][]byte{launch("a", shared, 8000, 8002, 8004)}, 2, 4, 1},
		{"repeat", launch("a", shared, 8000), [][]byte{launch("a", shared, 8000)}, 1, 2, 1},
		// Each launch claims and rings. The first to ring writes for all in one call. The
		// others rang after it, so it makes a second round before it releases. That is 2N
		// claims and rings, and a query, a describe and a release in each of two rounds.
		{"10 launches at once", nil, numbered(10, distinct), 3, 2*10 + 4, 1},
		{"200 launches at once", nil, numbered(200, same), 3, 2*200 + 4, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fakeaws.Options{Latency: everyCall}, configure...)
			if path.prepare != nil {
				r.ask(path.prepare)
				r.account.ResetCalls()
			}
			outcomes := r.storm(path.launches)
			calls := r.account.Calls()
			t.Logf("%-20s  EC2 %d  DynamoDB %d", path.name, calls.Of("ec2"), calls.Of("dynamodb"))
			if calls.Of("ec2") != path.ec2 || calls.Of("dynamodb") != path.dynamodb {
				t.Errorf("%s: EC2 %d, DynamoDB %d calls, want %d and %d:\n%v", path.name, calls.Of("ec2"),
					calls.Of("dynamodb"), path.ec2, path.dynamodb, calls)
			}
			if got := count(outcomes, events.Ensured); got != path.ensured {
				t.Errorf("%s: %d ensured, want %d", path.name, got, path.ensured)
			}
			if got := count(outcomes, events.Queued); got != len(path.launches)-path.ensured {
				t.Errorf("%s: %d queued, want %d", path.name, got, len(path.launches)-path.ensured)
			}
		})
	}
}

// TestEndCallCounts counts the requests of an end that revokes a rule.
func TestEndCallCounts(t *testing.T) {
	for _, path := range []struct {
		name          string
		end           []byte
		ec2, dynamodb int
	}{
		{"in a group", end("a", shared), 2, 5},
		{"in all groups, here one", end("a"), 2, 8},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fakeaws.Options{Latency: everyCall})
			r.ensured(launch("a", shared, 8000))
			r.account.ResetCalls()
			r.released(path.end)
			if calls := r.account.Calls(); calls.Of("ec2") != path.ec2 || calls.Of("dynamodb") != path.dynamodb {
				t.Errorf("an end %s: EC2 %d, DynamoDB %d calls, want %d and %d:\n%v", path.name, calls.Of("ec2"),
					calls.Of("dynamodb"), path.ec2, path.dynamodb, calls)
			}
		})
	}
}

// distinct returns a launch with a port of its own, and one that all share.
func distinct(i int) []byte { return launch(name(i), shared, 8000, 10000+2*i) }

// same returns a launch that requests the same ports as all others: those of the incident.
func same(i int) []byte { return launch(name(i), shared, 8000, 8002, 8004) }
