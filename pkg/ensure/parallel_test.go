package ensure

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestSideBySide: one of two places hangs. The other's items still run in their order, and
// never more at once than allowed.
func TestSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var items []string
		for i := range 40 {
			items = append(items, fmt.Sprint("slow-", i), fmt.Sprint("quick-", i))
		}
		where := func(item string) place { return place{region: item[:4]} }
		var mu sync.Mutex
		var done []string
		now, most, lastQuick := 0, 0, time.Duration(0)
		began := time.Now()
		sideBySide(8, items, where, func(item string) {
			mu.Lock()
			now++
			most = max(most, now)
			done = append(done, item)
			mu.Unlock()
			pause := time.Millisecond
			if item[:4] == "slow" {
				pause = time.Minute
			}
			time.Sleep(pause)
			mu.Lock()
			now--
			if item[:4] != "slow" {
				lastQuick = time.Since(began)
			}
			mu.Unlock()
		})
		if most != 8 || len(done) != len(items) {
			t.Errorf("%d of %d items done, %d at once, want all, 8 at once", len(done), len(items), most)
		}
		if lastQuick >= time.Second {
			t.Errorf("the place that answers was done after %v, want it not to wait for the other", lastQuick)
		}
		order := slices.DeleteFunc(done, func(item string) bool { return item[:4] == "slow" })
		if i := slices.Index(order, "quick-0"); i >= 8 {
			t.Errorf("the first item began as number %d", i)
		}
	})
}
