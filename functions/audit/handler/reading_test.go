package handler_test

import (
	"slices"
	"strings"
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

// TestChangeBesideSchedule: one batch has the schedule's command and an event. The list of groups is
// denied, and the event's group is audited all the same.
func TestChangeBesideSchedule(t *testing.T) {
	r := newRig(t)
	r.all()
	r.adds(1000)
	r.account.Inject(func(op fakeaws.Op) (bool, error) {
		if strings.HasPrefix(op.Form.Get("Filter.1.Name"), "tag:") {
			return false, &fakeaws.Error{Code: "UnauthorizedOperation", Message: "no", Status: 403}
		}
		return true, nil
	})
	r.invoke(batch(`{"sgkeeper":"audit"}`, changed("e-1", "eve", "", `{"groupId":"`+group+`"}`)))
	if kinds := r.detected(); !slices.Contains(kinds, "unexpected") {
		t.Errorf("published %q, want the event's rule", kinds)
	}
}
