package claim

import (
	"fmt"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
)

// ExpiryGrace is how long a request stays open after its expiry. An event that
// extends the request is then not beaten by the clock of another machine.
const ExpiryGrace = time.Minute

// CheckExpiry returns the fault of a request that arrives at or after its own
// expiry; nil if it arrives before.
func (r Request) CheckExpiry(now time.Time) events.Faults {
	if r.ExpiresAt.IsZero() || r.ExpiresAt.After(now) {
		return nil
	}
	problem := fmt.Sprintf("%s has passed; give a later time, or leave it out", r.ExpiresAt.Format(time.RFC3339))
	return events.Faults{{Field: "/expiresAt", Problem: problem}}
}

// Overdue reports whether a sweep expires the request: it is open, and its
// expiry is at least [ExpiryGrace] ago.
func (r Request) Overdue(now time.Time) bool {
	return r.Status == Open && !r.ExpiresAt.IsZero() && !now.Before(r.ExpiresAt.Add(ExpiryGrace))
}
