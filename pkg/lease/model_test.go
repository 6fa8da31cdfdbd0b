package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/lease"

// model is a scenario: who asks for what, and which faults may happen. Its
// effects, step and ack are the protocol's; a weakening replaces one.
type model struct {
	name    string
	asks    []int // asks[r] is the rule that request r asks for
	batches []set // batches[i] are the requests of message i
	quota   uint8 // how many rules the group can hold
	allow   faults
	begin   func(*world) // changes the first world

	raise bool // the quota may rise by one, before any lease is taken too early

	// What the protocol assumes not to happen; see limits.
	hasty     bool // a message may come again before its dead holder's lease expired
	once      bool // a message does not come again when its function died
	byClock   bool // requests are considered by clocks, not as they were written
	raiseLate bool // the quota may rise after a lease was taken too early
	ghosts    bool // a ring may be lost and arrive later

	tight   bool // the quota does not hold every rule
	effects [lease.Done]effect
	step    func(lease.State, lease.Reply) lease.State
	ack     func(md *model, w *world, i int) phase // what becomes of the message when the walk is done
	twins   []symmetry
}

// ready returns the model with everything that follows from its scenario.
func (md model) ready() *model {
	md.effects, md.step, md.ack = effects, lease.Step, acknowledge
	n := md.rules(md.requests()).size()
	if md.quota == 0 {
		md.quota = uint8(n)
	}
	md.tight = int(md.quota) < n
	if md.begin == nil && !md.byClock {
		md.twins = md.symmetries()
	}
	return &md
}

// requests are those of all messages.
func (md *model) requests() (all set) {
	for _, b := range md.batches {
		all |= b
	}
	return all
}

// first is the world in which every message has just been delivered.
func (md *model) first() world {
	w := world{left: md.allow, quota: md.quota}
	for i := range md.batches {
		w.msgs[i].deliver(i)
	}
	if md.begin != nil {
		md.begin(&w)
	}
	return md.canonical(w)
}
