package lease

// State is one function's pass through the protocol, for one group. [Start] makes one. Perform
// the effect that Op names, and pass its reply to [Step].
type State struct {
	Op       Op
	Owner    Owner   // our name in conditions
	Deadline Instant // when Lambda ends the invocation
	Claimed  Claimed // the reply to Claim
	Ticket   Ticket  // the ticket of our last ring; 0 before it
	Seen     Ticket  // this round serves every ticket up to this one
	Found    Head    // the lease that our ring found; for TakeOver alone
	Tries    int     // how many replies to Op were lost
	Result   Result
}

// maxTries is how often an effect is tried if its replies are lost, on top of the
// SDK's own retries.
const maxTries = 3

// Start begins a pass, with Claim. It panics if nonce is empty, because an empty
// owner means that the lease is free.
func Start(nonce string, deadline Instant) State {
	if nonce == "" {
		panic("lease: empty nonce")
	}
	return State{Op: Claim, Owner: Owner{Nonce: nonce}, Deadline: deadline}
}

// Expires returns the expiry to write with the lease.
func (s State) Expires() Instant { return s.Deadline + Guard }

// Step returns the state that follows s if r is the reply to the effect s.Op. For
// Done it returns s.
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
	case Pend:
		return s.revokesPending(r)
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

// done ends the pass. For an entry without a live request the result is Nothing,
// even if it served others.
func (s State) done(result Result) State {
	if s.Claimed == NoneOpen && result != Retry {
		result = Nothing
	}
	s.Result = result
	return s.next(Done)
}

// lost tries the effect again, and gives the work back after maxTries. A lost
// write may have happened. Every write to the table may be repeated. After a lost
// write to EC2, the group is described again.
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

// claimed rings if a request is new. Every other entry reads the head first, also
// one without a live request: an earlier delivery of it may have died as the
// holder, bound to serve tickets of others.
func (s State) claimed(r Reply) State {
	s.Claimed = r.Claimed
	if r.Claimed == SomeNew {
		return s.ring(r.Now)
	}
	return s.next(Peek)
}

// peeked takes the fast path, if no ticket waits and the head needs no round. If the
// group then has every rule of a repeated request, the pass ends. The head is read
// before the group is described.
func (s State) peeked(r Reply) State {
	h := r.Head
	switch {
	case h.Owner != Nobody, h.Want != h.Applied:
		return s.ring(r.Now) // a holder that yielded or died leaves tickets behind
	case s.Claimed == NoneOpen:
		return s.done(Nothing)
	case h.NeedsRound:
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

// tookOver begins a round if the write succeeded, now or in an earlier try with a lost reply.
// Otherwise, another owner got the lease after our ring, and serves our ticket. If the lease
// is free and our ticket is unserved, that owner yielded and nobody must serve us: we ring
// again.
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

// hold begins a round. The round serves every ticket that the head counts now,
// before the requests are loaded.
func (s State) hold(r Reply) State {
	s.Seen = r.Head.Want
	if s.Deadline-r.Now < MinRound {
		return s.next(Yield)
	}
	return s.next(Load)
}

// loaded goes on only if we still hold the lease. A later holder then reads every
// request that we have read. It revokes no rule that we count on when we announce
// these requests.
func (s State) loaded(r Reply) State {
	if r.Failed {
		return s.fenced(r)
	}
	return s.next(Describe)
}

// planned goes on to the first effect that the plan still requests. A round may go
// back to an earlier effect or repeat one until its time is up. A step forward keeps
// Tries: replies lost from Describe to Authorize count as if they were of one
// effect.
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

// revokesPending goes on to revoke the rules, now that their revokes are pending. A
// successor would revoke the same rules. Rule ids are the fencing tokens that EC2
// checks: a late revoke can remove only rules that no later holder counts on.
func (s State) revokesPending(r Reply) State {
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
		return s.done(Served) // an earlier try, with a lost reply, released
	}
	return s.fenced(r) // if we are still the owner, another function rang: another round
}

// fenced rings again under another name, because another function took the lease over. It may
// not have read our requests, and it does not know our writes. Even if it served all tickets,
// a rule of ours may be extra by now. If we are the owner, the round begins again: another
// function rang, or a late ring of ours has brought the lease back.
func (s State) fenced(r Reply) State {
	if r.Head.Owner == s.Owner {
		return s.hold(r)
	}
	s.Owner.Entry++
	return s.ring(r.Now)
}
