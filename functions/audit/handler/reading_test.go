package handler_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestEarlierReading: while one audit waits for a slow call after it read a group's rules, another one
// reads the group later and stores its report. The first one does not bring back what it read.
func TestEarlierReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.all()
		r.adds(1000)
		time.Sleep(time.Minute)
		r.account.Inject(func(op fakeaws.Op) (bool, error) {
			if op.Name == "DescribeStaleSecurityGroups" {
				r.account.Inject(nil)
				time.Sleep(20 * time.Second)
				r.removes(1000)
				r.all()
				time.Sleep(20 * time.Second)
			}
			return true, nil
		})
		r.all()
		if drifts := r.latest().Drifts; len(drifts) != 0 {
			t.Errorf("the report has %d drifts of the earlier reading: %s", len(drifts), drifts[0].Detail)
		}
	})
}
