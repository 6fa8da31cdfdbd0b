package ensure_test

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/dice"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// luck is the rate of each kind of fault in one simulation.
type luck struct {
	fault   float64       // probability that a call meets a fault
	stale   float64       // how often a describe is stale
	age     time.Duration // how stale at most
	onward  bool          // no describe is staler than one before it
	slow    float64       // how often a call takes seconds
	skew    time.Duration // how far a clock is off at most
	batch   time.Duration // how long messages are collected
	partial bool          // how EC2 treats a batch that holds a Duplicate
	buckets bool          // whether EC2 throttles
	plain   float64       // how many of the processes make rules without tags
}

func newLuck(d dice.Seed) luck {
	r := d.Of("luck")
	l := luck{
		fault:  dice.Pick(r, 0, 0.03, 0.08, 0.15),
		stale:  dice.Pick(r, 0, 0.1, 0.4),
		age:    dice.Pick(r, 10*time.Second, time.Minute, 3*time.Minute),
		onward: dice.Chance(r, 0.5),
		slow:   dice.Pick(r, 0, 0.02, 0.08),
		// A clock is fast or slow, so two clocks may differ by twice that.
		skew:    dice.Pick(r, 0, 2*time.Second, 10*time.Second, 10*time.Second),
		batch:   dice.Pick(r, 0, 100*time.Millisecond, 2*time.Second),
		partial: dice.Chance(r, 0.5),
		buckets: dice.Chance(r, 0.2),
		plain:   dice.Pick(d.Of("tags"), 0, 0, 0, 0.5, 1),
	}
	if scale := scaleOf(d); scale != simSmall {
		l.buckets = dice.Chance(d.Of("buckets"), 0.7)
		if scale == simWide {
			l.fault /= 4 // it makes hundreds of calls
		}
	}
	return l
}

// fate is the result of one call.
type fate struct {
	name   string        // "" is a call that goes well
	before time.Duration // until it is applied
	after  time.Duration // until its reply is there
	stale  time.Duration // the age of a describe's view
	apply  bool
	err    error         // the reply, if it is lost or refused
	kill   bool          // the process ends with it
	ever   bool          // the process meets it forever
	late   time.Duration // a write that is applied though the process has ended

	applied time.Time // when it was applied
}

// weight is how much more often than others a call meets a fault. Rare calls that matter most
// have a high weight.
var weight = map[string]float64{
	"due": 0.1, "claim": 1, "end": 1, "groups": 1, "end in": 1, "finish": 2, "retire": 2, "expire": 2, "peek": 1,
	"ring": 1, "take over": 2, "load": 1,
	"describe": 1, "refuse": 3, "pend": 3, "revoke": 3, "authorize": 2, "publish": 1, "release": 1, "yield": 2,
	"count": 1, "record": 1,
}

// fate returns the fate of a call. The occasion distinguishes it from equal calls.
func (l luck) fate(d dice.Seed, call simCall, occasion string) fate {
	r := d.Of(occasion)
	f := fate{apply: true, before: dice.Between(r, 2*time.Millisecond, 22*time.Millisecond),
		after: dice.Between(r, 2*time.Millisecond, 22*time.Millisecond)}
	if dice.Chance(r, l.slow) {
		f.name = "slow"
		*dice.Pick(r, &f.before, &f.after) += dice.Between(r, time.Second, dice.Pick(r, 4*time.Second, 28*time.Second))
	}
	if call.name == "describe" && dice.Chance(r, l.stale) {
		f.name, f.stale = "stale", dice.Between(r, time.Second, l.age)
	}
	if !dice.Chance(r, l.fault*weight[call.name]) {
		return f
	}
	switch k := r.IntN(20); {
	case k < 5:
		f.name, f.err = "reply lost", errBroken
	case k < 9:
		f.name, f.err, f.apply = "not applied", errBroken, false
	case k < 11:
		f.name, f.err, f.apply = "throttled", throttled(call), false
	case k < 12:
		f.name, f.err = "500 though applied", &fakeaws.Error{Code: "InternalFailure", Message: "simulated", Status: 500}
	case k < 14:
		f.name, f.err, f.apply, f.ever = "broken for ever", errBroken, false, true
	case k < 17:
		f.name, f.apply, f.kill = "killed before", false, true
		if call.writesEC2() && dice.Chance(r, 0.3) {
			f.late = dice.Between(r, 0, 5*time.Second)
		}
	default:
		f.name, f.kill = "killed after", true
	}
	return f
}

func throttled(call simCall) error {
	switch {
	case call.toEC2():
		return &fakeaws.Error{Code: "RequestLimitExceeded", Message: "simulated", Status: 503}
	case call.name == "publish":
		return &fakeaws.Error{Code: "ThrottlingException", Message: "simulated"}
	}
	return &fakeaws.Error{Code: "ProvisionedThroughputExceededException", Message: "simulated"}
}
