package ensure_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// The rejections of the tests below. Neither shows whether the rule of the call exists.
var (
	unauthorized = &fakeaws.Error{Code: "UnauthorizedOperation", Message: "You are not authorized", Status: 403}
	novelty      = &fakeaws.Error{Code: "InvalidNovelty.Unsupported", Message: "no such thing here"}
)

// lostThen applies the first request of an operation and loses its reply. It rejects each of
// the following ones, such as the SDK's retry of the first.
func lostThen(operation string, rejection *fakeaws.Error) fakeaws.Fault {
	lost := false
	return func(op fakeaws.Op) (bool, error) {
		switch {
		case !strings.HasPrefix(op.Name, operation):
			return true, nil
		case lost:
			return false, rejection
		}
		lost = true
		return true, errBroken
	}
}

// lagging returns the options of an account whose describes are as old as the lag.
func lagging(lag time.Duration) fakeaws.Options {
	return fakeaws.Options{Latency: everyCall, Stale: func(fakeaws.Op) time.Duration { return lag }}
}

// TestRejectedAfterALostReply: EC2 makes the rules of a call whose reply is lost, and rejects
// the SDK's retry of it. That rejection does not show that the rules do not exist. So the
// launch waits until a describe shows them, and is not refused.
func TestRejectedAfterALostReply(t *testing.T) {
	for _, rejection := range []*fakeaws.Error{unauthorized, novelty} {
		for _, lag := range []time.Duration{0, 2 * time.Minute} {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, lagging(lag))
				time.Sleep(time.Hour)
				r.account.Inject(lostThen("Authorize", rejection))
				o := r.untilServed(launch("a", shared, 8000, 8002))
				if o.Status != events.Ensured {
					t.Errorf("%s, lag %v: the launch is %s %v, want ensured", rejection.Code, lag, o.Status, o.Reasons)
				}
				r.has("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0")
			})
		}
	}
}

// TestRevokeRejectedAfterALostReply: EC2 revokes a rule in a call whose reply is lost, and
// rejects the SDK's retry of it. That rejection does not show that the rule still exists. So the
// next launch is not announced until the rule is made again.
func TestRevokeRejectedAfterALostReply(t *testing.T) {
	for _, rejection := range []*fakeaws.Error{unauthorized, novelty} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, lagging(2*time.Minute))
			r.ensured(launch("a", shared, 8000))
			time.Sleep(time.Hour)
			r.account.Inject(lostThen("Revoke", rejection))
			r.sweepAfter(end("a"))
			r.hasNot("tcp 8000 from 0.0.0.0/0")
			b := launch("b", shared, 8000)
			if o := r.ask(b); o.Status == events.Ensured {
				r.has("tcp 8000 from 0.0.0.0/0")
			}
			r.account.Inject(nil)
			if o := r.untilServed(b); o.Status != events.Ensured {
				t.Errorf("%s: the next launch is %s %v, want ensured", rejection.Code, o.Status, o.Reasons)
			}
			r.has("tcp 8000 from 0.0.0.0/0")
		})
	}
}

// untilServed delivers a message every minute, at most 20 times, until its launch is served or
// refused.
func (r *rig) untilServed(payload []byte) (last events.Outcome) {
	r.t.Helper()
	for range 20 {
		if result, err := r.invoke(payload); err == nil {
			last = result.Outcomes[0]
		}
		if last.Status != "" && last.Status != events.Queued {
			break
		}
		time.Sleep(time.Minute)
	}
	return last
}

// sweepAfter delivers a message that may have to wait, and sweeps.
func (r *rig) sweepAfter(payload []byte) {
	r.t.Helper()
	_, err := r.invoke(payload)
	r.t.Logf("the message is answered with the error %v", err)
	r.sweep()
}
