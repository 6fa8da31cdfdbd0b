package audit

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Drift is one difference between the requests on a group and its rules.
type Drift struct {
	// ID is the same from run to run. It is a hash of the group, the kind and the rule, or of
	// Subject if there is no rule.
	ID       string      `json:"id"`
	Kind     Kind        `json:"kind"`
	Severity Severity    `json:"severity"`
	Group    claim.Group `json:"group"`
	// Rule is the drift's rule: as it exists in the group or, if it is missing, as a launch
	// requested it. Its ID is EC2's, if it has one. A drift about no rule has the zero Rule.
	Rule secgroup.Entry `json:"rule"`
	// Subject names the launch, security group, prefix list or quota that the drift is about,
	// if it is about no rule.
	Subject string `json:"subject,omitempty"`
	// Gap is the exact difference: traffic requested and not open, or open and not requested.
	Gap []secgroup.Rule `json:"gap,omitempty"`
	// Asked are the launches that requested the rule, or that the drift concerns in the way
	// that their Relation says.
	Asked []Asker `json:"asked,omitempty"`
	// Detail describes the drift in a sentence or two. Remedy tells how to mend it.
	Detail string `json:"detail"`
	Remedy string `json:"remedy"`
	// Since is the time at which an audit first found the drift.
	Since time.Time `json:"since"`
	// Changed is the API call that caused the drift, if CloudTrail reported it.
	Changed Change `json:"changed,omitzero"`
}

// Asker is a launch with the begin and the end of its request.
type Asker struct {
	Launch claim.Launch `json:"launch"`
	Since  time.Time    `json:"since,omitzero"` // received
	Until  time.Time    `json:"until,omitzero"` // its expiry or end; zero if live without an expiry
	Status claim.Status `json:"status"`
	// Purpose names the requester and the reason, in the publisher's words.
	Purpose claim.Purpose `json:"-"`
	// Relation is the relation of the request to the drift's rule.
	Relation Relation `json:"relation,omitempty"`
	// Wants are the first few requested rules, and More counts the others. They are empty if
	// Relation is Itself.
	Wants []secgroup.Rule `json:"wants,omitempty"`
	More  int             `json:"more,omitempty"`
}

// Relation is the relation of a launch's request to the rule of a drift.
type Relation string

const (
	// Itself: the launch requested the rule itself, or the drift is about no rule.
	Itself Relation = ""
	// Part: it requested rules within the drift's rule. For example, it requested "tcp 8000
	// from 0.0.0.0/0", and the rule is "all from 0.0.0.0/0".
	Part Relation = "part"
	// Overlap: it requested rules that the drift's rule serves together with others.
	Overlap Relation = "overlap"
	// Instead: it requested another rule, and this one exists in its place.
	Instead Relation = "instead"
)

// maxWants is the number of rules that a drift names for one launch.
const maxWants = 10

// wanting returns the asker with a relation and the rules that it requested.
func (a Asker) wanting(relation Relation, rules ...secgroup.Rule) Asker {
	n := min(len(rules), maxWants)
	a.Relation, a.Wants, a.More = relation, rules[:n:n], len(rules)-n
	return a
}

// Change is an API call that changed a group, as CloudTrail recorded it. The zero Change means
// unknown.
type Change struct {
	EventID string    `json:"eventId,omitempty"`
	Name    string    `json:"name,omitempty"`  // of the API call, for example ModifySecurityGroupRules
	Actor   string    `json:"actor,omitempty"` // the caller's ARN, or other parts of the identity
	At      time.Time `json:"at,omitzero"`
}
