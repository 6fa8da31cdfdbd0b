package lease_test

import (
	"fmt"
	"slices"
	"sync"
)

// Liveness. From every state, without further faults, the protocol comes to
// rest: each message is answered, each ticket is served, the lease is free.
// The check has three parts, on the graph of all states that explore found:
//
//   - A state from which only a fault leads on must be at rest. So nothing waits
//     for a fault. At rest lawOfRest finds nothing left to do.
//   - The graph has no cycle. A fault uses up a count that never rises, so every
//     cycle would be free of faults: a livelock. Without cycles the protocol
//     comes to rest in every order of events. No fairness is assumed.
//   - The longest path without faults, from any state to rest, is the bound. It
//     counts all work of the scenario that is still to come. For example, it
//     counts the sweep for a request that has not expired yet.
//
// Symmetric states are one vertex. A renaming maps each path to a path of the
// same length, so neither cycles nor bounds are lost.
//
// The check assumes that the scheduler makes progress: if an event can happen, some event
// happens. The model defines the possible events, and so contains the other assumptions:
//
//   - A running function performs its next effect.
//   - An unanswered message comes again, but not before the lease of its dead function has
//     expired. Scenarios with direct or hasty messages do not assume this: there the sweeper
//     comes.
//   - The sweeper runs again while the group is due, even after it crashed. It does not come
//     while the holder is alive and nothing has expired (isDue).
//   - Time passes: leases expire, rules come into effect, and the hourly sweep comes.
//   - EC2 describes the rules as written, unless the describe counts as a fault.

// kind is the meaning of an event for liveness.
type kind uint8

const (
	passing  kind = iota // time passes, a message is deleted, a late call arrives
	working              // an effect without a fault
	again                // a message comes again
	sweeping             // the sweeper comes
	faulty               // a fault
)

func (md *model) kind(e event) kind {
	switch e.how {
	case ack, quotaUp, lands, passes, settles, ages:
		return passing
	case hourly:
		return sweeping
	case redeliver:
		if md.sweeps(int(e.who)) {
			return sweeping
		}
		return again
	}
	if new(faults).kind(e.how) != nil {
		return faulty
	}
	return working
}

// edge is the number of an event's next state, and the event's kind.
type edge uint32

const kindBits = 3

func newEdge(to uint32, k kind) edge { return edge(to)<<kindBits | edge(k) }
func (e edge) to() uint32            { return uint32(e >> kindBits) }
func (e edge) kind() kind            { return kind(e & (1<<kindBits - 1)) }

// mostEffects is the bound in docs/protocol.md, for the scenarios of the normal run.
const mostEffects = 65

// remains is the work that may still happen in a state before all is at rest, without further
// faults. Each number is the maximum over all paths.
type remains struct {
	effects    uint16 // a claim of several calls counts each
	deliveries uint16 // of messages that come again
	sweeps     uint16
}

// max returns the maximum of each number.
func (r remains) max(o remains) remains {
	return remains{max(r.effects, o.effects), max(r.deliveries, o.deliveries), max(r.sweeps, o.sweeps)}
}

func (r remains) String() string {
	return fmt.Sprintf("at most %d effects, %d deliveries, %d sweeps", r.effects, r.deliveries, r.sweeps)
}

// bound is the maximum over all states of several scenarios.
type bound struct {
	mu            sync.Mutex
	most          remains
	worlds, whole int
}

func (b *bound) add(s *search) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.worlds++
	if s.whole && s.broken == "" {
		b.whole++
		b.most = b.most.max(s.most)
	}
}

func (b *bound) String() string {
	worlds := fmt.Sprintf("in %d worlds", b.whole)
	if b.whole < b.worlds {
		worlds = fmt.Sprintf("in %d of %d worlds (the rest is cut off or broken)", b.whole, b.worlds)
	}
	return fmt.Sprintf("every state ends: at most %d effects without further faults, %s; "+
		"at most %d deliveries, %d sweeps",
		b.most.effects, worlds, b.most.deliveries, b.most.sweeps)
}

// before returns the work before an event of kind k, if r remains after it.
func (r remains) before(k kind) remains {
	switch k {
	case working:
		r.effects++
	case again:
		r.deliveries++
	case sweeping:
		r.sweeps++
	}
	return r
}

// ends checks that no cycle follows any state, and computes the remaining work. It removes
// states from which every path ends, last first, until none is left. An unvisited state counts
// as an end: then cycles may be missed, and most is too low.
func (s *search) ends() {
	for len(s.edge) <= len(s.parent) {
		s.edge = append(s.edge, uint32(len(s.to)))
	}
	from := s.reversed()
	open := make([]int32, len(s.parent)) // successors not yet removed
	var ended []uint32
	for i := range open {
		if open[i] = int32(len(s.edges(uint32(i)))); open[i] == 0 {
			ended = append(ended, uint32(i))
		}
	}
	remaining := make([]remains, len(s.parent))
	for n := 0; n < len(ended); n++ {
		i := ended[n]
		for _, e := range s.edges(i) {
			if k := e.kind(); k != faulty {
				remaining[i] = remaining[i].max(remaining[e.to()].before(k))
			}
		}
		s.most = s.most.max(remaining[i])
		for _, p := range from(i) {
			if open[p]--; open[p] == 0 {
				ended = append(ended, p)
			}
		}
	}
	if len(ended) < len(open) {
		s.cycle(open)
	}
}

// cycle records the path from an open state to a cycle, and once around it. Every open state
// has an open successor.
func (s *search) cycle(open []int32) {
	isOpen := func(n int32) bool { return n > 0 }
	s.culprit = uint32(slices.IndexFunc(open, isOpen))
	s.choices = nil
	steps := len(s.path())
	met := map[uint32]int{} // the number of steps before each state
	at := s.culprit
	for ; ; steps++ {
		if from := met[at]; from > 0 {
			s.broken = fmt.Sprintf("without a fault, steps %d to %d can repeat for ever", from, steps)
			s.unfinished = true
			return
		}
		met[at] = steps + 1
		c := slices.IndexFunc(s.edges(at), func(e edge) bool { return isOpen(open[e.to()]) })
		s.choices, at = append(s.choices, uint8(c)), s.edges(at)[c].to()
	}
}

func (s *search) edges(state uint32) []edge { return s.to[s.edge[state]:s.edge[state+1]] }

// reversed returns the predecessors of each state.
func (s *search) reversed() func(uint32) []uint32 {
	start := make([]uint32, len(s.parent)+1)
	for _, e := range s.to {
		start[e.to()]++
	}
	for i := 1; i < len(start); i++ {
		start[i] += start[i-1]
	}
	from := make([]uint32, len(s.to))
	for i := range s.parent {
		for _, e := range s.edges(uint32(i)) {
			start[e.to()]--
			from[start[e.to()]] = uint32(i)
		}
	}
	return func(n uint32) []uint32 { return from[start[n]:start[n+1]] }
}
