package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/lease"

// model is a scenario: who asks for what, and which faults may happen. Its
// effects, step and the rest of its functions are the protocol's; a weakening
// replaces one.
//
// Messages are numbered: first the batches of opens, then the ends, and last
// the sweeper, if there is one.
type model struct {
	name     string
	asks     []int // asks[r] is the rule that request r asks for
	launches []int // launches[r] is who asks for it; nil: each request has its own launch
	batches  []set // batches[i] are the requests of message i
	ends     []end
	sweeper  bool
	covers   []set // covers[a] are the rules that rule a admits, itself among them; nil: each itself
	foreign  ids   // rules that somebody else made
	served   set   // requests that were served long ago; no message brings them
	stands   ids   // rules that were made for them
	bad      set   // rules that EC2 refuses for good
	expires  set   // requests that expire
	quota    uint8 // how many rules the group can hold
	allow    faults
	begin    func(*world) // changes the first world

	ages   bool // 15 minutes may pass
	look   bool // the sweeper comes once without need: the hour's look
	raise  bool // the quota may rise by one, before any lease is taken too early
	direct set  // messages that do not come again when their function died

	// What the protocol assumes not to happen; see limits.
	hasty     bool // a message may come again before its dead holder's lease expired
	byClock   bool // requests are considered by clocks, not as they were written
	raiseLate bool // the quota may rise after a lease was taken too early
	ghosts    bool // a ring, a revoke or an authorization may be lost and arrive later

	tight  bool // the quota does not hold every rule
	safety bool // check safety alone: neither lawOfRest nor cycles
	protocol
	twins []symmetry
}

// protocol is what a weakening weakens.
type protocol struct {
	effects [lease.Done]effect
	step    func(lease.State, lease.Reply) lease.State
	ack     func(md *model, w *world, i int) phase        // what becomes of the message when the walk is done
	died    func(md *model, i int) phase                  // what becomes of it when its function died
	known   func(m *message, described ids) ids           // the group as read
	settled func(w *world, m *message, described ids) ids // rules that are in effect, for all a round can tell
	holds   func(w *world, i int) bool                    // what conditions ask
}

// end is a message that ends a launch.
type end struct {
	launch int
	group  bool // it names the group
}

// ready returns the model with everything that follows from its scenario.
func (md model) ready() *model {
	md.protocol = protocol{effects, lease.Step, acknowledge, redelivered, known, settled, holds}
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

// messages is how many there are.
func (md *model) messages() int {
	n := len(md.batches) + len(md.ends)
	if md.sweeper {
		n++
	}
	return n
}

// batch are the requests of message i: none, if it is no open.
func (md *model) batch(i int) set {
	if i < len(md.batches) {
		return md.batches[i]
	}
	return 0
}

func (md *model) sweeps(i int) bool { return md.sweeper && i == md.messages()-1 }

// launch is who makes request r.
func (md *model) launch(r int) int {
	if md.launches == nil {
		return r
	}
	return md.launches[r]
}

// of returns the requests of launches.
func (md *model) of(launches set) (requests set) {
	for r := range md.asks {
		if launches.has(md.launch(r)) {
			requests |= only(r)
		}
	}
	return requests
}

// requests are those of all messages, and those served before.
func (md *model) requests() (all set) {
	all = md.served
	for _, b := range md.batches {
		all |= b
	}
	return all
}

// first is the world in which every message has just been delivered.
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
		w.table, w.served, w.told = md.served, md.served, md.served
	}
	if md.begin != nil {
		md.begin(&w)
	}
	md.forget(&w)
	return md.canonical(w)
}
