package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/lease"

// event is one thing that can happen: how to message who.
type event struct {
	who uint8
	how how
}

// successor is the world after an event, and the law it breaks, if any.
type successor struct {
	event
	world  world
	broken string
}

// A reply needs no event of its own. Step is pure and a reply reaches nobody
// else, so a reply that is on its way, while others act and time passes, is a
// function that has it and has not gone on.

// successors appends every world that can follow w.
func (md *model) successors(w *world, to []successor) []successor {
	for i := range w.msgs {
		for _, h := range md.events(w, i) {
			if w.left.allows(h) {
				to = append(to, successor{event: event{uint8(i), h}, world: *w})
				md.happen(&to[len(to)-1])
			}
		}
	}
	return md.outside(w, to)
}

// outside appends the worlds that follow though no function does anything.
func (md *model) outside(w *world, to []successor) []successor {
	if md.raise && w.quota == md.quota && (!w.early || md.raiseLate) {
		to = append(to, successor{event: event{0, quotaUp}, world: *w})
		to[len(to)-1].world.quota++
	}
	if w.flying != 0 {
		to = append(to, successor{event: event{uint8(w.flying.message()), lands}, world: *w})
		to[len(to)-1].world.land()
	}
	return to
}

// land is a ring that arrives when its function no longer waits for it.
func (w *world) land() {
	w.want++
	if w.own == 0 {
		w.own, w.exp = w.flying, w.flying
	}
	w.flying = 0
}

var (
	onRedeliver = []how{redeliver}
	onDone      = []how{ack, crash}
	onRevoke    = []how{revoke}
	onRead      = []how{plain, lost, crash, lateRing, lateRound}
	onDescribe  = []how{plain, stale, lost, crash, lateRing, lateRound}
	onWrite     = []how{plain, lost, lostDone, retried, crash, lateRing, lateRound}
	onDuplicate = []how{plain, part, lost, lostDone, lostPart, retried, crash, lateRing, lateRound}
	onRing      = [...][]how{
		alive:  {plain, tooEarly, lost, lostDone, retried, crash, lateRing, lateRound},
		dying:  {plain, overdue, lost, lostDone, retried, crash, lateRing, lateRound},
		buried: {overdue, lost, lostDone, retried, crash, lateRing, lateRound},
	}
)

// events is what can happen to message i, faults among it.
func (md *model) events(w *world, i int) []how {
	m := &w.msgs[i]
	switch m.phase {
	case none, acked:
		return nil
	case waiting:
		return onRedeliver
	}
	switch m.op {
	case lease.Done:
		return onDone
	case lease.Ring:
		if md.ghosts && w.flying == 0 {
			return append([]how{lostLater}, onRing[md.holder(w, i)]...)
		}
		return onRing[md.holder(w, i)]
	case lease.Peek:
		return onRead
	}
	switch {
	case w.cond != 0 && w.own == m.name(i) && m.op >= lease.Load:
		return onRevoke
	case m.op == lease.Load:
		return onRead
	case m.op == lease.Describe || m.op == lease.Check:
		return onDescribe
	case m.op == lease.Authorize && w.group&m.missing != 0:
		return onDuplicate
	}
	return onWrite
}

// life is what has become of the function whose expiry is written.
type life uint8

const (
	alive  life = iota // it runs: its expiry is in the future
	dying              // it is gone: its expiry may have passed or not
	buried             // its message has come again: its expiry has passed
)

// holder returns the life of the holder as message i's ring finds it. That a
// message comes again only after the lease of its last delivery has expired is
// what the queue's visibility timeout is for.
func (md *model) holder(w *world, i int) life {
	if w.own == 0 || w.exp.message() == i && w.exp.delivery() == int(w.msgs[i].delivery) {
		return alive
	}
	m := &w.msgs[w.exp.message()]
	switch {
	case m.phase == running && w.exp.delivery() == int(m.delivery):
		return alive
	case m.phase == waiting, md.hasty, w.exp.delivery() == int(m.delivery):
		return dying
	}
	return buried
}

// happen lets the event happen to the world.
func (md *model) happen(s *successor) {
	w, i := &s.world, int(s.who)
	m, was := &w.msgs[i], s.world
	w.left.spend(s.how)
	switch s.how {
	case redeliver:
		m.deliver(i)
	case crash:
		m.leave(waiting)
		if md.once {
			m.phase = acked
		}
	case lateRing:
		m.late = noRing
	case lateRound:
		m.late = noRound
	case lostLater:
		w.flying = m.name(i)
		m.take(i, md.step(m.state(i), lease.Reply{Lost: true, Now: m.late.now()}))
	case revoke:
		w.gone, w.cond = w.gone|w.cond, 0
		w.write(w.group &^ was.cond)
	case ack:
		m.leave(md.ack(md, w, i))
	default:
		w.early = w.early || s.how == tooEarly
		s.broken = md.perform(w, i, s.how)
	}
	if s.broken == "" {
		s.broken = md.law(&was, w)
	}
	md.forget(w)
}

// acknowledge deletes the message unless the walk says that it must come again.
func acknowledge(_ *model, w *world, i int) phase {
	if w.msgs[i].result == lease.Retry {
		return waiting
	}
	return acked
}

// perform does the effect of message i's walk and steps on with its reply.
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
	return w.lawOfWalk(md, i, &was, reply)
}

// forget drops what can make no difference any more.
func (md *model) forget(w *world) {
	if w.left.stale == 0 {
		w.before = w.group
	}
}
