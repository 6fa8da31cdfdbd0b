package lease_test

// how is the next event of a message or of the function that handles it. Mostly it is the next
// effect, with or without a fault.
type how uint8

const (
	plain     how = iota // the effect, and its reply
	overdue              // a ring that finds the lease of a dead function expired
	tooEarly             // a ring that takes a living function's lease for expired
	stale                // a describe that lags by one write
	throttled            // EC2 throttles the call, and the function reads the head
	part                 // an authorize that wrote the rules that were no duplicates
	lost                 // no reply, and nothing happened
	lostDone             // no reply, but it happened
	lostPart             // no reply, but it happened in part
	retried              // it happened without a reply, and the SDK tries again
	crash                // the function dies
	lateRing             // time passes: too late to ring
	lateRound            // time passes: too late for a round
	ack                  // the message is deleted, or kept to come again
	redeliver            // the message comes again
	hourly               // the hourly sweep comes
	lostLater            // no reply, and it happens later
	lands                // an effect that was to happen later happens
	quotaUp              // the group may hold one rule more
	passes               // a request's expiry passes
	settles              // 30 s pass: every rule is in effect
	ages                 // 15 minutes pass
)

var howNames = [...]string{
	"", "the lease has expired", "the lease seems expired", "stale", "throttled", "in part", "reply lost, not done",
	"reply lost, done",
	"reply lost, done in part", "done, the SDK tries again", "crashes", "too late to ring", "too late for a round", "",
	"comes again", "sweeps once an hour", "reply lost, done later",
	"a late call arrives", "quota rises", "expires by the clock", "30 s pass", "15 minutes pass",
}

func (h how) over() bool   { return h == overdue || h == tooEarly }
func (h how) inPart() bool { return h == part || h == lostPart }

// faults counts the faults that may still happen, of each kind and in all.
type faults struct{ all, crash, lost, retried, early, late, stale uint8 }

// kind returns the count that h uses, or nil if h is no fault.
func (f *faults) kind(h how) *uint8 {
	switch h {
	case crash:
		return &f.crash
	case lost, lostDone, lostPart, lostLater:
		return &f.lost
	case retried:
		return &f.retried
	case tooEarly:
		return &f.early
	case lateRing, lateRound:
		return &f.late
	case stale, throttled:
		return &f.stale
	}
	return nil
}

func (f *faults) allows(h how) bool {
	n := f.kind(h)
	return n == nil || f.all > 0 && *n > 0
}

// spend counts h. When no fault is left, it clears the kinds too, so that worlds that differ
// only in them are one.
func (f *faults) spend(h how) {
	n := f.kind(h)
	if n == nil {
		return
	}
	*n--
	if f.all--; f.all == 0 {
		*f = faults{}
	}
}
