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
	ID       string      `json:"id"`
	Kind     Kind        `json:"kind"`
	Severity Severity    `json:"severity"`
	Group    claim.Group `json:"group"`
	// Rule is what the drift is about: as it stands in the group, or as it was
	// asked where it is missing. Its ID is EC2's, where it has one. The zero
	// Rule is none.
	Rule secgroup.Entry `json:"rule"`
	// Subject is what the drift is about where it is no rule: a launch, a
	// security group, a prefix list, a quota; "" otherwise.
	Subject string `json:"subject,omitempty"`
	// Gap is exactly what is asked and not open, or open and not asked.
	Gap []secgroup.Rule `json:"gap,omitempty"`
	// Asked is who asked for the rule, or would be served by it.
	Asked []Asker `json:"asked,omitempty"`
	// Detail says in a sentence or two what was found, and Remedy what would
	// mend it.
	Detail string `json:"detail"`
	Remedy string `json:"remedy"`
	// Since is when an audit first found it.
	Since time.Time `json:"since"`
	// Changed is who made the change, where CloudTrail told.
	Changed Change `json:"changed,omitzero"`
}

// Asker is a launch that asked, and from when until when.
type Asker struct {
	Launch events.Launch `json:"launch"`
	Since  time.Time     `json:"since,omitzero"` // received
	Until  time.Time     `json:"until,omitzero"` // when it expires, expired or ended; zero: open without an end
	Status claim.Status  `json:"status"`
}

// Change is an API call that changed a group, as CloudTrail recorded it. The
// zero Change is not known.
type Change struct {
	EventID string    `json:"eventId,omitempty"`
	Name    string    `json:"name,omitempty"`  // of the API call, as ModifySecurityGroupRules
	Actor   string    `json:"actor,omitempty"` // ARN, or what there is of the identity
	At      time.Time `json:"at,omitzero"`
}
