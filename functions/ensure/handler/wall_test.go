package handler_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestWallMemberRole: STS denies a member's role. Before the fifth delivery of the message,
// the answer is a refusal that names the role.
func TestWallMemberRole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRealm(t, "7f3b") // the role wants 7f3a
		reply, deliveries := "", 0
		for deliveries < 5 && reply != nothingFailed {
			reply = r.invoke(batch(eventQueue, envelope(member, requested("a", 8000))))
			deliveries++
			time.Sleep(3 * time.Minute)
		}
		logged := r.log.String()
		refused := strings.Contains(logged, `"status":"rejected"`)
		t.Logf("answered %s after %d deliveries; refused: %v", reply, deliveries, refused)
		if reply != nothingFailed || !refused {
			t.Errorf("the message is answered %s after %d deliveries, want it refused", reply, deliveries)
		}
		if !strings.Contains(logged, "sgkeeper-member") {
			t.Error("the refusal does not name the role")
		}
	})
}
