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
	// Asked are the launches that asked for the rule itself, or that the drift concerns
	// otherwise, as their Relation says.
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
	// Purpose is who asked and why, in the publisher's words.
	Purpose events.Purpose `json:"-"`
	// Relation is how what the launch asked for relates to the drift's rule.
	Relation Relation `json:"relation,omitempty"`
	// Wants are the rules that the launch asked for, the first few of them, and More is
	// how many are left out. They are set unless the Relation is Itself.
	Wants []secgroup.Rule `json:"wants,omitempty"`
	More  int             `json:"more,omitempty"`
}

// Relation says how the rules that a launch asked for relate to the rule of a drift.
type Relation string

const (
	// Itself: the launch asked for the rule itself, or the drift is about no rule.
	Itself Relation = ""
	// Part: it asked for rules within the drift's rule. For example, it asked for "tcp
	// 8000 from 0.0.0.0/0", and the rule is "all from 0.0.0.0/0".
	Part Relation = "part"
	// Overlap: it asked for rules that the drift's rule serves together with others.
	Overlap Relation = "overlap"
	// Instead: it asked for another rule, in the place of which this one stands.
	Instead Relation = "instead"
)

// maxWants is how many rules of one launch a drift names.
const maxWants = 10

// wanting returns the asker as one who asked for rules that relate to the drift's rule.
func (a Asker) wanting(relation Relation, rules ...secgroup.Rule) Asker {
	n := min(len(rules), maxWants)
	a.Relation, a.Wants, a.More = relation, rules[:n:n], len(rules)-n
	return a
}

// Change is an API call that changed a group, as CloudTrail recorded it. The
// zero Change is not known.
type Change struct {
	EventID string    `json:"eventId,omitempty"`
	Name    string    `json:"name,omitempty"`  // of the API call, as ModifySecurityGroupRules
	Actor   string    `json:"actor,omitempty"` // ARN, or what there is of the identity
	At      time.Time `json:"at,omitzero"`
}
