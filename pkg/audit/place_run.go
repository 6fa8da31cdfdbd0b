package audit

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// PlaceRun is what a run has read in one place, apart from groups. Its JSON lets another
// invocation continue each list of EC2 at the page that comes next.
type PlaceRun struct {
	Account string `json:"account"`
	Region  string `json:"region"`

	// Managed is the list of the groups that bear the tag.
	Managed Listing `json:"managed,omitzero"`
	// Left are the ids of the listed groups that no invocation has read yet. It is set when an
	// invocation ends.
	Left []string `json:"left,omitempty"`

	// Found are up to MaxIDs of the groups to read next. They need not be looked up again.
	Found []Found `json:"found,omitempty"`

	// Interfaces is the list of network interfaces. In an audit of some groups it is a list for
	// each MaxIDs of them, and Counted of these lists are complete.
	Interfaces Listing `json:"interfaces,omitzero"`
	Counted    int     `json:"counted,omitempty"`
	// Attached is the number of interfaces of each group that has some.
	Attached map[string]int `json:"attached,omitempty"`

	Stale map[string]*StaleRun `json:"stale,omitempty"` // by VPC
	// Lists are the prefix lists that were read in part, or that cannot be read. The report has
	// the others.
	Lists map[string]*ListRun `json:"lists,omitempty"`

	// Most is the number of groups to read together at most. It is lower after an invocation that
	// could not read so many, because EC2 may return pages that are not full.
	Most int `json:"most,omitempty"`
	// Patience is the time that the place may take for one call while other places wait.
	Patience time.Duration `json:"patience,omitempty"`
	// Stalls counts the latest invocations in which the place made no progress.
	Stalls int `json:"stalls,omitempty"`
	// GivenUp says that the run does not read the place's remaining groups.
	GivenUp bool `json:"givenUp,omitempty"`
}

// StaleRun is the stale rules of a VPC, by group.
type StaleRun struct {
	Listing
	Rules map[string][]secgroup.Rule `json:"rules,omitempty"`
}

// ListRun is a prefix list that a group needs, and that was read in part or not at all.
type ListRun struct {
	Listing
	Asked   bool  `json:"asked,omitempty"` // the version is known
	Version int64 `json:"version"`
	// MaxEntries is as in [drift.Contents].
	MaxEntries int      `json:"maxEntries,omitempty"`
	Entries    []string `json:"entries,omitempty"`
}

// Listing is a list that EC2 returns page by page.
type Listing struct {
	// Next is the token of the next page, "" for the first.
	Next string `json:"next,omitempty"`
	// Done says that there is no further page to read.
	Done bool `json:"done,omitempty"`
	// Failed says that the list cannot be read, and so is incomplete.
	Failed bool `json:"failed,omitempty"`

	fresh bool // Next is of this invocation
}

func (r *PlaceRun) place() Place { return Place{r.Account, r.Region} }

func (r *PlaceRun) init() {
	if r.Attached == nil {
		r.Attached = make(map[string]int)
	}
	if r.Stale == nil {
		r.Stale = make(map[string]*StaleRun)
	}
	if r.Lists == nil {
		r.Lists = make(map[string]*ListRun)
	}
	if r.Most == 0 {
		r.Most = MaxIDs
	}
	r.Patience = max(r.Patience, patience)
}
