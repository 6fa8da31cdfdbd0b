package claim

import (
	"testing"
	"time"
)

func TestExpiry(t *testing.T) {
	expiry := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name    string
		expires time.Time
		now     time.Time
		late    bool // it is refused
		overdue bool // a sweep expires it
	}{
		{"never expires", time.Time{}, expiry, false, false},
		{"without a clock", expiry, time.Time{}, false, false},
		{"before the expiry", expiry, expiry.Add(-time.Nanosecond), false, false},
		{"at the expiry", expiry, expiry, true, false},
		{"within the grace", expiry, expiry.Add(ExpiryGrace - time.Nanosecond), true, false},
		{"after the grace", expiry, expiry.Add(ExpiryGrace), true, true},
	} {
		r := ask(1, "a", "tcp 22 from 10.0.0.0/8")
		r.ExpiresAt = test.expires
		faults := r.CheckExpiry(test.now)
		if got := faults != nil; got != test.late {
			t.Errorf("%s: CheckExpiry = %v, want faults: %v", test.name, faults, test.late)
		}
		if got := r.Overdue(test.now); got != test.overdue {
			t.Errorf("%s: Overdue = %v, want %v", test.name, got, test.overdue)
		}
	}
}

// TestCheckExpirySays: the fault names the field, the value and the remedy.
func TestCheckExpirySays(t *testing.T) {
	r := ask(1, "a", "tcp 22 from 10.0.0.0/8")
	r.ExpiresAt = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	got := r.CheckExpiry(r.ExpiresAt)
	const want = "/expiresAt: 2026-12-01T00:00:00Z has passed; give a later time, or leave it out"
	if len(got) != 1 || got[0].String() != want {
		t.Errorf("CheckExpiry = %v, want %s", got, want)
	}
}

func TestOverdueOnlyIfOpen(t *testing.T) {
	for _, status := range []Status{Refused, Expired, Ended} {
		r := ask(1, "a", "tcp 22 from 10.0.0.0/8")
		r.ExpiresAt, r.Status = time.UnixMilli(0), status
		if r.Overdue(time.UnixMilli(0).Add(time.Hour)) {
			t.Errorf("a request that is %s is overdue", status)
		}
	}
}
