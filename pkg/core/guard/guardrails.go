package guard

import "time"

// Guardrails are the settings of a [Guard], in the order of a guardrails file. The zero
// Guardrails allow all requests.
type Guardrails struct {
	Builtin    bool // the built-in entries precede Deny
	Restricted bool // only rules within Allow are allowed; an empty Allow then allows none
	Allow      []Entry
	Deny       []Entry
	Require    []Requirement
	Limits     Limits
	Publishers []Publisher // none: the account alone owns a launch
	Reach      []Reach
	Admins     []Admin
}

// Limits are bounds on requests. Zero means no bound.
type Limits struct {
	Rules        int           // of a launch in one group
	Claims       int           // live at once in one group
	Expiry       time.Duration // the longest time until a request expires
	WorldExpires bool          // a request that opens a rule to the world must expire

	// PublisherClaims bounds the launches with a live request in one group, and PublisherRules
	// the rules of these launches together. They apply to each publisher or, if the guardrails
	// name none, to each account.
	PublisherClaims, PublisherRules int
}
