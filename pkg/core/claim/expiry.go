package claim

import (
	"fmt"
	"time"
)

// ExpiryGrace is how long a request stays live after its expiry, so that another function's
// fast clock does not defeat an extension.
const ExpiryGrace = time.Minute

// CheckExpiry returns a fault if the request arrives at or after its expiry, and else nil.
func (r Request) CheckExpiry(now time.Time) Faults {
	if r.ExpiresAt.IsZero() || r.ExpiresAt.After(now) {
		return nil
	}
	problem := fmt.Sprintf("%s has passed; give a later time, or leave it out", r.ExpiresAt.Format(time.RFC3339))
	return Faults{{Field: "/expiresAt", Problem: problem}}
}

// Overdue reports whether a sweep expires the request: it is live, and its expiry is at least
// [ExpiryGrace] ago.
func (r Request) Overdue(now time.Time) bool {
	return r.Status == Open && !r.ExpiresAt.IsZero() && !now.Before(r.ExpiresAt.Add(ExpiryGrace))
}
