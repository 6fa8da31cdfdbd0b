package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/core/lease"

// model is a scenario: the requests, and the faults that may happen. Its effects, its step and
// its other functions are the protocol's. A weakening replaces one of them.
//
// Messages are numbered: first the batches of opens, then the ends, then the sweeper, if any.
type model struct {
	name     string
	asks     []int // asks[r] is the rule that request r requests
	launches []int // launches[r] is the launch of request r; nil: each request has its own
	batches  []set // batches[i] are the requests of message i
	ends     []end
	sweeper  bool
	covers   []set // covers[a] are the rules that rule a admits, including a; nil: each only itself
	foreign  ids   // rules that another principal made
	served   set   // requests that were served long ago; no message brings them
	stands   ids   // rules made for those requests
	bad      set   // rules that EC2 always rejects
	expires  set   // requests that expire
	quota    uint8 // how many rules the group can hold
	allow    faults
	begin    func(*world) // changes the first world

	ages   bool // 15 minutes may pass
	hourly bool // the sweeper comes once without need: the hourly sweep
	raise  bool // the quota may rise by one, before any lease is taken too early
	direct set  // messages that do not come again if their function dies

	// The protocol assumes that these do not happen; see limits.
	hasty     bool // a message may come again before its dead holder's lease expired
	byClock   bool // requests are considered by their clocks, not in the order written
	raiseLate bool // the quota may rise after a lease was taken too early
	ghosts    bool // a ring, a revoke or an authorization may be lost and arrive later

	whole  bool // a run is recorded, so nothing is forgotten
	tight  bool // the quota does not hold every rule
	safety bool // check only safety: neither lawOfRest nor cycles
	protocol
	twins []symmetry
}

// protocol holds the parts that a weakening replaces.
type protocol struct {
	effects [lease.Done]effect
	step    func(lease.State, lease.Reply) lease.State
	ack     func(md *model, w *world, i int) phase        // the message's phase after the pass
	died    func(md *model, i int) phase                  // the message's phase after its function died
	known   func(m *message, described ids) ids           // the group as read
	settled func(w *world, m *message, described ids) ids // the rules that a round takes to be in effect
	holds   func(w *world, i int) bool                    // the condition that the caller holds the lease

	ignoresCond bool // a pass does not read the pending revokes
}

// end is a message that ends a launch.
type end struct {
	launch int
	group  bool // it names the group
}

// ready returns the model with the fields that follow from its scenario.
func (md model) ready() *model {
	md.protocol = protocol{effects, lease.Step, acknowledge, redelivered, known, settled, holds, false}
	n := (md.rules(md.requests()) | md.foreign.rules()).size()
	if md.quota == 0 {
		md.quota = uint8(n)
	}
	md.tight = int(md.quota) < n
	if md.plain() {
		md.twins = md.symmetries()
	}
	return &md
}

// plain reports whether the scenario has only opens of unrelated rules.
func (md *model) plain() bool {
	return md.begin == nil && md.served == 0 && !md.byClock && !md.sweeper && md.direct == 0 && len(md.ends) == 0 &&
		md.launches == nil && md.covers == nil && md.foreign == 0 && md.bad == 0 && md.expires == 0
}

func (md *model) messages() int {
	n := len(md.batches) + len(md.ends)
	if md.sweeper {
		n++
	}
	return n
}

// batch returns the requests of message i, or none if it is no open.
func (md *model) batch(i int) set {
	if i < len(md.batches) {
		return md.batches[i]
	}
	return 0
}

func (md *model) sweeps(i int) bool { return md.sweeper && i == md.messages()-1 }

func (md *model) launch(r int) int {
	if md.launches == nil {
		return r
	}
	return md.launches[r]
}

func (md *model) of(launches set) (requests set) {
	for r := range md.asks {
		if launches.has(md.launch(r)) {
			requests |= only(r)
		}
	}
	return requests
}

// requests returns the requests of all messages, and those served before.
func (md *model) requests() (all set) {
	all = md.served
	for _, b := range md.batches {
		all |= b
	}
	return all
}

// first returns the world in which every message has just been delivered.
func (md *model) first() world {
	w := world{left: md.allow, quota: md.quota, group: md.foreign, before: md.foreign}
	for r := range md.asks {
		if md.served.has(r) && md.tight {
			w.receive(r)
		}
	}
	for i := range md.messages() {
		if w.msgs[i].deliver(i, 0); md.sweeps(i) {
			w.msgs[i].leave(asleep)
		}
	}
	if md.served != 0 {
		w.applied, w.want, w.group = 1, 1, md.foreign|md.stands
		w.before, w.expiry = w.group, md.served&md.expires
		w.table, w.served, w.announced = md.served, md.served, md.served
	}
	if md.begin != nil {
		md.begin(&w)
	}
	md.forget(&w)
	return md.canonical(w)
}
