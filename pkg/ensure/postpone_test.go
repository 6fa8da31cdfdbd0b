package ensure_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestPostpone: EC2 fails for one group for an hour, after a direct invocation rang and died.
// Sweeps try less and less often, log the reason, and lose no ticket.
func TestPostpone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		tries := 0
		r.account.Inject(func(op fakeaws.Op) (bool, error) {
			if strings.HasPrefix(op.Name, "Describe") {
				tries++
				return false, &fakeaws.Error{Code: "AuthFailure", Message: "not now", Status: http.StatusUnauthorized}
			}
			return true, nil
		})
		_, _ = r.invoke(launch("a", shared, 8000))
		tries = 0
		failed := 0
		for range 60 {
			time.Sleep(time.Minute)
			before := tries
			_, _ = r.invoke([]byte(`{"sgkeeper":"sweep"}`))
			if tries > before {
				failed++
			}
		}
		if failed < 10 || failed > 20 {
			t.Errorf("%d of 60 sweeps tried, want 10 to 20", failed)
		}
		heads, err := r.table().AllHeads(t.Context())
		if err != nil || len(heads) != 1 || !strings.Contains(heads[0].Stuck.Reason, "AuthFailure") ||
			heads[0].Stuck.Remedy == "" {
			t.Errorf("heads %+v, %v, want the reason and a remedy", heads, err)
		}
		if age := time.Since(heads[0].Stuck.Since); age < 55*time.Minute {
			t.Errorf("stuck for %v, want about an hour", age)
		}
		r.account.Inject(nil)
		r.sweeps(6 * time.Minute)
		r.has("tcp 8000 from 0.0.0.0/0")
		heads, err = r.table().AllHeads(t.Context())
		if err != nil || !heads[0].Stuck.Since.IsZero() || heads[0].Head.Want != heads[0].Head.Applied {
			t.Errorf("heads %+v, %v, want every ticket served", heads, err)
		}
	})
}
