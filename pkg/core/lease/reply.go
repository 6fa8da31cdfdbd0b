package lease

// Reply is the outcome of an effect.
type Reply struct {
	// Now is the time at which the reply arrived.
	Now Instant
	// Lost is true if no reply arrived. A write may have happened or not.
	Lost bool
	// Failed is true if a conditional write failed its condition. Head then is
	// the item that DynamoDB found. A Load fails if Owner no longer holds the
	// lease.
	Failed bool
	// Head is the head after a Peek, Ring, TakeOver or Release.
	Head Head

	// Claimed is the reply to Claim.
	Claimed Claimed
	// Plan is the work that is left to do, after Check, Describe, Refuse, Revoke
	// and Authorize.
	Plan Plan
}

// Claimed says whether an entry's requests are live, and whether they are new.
type Claimed uint8

const (
	// NoneOpen means that no request is live: each was refused, has ended, or
	// could not be written.
	NoneOpen Claimed = iota
	// AllRepeated means that all live requests were in the table before.
	AllRepeated
	// SomeNew means that at least one request was written now.
	SomeNew
)

// Plan lists the work of a round. The round revokes before it authorizes, which frees quota.
type Plan struct {
	Refuse    bool // requests must be refused before anything is written
	Revoke    bool // extra rules can be revoked now
	Authorize bool // rules are missing
	Again     bool // EC2 contradicts the description: describe again
}

// next returns the first effect that p requests.
func (p Plan) next() Op {
	switch {
	case p.Again:
		return Describe
	case p.Refuse:
		return Refuse
	case p.Revoke:
		return Pend
	case p.Authorize:
		return Authorize
	}
	return Publish
}
