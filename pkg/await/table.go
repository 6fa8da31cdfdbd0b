package await

import (
	"context"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// Table reads the table of requests. Each read is strongly consistent and writes nothing.
type Table interface {
	// Request returns one request of a launch, by its digest; nil if the table has none. The
	// status is Ended if the launch has ended in the group. It reads the request and, if it is
	// live, the launch's end. If it finds none, it reads the archived request.
	Request(ctx context.Context, l claim.Launch, g claim.Group, digest string) (*claim.Request, error)

	// RequestsOf returns the requests of a launch on one group, like Request. If the launch has
	// requests that are not archived, it returns only these.
	RequestsOf(ctx context.Context, l claim.Launch, g claim.Group) ([]claim.Request, error)

	// Refused returns the newest refusals of a launch's events, the newest first, and the ends
	// of the launch. It reads at most 200 items.
	Refused(ctx context.Context, l claim.Launch) ([]claim.Refusal, Trace, error)

	// Trace returns the ends and the groups of a launch.
	Trace(ctx context.Context, l claim.Launch) (Trace, error)

	// Headed returns the head of a group. It reads more than one item only if marked, for a
	// group with more than a thousand marks of requests.
	Headed(ctx context.Context, g claim.Group, marked bool) (Head, error)
}

// Trace is the table's record of one launch.
type Trace struct {
	Ended   bool                      // in all groups, later ones included
	Groups  []claim.Group             // with requests of the launch
	EndedIn map[claim.Group]time.Time // when the launch first ended in each group; it has no live request there
}

// in reports whether the launch has ended in a group.
func (t Trace) in(g claim.Group) bool {
	_, ended := t.EndedIn[g]
	return t.Ended || ended
}

// Head is a group's lease, with the facts of its ledger. The lists of rules may be missing.
type Head struct {
	Lease  lease.Head
	Ledger claim.Ledger
	// Stuck says why no sweep could serve the group, and the remedy; "": one could.
	Stuck, Remedy string
}

// Names finds security groups by name, in EC2.
type Names interface {
	// FindAll returns the ids of the groups in a VPC for each of the names.
	FindAll(ctx context.Context, account, region, vpc string, names []string) (map[string][]string, error)
}
