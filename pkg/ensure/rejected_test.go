package ensure_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
)

// TestRejectedOfServed: an outsider removes the rule of a served launch, and EC2 rejects it
// from then on. The launch waits and is not refused, a round tries the rule a few times at
// most, and the next launch is served.
func TestRejectedOfServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, roomy())
		before := r.account.Rules(shared)
		served := launch("served", shared, 10000)
		r.ensured(served)
		time.Sleep(time.Hour) // synctest's: EC2 describes the rule, and no longer counts as lagging
		r.removeAllBut(before)
		r.account.Inject(unknownCode("10000"))

		again, good := queued(served), queued(launch("good", shared, 8000))
		n, by := r.ec2Calls(func() { r.work(6, append(good, again...)...) })
		t.Logf("served is %s, good is %s after %d deliveries; %d calls of EC2: %s",
			again[0].status(), good[0].status(), good[0].deliveries, n, by)
		good[0].wantsServed(t, 2)
		if got := again[0].status(); got == events.Rejected {
			t.Errorf("a launch that was served before is %s: %s", got, again[0].reasons())
		}
		if n > maxCalls {
			t.Errorf("%d calls of EC2 for one cause, want at most %d", n, maxCalls)
		}
		r.has("tcp 8000 from 0.0.0.0/0")
	})
}
