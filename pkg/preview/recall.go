package preview

import (
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

// claimed stands for the message of a request that was in the table before.
const claimed = -1

// asked is a request's key within a group.
type asked struct{ group, key string }

// recall files a claim. One that is overdue counts as expired, since a sweep has
// expired it by then.
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
		d.file(r.Group.ID) // what is left of it may go
	}
}

// verdict says why a request that asks for the same as a claim is refused: it
// is that claim, which is open no more.
func (d *desk) verdict(r claim.Request) events.Faults {
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
