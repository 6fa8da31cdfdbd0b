package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/core/lease"

// event is one possible event of a message.
type event struct {
	who uint8
	how how
}

// successor is the world after an event, and the law that the event breaks, if any.
type successor struct {
	event
	world  world
	broken string
}

// A reply needs no event of its own. Step is pure, and only its function sees the reply. So a
// reply in transit is the same as a function that has it and has not continued.

// successors appends every world that can follow w.
func (md *model) successors(w *world, to []successor) []successor {
	for i := range md.messages() {
		for _, h := range md.events(w, i) {
			if w.left.allows(h) {
				to = append(to, successor{event: event{uint8(i), h}, world: *w})
				md.happen(&to[len(to)-1])
			}
		}
	}
	return md.outside(w, to)
}

var (
	onRedeliver = []how{redeliver}
	onDone      = []how{ack, crash}
	onRead      = []how{plain, lost, crash, lateRing, lateRound}
	onDescribe  = []how{plain, stale, lost, crash, lateRing, lateRound}
	onWrite     = []how{plain, lost, lostDone, retried, crash, lateRing, lateRound}
	onEC2       = []how{plain, throttled, lost, lostDone, retried, crash, lateRing, lateRound}
	onMany      = []how{plain, throttled, lost, lostDone, lostPart, retried, crash, lateRing, lateRound}
	onDuplicate = []how{plain, throttled, part, lost, lostDone, lostPart, retried, crash, lateRing, lateRound}
	onRing      = [...][]how{
		alive:  {plain, tooEarly, lost, lostDone, retried, crash, lateRing, lateRound},
		dying:  {plain, overdue, lost, lostDone, retried, crash, lateRing, lateRound},
		buried: {overdue, lost, lostDone, retried, crash, lateRing, lateRound},
	}
)

// events returns the possible events of message i, including faults.
func (md *model) events(w *world, i int) []how {
	m := &w.msgs[i]
	switch m.phase {
	case none, acked:
		return nil
	case waiting:
		return onRedeliver
	case asleep:
		return md.sweepEvents(w, i)
	}
	if m.op == lease.Done {
		return onDone
	}
	if md.ghosts && !w.inFlight() && m.sends() {
		return append([]how{lostLater}, md.onEffect(w, i)...)
	}
	return md.onEffect(w, i)
}

// onEffect returns the possible events of the effect of message i's pass.
func (md *model) onEffect(w *world, i int) []how {
	m := &w.msgs[i]
	switch m.op {
	case lease.Ring:
		return onRing[md.holder(w, i)]
	case lease.Peek, lease.Load:
		return onRead
	case lease.Describe, lease.Check:
		return onDescribe
	case lease.Authorize:
		if w.group.rules()&m.missing != 0 {
			return onDuplicate
		}
		return onEC2
	case lease.Revoke:
		if m.revoke.size() > 1 {
			return onMany
		}
		return onEC2
	}
	return onWrite
}

// life is the state of the function that wrote the expiry.
type life uint8

const (
	alive  life = iota // it runs: its expiry is in the future
	dying              // it is gone: its expiry may have passed or not
	buried             // its message has come again: its expiry has passed
)

// holder returns the life of the holder that message i's ring finds. A queue's visibility
// timeout makes a message come again only after the lease of its last delivery has expired.
// The sweeper comes until it has.
func (md *model) holder(w *world, i int) life {
	same := w.exp.message() == i && w.exp.delivery() == int(w.msgs[i].delivery)
	if w.own == 0 || same && w.msgs[i].phase == running {
		return alive
	}
	m := &w.msgs[w.exp.message()]
	current := w.exp.delivery() == int(m.delivery)
	switch {
	case m.phase == running && current:
		return alive
	case md.sweeps(i):
		return buried
	case m.phase == waiting, md.hasty, current, md.sweeps(w.exp.message()):
		return dying
	}
	return buried
}

// happen applies the event to the world.
func (md *model) happen(s *successor) {
	w, i := &s.world, int(s.who)
	m, was := &w.msgs[i], s.world
	w.left.spend(s.how)
	switch s.how {
	case redeliver, hourly:
		if md.sweeps(i) {
			md.wake(w, s.how)
		}
		m.deliver(i, w.unused(i))
	case crash:
		w.rest(i, md, false)
		m.leave(md.died(md, i))
	case lateRing:
		m.late = noRing
	case lateRound:
		m.late = noRound
	case lostLater:
		w.send(i)
		m.take(i, md.step(m.state(i), lease.Reply{Lost: true, Now: m.late.now()}))
	case ack:
		w.rest(i, md, m.result == lease.Served)
		m.leave(md.ack(md, w, i))
	default:
		w.early = w.early || s.how == tooEarly
		s.broken = md.perform(w, i, s.how)
	}
	md.after(s, &was)
}

// after checks the laws, then removes differences that no longer matter.
func (md *model) after(s *successor, was *world) {
	if s.broken == "" {
		s.broken = md.law(was, &s.world)
	}
	md.forget(&s.world)
}

// redelivered returns the phase of a message after its function died.
func redelivered(md *model, i int) phase {
	switch {
	case md.sweeps(i):
		return asleep
	case md.direct.has(i):
		return acked
	}
	return waiting
}

// acknowledge deletes the message, unless the pass says that it must come again.
func acknowledge(md *model, w *world, i int) phase {
	if md.sweeps(i) || w.msgs[i].result == lease.Retry {
		return redelivered(md, i)
	}
	return acked
}

// perform performs the effect of message i's pass, and steps with its reply.
func (md *model) perform(w *world, i int, how how) string {
	m := &w.msgs[i]
	was := *m
	var reply lease.Reply
	if how != lost {
		var answered bool
		if reply, answered = md.effects[m.op](md, w, i, how); !answered && how == plain {
			return ""
		}
	}
	switch how {
	case retried:
		*m = was
		return ""
	case lost, lostDone, lostPart:
		*m = was
		reply = lease.Reply{Lost: true}
	}
	reply.Now = m.late.now()
	m.take(i, md.step(m.state(i), reply))
	return w.lawOfPass(md, i, &was, reply)
}
