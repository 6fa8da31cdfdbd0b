package lease

// State is one function's place in the protocol, for one group. Make one with
// [Start]; perform the effect that Op names, and hand its reply to [Step].
type State struct {
	Op       Op
	Owner    Owner   // who we are in conditions
	Deadline Instant // when the invocation is ended by Lambda
	Claimed  Claimed // what Claim found this entry's requests to be
	Ticket   Ticket  // what our last ring counted; 0 before it
	Seen     Ticket  // this round serves every ticket up to here
	Found    Head    // for TakeOver alone: the lease as our ring found it
	Tries    int     // how often Op was asked for in vain
	Result   Result
}

// maxTries is how often an effect is asked for when its replies are lost, on
// top of the SDK's own retries.
const maxTries = 3

// Start begins a walk: the requests are to be claimed. It panics if nonce is
// empty: nobody would hold the lease.
func Start(nonce string, deadline Instant) State {
	if nonce == "" {
		panic("lease: empty nonce")
	}
	return State{Op: Claim, Owner: Owner{Nonce: nonce}, Deadline: deadline}
}

// Expires is the expiry to write with the lease.
func (s State) Expires() Instant { return s.Deadline + Guard }

// Step returns the state that follows s when the effect s.Op was answered by r.
// Nothing follows Done.
func Step(s State, r Reply) State {
	if r.Lost && s.Op != Done {
		return s.lost()
	}
	switch s.Op {
	case Claim:
		return s.claimed(r)
	case Peek:
		return s.peeked(r)
	case Check:
		return s.checked(r)
	case Ring:
		return s.rang(r)
	case TakeOver:
		return s.tookOver(r)
	case Load:
		return s.loaded(r)
	case Describe, Refuse, Revoke, Authorize:
		return s.planned(r)
	case Condemn:
		return s.condemned(r)
	case Publish:
		return s.next(Release)
	case Release:
		return s.released(r)
	case Yield:
		return s.done(Retry)
	}
	return s
}

func (s State) next(op Op) State {
	s.Op, s.Tries = op, 0
	return s
}

// done ends the walk. An entry without an open request has nothing to tell,
// whomever it served.
func (s State) done(result Result) State {
	if s.Claimed == NoneOpen && result != Retry {
		result = Nothing
	}
	s.Result = result
	return s.next(Done)
}

// lost asks again, and after a few times gives the work back. A lost write may
// have happened: every write of the protocol may be repeated, and for those to
// EC2 the group is described again to see.
func (s State) lost() State {
	s.Tries++
	switch {
	case s.Tries < maxTries && (s.Op == Revoke || s.Op == Authorize):
		s.Op = Describe
		return s
	case s.Tries < maxTries:
		return s
	case s.Op == Claim, s.Op == Peek, s.Op == Check, s.Op == Yield:
		return s.done(Retry)
	}
	return s.next(Yield)
}

// claimed rings if there is anything new. Everybody else looks at the head
// first, also an entry that has nothing open any more: an earlier delivery of
// it may have died as the holder, bound to serve tickets of others.
func (s State) claimed(r Reply) State {
	s.Claimed = r.Claimed
	if r.Claimed == SomeNew {
		return s.ring(r.Now)
	}
	return s.next(Peek)
}

// peeked is the fast path: while no ticket waits and nothing is about to go, a
// group that already has every rule of a repeated request needs no round. The
// head is read before the group is described.
func (s State) peeked(r Reply) State {
	h := r.Head
	switch {
	case h.Owner != Nobody, h.Want != h.Applied:
		return s.ring(r.Now) // a lease given up or outlived leaves tickets behind
	case s.Claimed == NoneOpen:
		return s.done(Nothing)
	case h.Unsettled:
		return s.ring(r.Now)
	}
	s.Ticket = h.Applied
	return s.next(Check)
}

func (s State) checked(r Reply) State {
	if r.Plan.Authorize || r.Plan.Refuse {
		return s.ring(r.Now)
	}
	return s.done(Served)
}

func (s State) ring(now Instant) State {
	if s.Deadline-now < MinRing {
		return s.done(Retry)
	}
	return s.next(Ring)
}

func (s State) rang(r Reply) State {
	s.Ticket = r.Head.Want
	switch {
	case r.Head.Owner == s.Owner:
		return s.hold(r)
	case r.Head.expired(r.Now):
		s.Found = r.Head
		return s.next(TakeOver)
	}
	return s.done(Queued)
}

// tookOver holds the lease also where the write was refused because an earlier
// try of it, whose reply was lost, had succeeded. Whoever else has it got it
// after our ring, and serves our ticket; a lease that was given up meanwhile
// binds nobody.
func (s State) tookOver(r Reply) State {
	s.Found = Head{}
	switch {
	case !r.Failed, r.Head.Owner == s.Owner:
		return s.hold(r)
	case r.Head.Applied >= s.Ticket:
		return s.done(Served)
	case r.Head.Owner == Nobody:
		return s.ring(r.Now)
	}
	return s.done(Queued)
}

// hold begins a round: it serves every ticket that the head counts now, before
// the requests are loaded.
func (s State) hold(r Reply) State {
	s.Seen = r.Head.Want
	if s.Deadline-r.Now < MinRound {
		return s.next(Yield)
	}
	return s.next(Load)
}

// loaded goes on only while the lease is ours. Whoever takes it over later has
// then read every request that we have read, and revokes nothing that we count
// on when we say that they are served.
func (s State) loaded(r Reply) State {
	if r.Failed {
		return s.fenced(r)
	}
	return s.next(Describe)
}

// planned goes on to the first effect that the plan still asks for. A round that
// goes back to an earlier effect, or repeats one, ends only when its time is up. On
// its way forward it keeps Tries: the replies that were lost from Describe to
// Authorize count as if they were of one effect.
func (s State) planned(r Reply) State {
	op := r.Plan.next()
	switch {
	case r.Failed:
		return s.fenced(r)
	case op <= s.Op && s.Deadline-r.Now < MinRound:
		return s.next(Yield)
	case op <= s.Op, op == Publish:
		return s.next(op)
	}
	s.Op = op
	return s
}

// condemned revokes what a successor would now revoke as well. Rule ids are the
// fencing tokens that EC2 checks: a revoke that arrives late can remove only
// what everybody since holds for gone.
func (s State) condemned(r Reply) State {
	if r.Failed {
		return s.fenced(r)
	}
	s.Op = Revoke
	return s
}

func (s State) released(r Reply) State {
	switch {
	case !r.Failed:
		return s.done(Served)
	case r.Head.Owner != s.Owner && r.Head.Last == s.Owner:
		return s.done(Served) // in a try whose reply was lost
	}
	return s.fenced(r) // or somebody rang meanwhile: another round
}

// fenced enters anew: somebody took the lease over, so what we did is a union
// with what they did, but whether they read our requests is not known. Nor do
// they know what we wrote since: even if they have served all tickets, it may be
// too much by now. Where a ring of ours that was thought lost has brought the
// lease back, the round begins anew.
func (s State) fenced(r Reply) State {
	if r.Head.Owner == s.Owner {
		return s.hold(r)
	}
	s.Owner.Entry++
	return s.ring(r.Now)
}
