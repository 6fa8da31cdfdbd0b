package audit

import (
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Drift is one difference between what was asked and what is there.
type Drift struct {
	// ID is the same from run to run: a hash of the group, the kind and the
	// rule (or, where there is none, of what Subject names).
	ID       string
	Kind     Kind
	Severity Severity
	Group    claim.Group
	// Rule is what the drift is about: as it stands in the group, or as it was
	// asked where it is missing. Its ID is EC2's, where it has one. The zero
	// Rule is none.
	Rule secgroup.Entry
	// Subject is what the drift is about where it is no rule: a launch, a
	// security group, a prefix list, a quota; "" otherwise.
	Subject string
	// Gap is exactly what is asked and not open, or open and not asked.
	Gap []secgroup.Rule
	// Asked is who asked for the rule, or would be served by it.
	Asked []Asker
	// Detail says in a sentence or two what was found, and Remedy what would
	// mend it.
	Detail, Remedy string
	// Since is when an audit first found it.
	Since time.Time
	// Changed is who made the change, where CloudTrail told.
	Changed Change
}

// Asker is a launch that asked, and from when until when.
type Asker struct {
	Launch events.Launch
	Since  time.Time // received
	Until  time.Time // when it expires, expired or ended; zero: open without an end
	Status claim.Status
}

// Change is an API call that changed a group, as CloudTrail recorded it. The
// zero Change is not known.
type Change struct {
	EventID string
	Name    string // of the API call, as ModifySecurityGroupRules
	Actor   string // ARN, or what there is of the identity
	At      time.Time
}
