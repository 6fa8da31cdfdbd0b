package lease

// Reply is what became of an effect.
type Reply struct {
	// Now is the time at which the reply arrived.
	Now Instant
	// Lost tells that it is not known whether the effect happened. For a read
	// it means that nothing was learnt.
	Lost bool
	// Failed tells that a conditional write failed its condition; Head then
	// is the item as it was found. Of a Load it tells that the lease is not
	// Owner's any more.
	Failed bool
	// Head is the head after a Peek, Ring, TakeOver or Release.
	Head Head

	// Claimed is the reply to Claim.
	Claimed Claimed
	// Plan is the reply to Check, Describe, Refuse, Revoke and Authorize: what
	// is left to do.
	Plan Plan
}

// Claimed says what the requests of an entry were found to be.
type Claimed uint8

const (
	// NoneOpen: each was refused, has ended, or could not be written.
	NoneOpen Claimed = iota
	// AllRepeated: the open ones were in the table before.
	AllRepeated
	// SomeNew: at least one was written now.
	SomeNew
)

// Plan says what a round has to do, in the order in which it is done.
type Plan struct {
	Refuse    bool // requests must be refused before anything is written
	Revoke    bool // rules of ours must go, and nothing that is asked needs them
	Authorize bool // rules are missing
	Again     bool // what was described no longer holds: describe once more
}

// next returns the first effect that p asks for.
func (p Plan) next() Op {
	switch {
	case p.Again:
		return Describe
	case p.Refuse:
		return Refuse
	case p.Revoke:
		return Condemn
	case p.Authorize:
		return Authorize
	}
	return Publish
}
