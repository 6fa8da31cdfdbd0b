package preview

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// claimed marks a request that was in the table before the messages.
const claimed = -1

// asked identifies a request: its group and its key.
type asked struct{ group, key string }

// recall adds a claim. An overdue claim counts as expired, because a sweep would have expired
// it.
func (d *desk) recall(r claim.Request) {
	if r.Overdue(d.in.At) {
		r.Status = claim.Expired
	}
	if r.Received.After(d.before) {
		d.before = r.Received
	}
	switch r.Status {
	case claim.Open:
		if d.exists(r.Group.ID) {
			d.file(r.Group.ID).add(claimed, r)
		}
		return
	case claim.Ended:
		d.ended[part{r.Launch, r.Group.ID}] = true
	default:
		d.settled[asked{r.Group.ID, r.Key()}] = r
	}
	if d.knows(r.Group.ID) {
		d.file(r.Group.ID) // a rule of it may remain and be revoked
	}
}

// verdict returns the reason why a request is refused that repeats a settled claim.
func (d *desk) verdict(r claim.Request) claim.Faults {
	settled, found := d.settled[asked{r.Group.ID, r.Key()}]
	switch {
	case !found:
		return nil
	case settled.Status == claim.Expired:
		return fault("/expiresAt", "the request expired at %s; ask again with a later expiresAt", settled.ExpiresAt.Format(time.RFC3339))
	case settled.Reasons == nil:
		return fault("/rules", "the same was refused before; ask for something else, or under a new name")
	}
	return settled.Reasons
}
