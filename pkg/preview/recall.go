package preview

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// claimed marks a request that was in the table before the messages.
const claimed = -1

// requestID identifies a request: its group and its key.
type requestID struct{ group, key string }

// recall adds a claim. An overdue claim counts as expired, because a sweep would have expired
// it.
func (p *planner) recall(r claim.Request) {
	if r.Overdue(p.in.At) {
		r.Status = claim.Expired
	}
	if r.Received.After(p.before) {
		p.before = r.Received
	}
	switch r.Status {
	case claim.Open:
		if p.exists(r.Group.ID) {
			p.requestsOf(r.Group.ID).add(claimed, r)
		}
		return
	case claim.Ended:
		p.ended[part{r.Launch, r.Group.ID}] = true
	default:
		p.finished[requestID{r.Group.ID, r.Key()}] = r
	}
	if p.knows(r.Group.ID) {
		p.requestsOf(r.Group.ID) // a rule of it may remain and be revoked
	}
}

// verdict returns the reasons to refuse a request that repeats a finished claim; nil for any other.
func (p *planner) verdict(r claim.Request) claim.Faults {
	finished, found := p.finished[requestID{r.Group.ID, r.Key()}]
	switch {
	case !found:
		return nil
	case finished.Status == claim.Expired:
		return fault("/expiresAt", "the request expired at %s; request it again with a later expiresAt",
			finished.ExpiresAt.Format(time.RFC3339))
	case finished.Reasons == nil:
		return fault("/rules", "the same request was refused before; change its rules, or give the launch a new name")
	}
	return finished.Reasons
}
