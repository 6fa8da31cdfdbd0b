package trace

import (
	"container/heap"
	"slices"
)

// ordered returns the events in an order for readers. Lines that nothing else orders are in the
// order of their times.
func (m *merge) ordered(s *progress) []Event {
	var all []*taken
	for t := s.taken; t != nil; t = t.before {
		all = append(all, t)
	}
	slices.Reverse(all)
	o := newOrder(all, len(m.passes))
	events := make([]Event, 0, len(all))
	for o.Len() > 0 {
		t := all[heap.Pop(o).(int)]
		e := t.Event
		if n := len(events); !t.relates() && n > 0 { // it was taken as early as possible
			e.Head, e.Known = events[n-1].Head, events[n-1].Known
		}
		events = append(events, e)
		o.release(t)
	}
	return events
}

// order is the queue of the events that may come next: an event waits for the one before it in
// its pass. On the head, a write waits for all that saw the head before it, and all that see the
// head after it wait for the write.
type order struct {
	all     []*taken
	queue   []int
	passes  [][]int // the remaining events of each pass
	version int     // the writes so far
	readers map[int]int
	parked  map[int][]int // by version
}

func newOrder(all []*taken, passes int) *order {
	o := &order{all: all, passes: make([][]int, passes), readers: map[int]int{}, parked: map[int][]int{}}
	for i, t := range all {
		if t.relates() && !t.writes {
			o.readers[t.version]++
		}
		if t.pass >= 0 {
			o.passes[t.pass] = append(o.passes[t.pass], i)
		}
	}
	for i, t := range all {
		if t.pass < 0 {
			o.offer(i)
		}
	}
	for p := range o.passes {
		o.offerNext(p)
	}
	return o
}

// relates reports whether the event reads or writes the head.
func (t *taken) relates() bool {
	if t.Line == nil {
		return true
	}
	op, _ := opOf(t.Line.Step)
	return (onHead(op) || t.Line.looksAgain()) && !t.Line.Lost
}

func (o *order) offerNext(p int) {
	if len(o.passes[p]) > 0 {
		o.offer(o.passes[p][0])
		o.passes[p] = o.passes[p][1:]
	}
}

// offer queues an event, or parks it until its head is there.
func (o *order) offer(i int) {
	t := o.all[i]
	ready := !t.relates() || t.version == o.version && (!t.writes || o.readers[t.version] == 0)
	if ready {
		heap.Push(o, i)
	} else {
		o.parked[t.version] = append(o.parked[t.version], i)
	}
}

// release offers the events that waited for t.
func (o *order) release(t *taken) {
	switch {
	case t.writes:
		o.version++
	case t.relates():
		o.readers[t.version]--
	}
	parked := o.parked[o.version]
	delete(o.parked, o.version)
	for _, i := range parked {
		o.offer(i)
	}
	if t.pass >= 0 {
		o.offerNext(t.pass)
	}
}

// Len, Less, Swap, Push and Pop implement heap.Interface. An event without a line comes as early
// as possible.
func (o *order) Len() int { return len(o.queue) }

// Less compares two queued events by their times.
func (o *order) Less(a, b int) bool { return o.time(a) < o.time(b) }

// Swap swaps two queued events.
func (o *order) Swap(a, b int) { o.queue[a], o.queue[b] = o.queue[b], o.queue[a] }

// Push queues an event.
func (o *order) Push(x any) { o.queue = append(o.queue, x.(int)) }

// Pop removes the last queued event.
func (o *order) Pop() any {
	last := o.queue[len(o.queue)-1]
	o.queue = o.queue[:len(o.queue)-1]
	return last
}

func (o *order) time(i int) int64 {
	if l := o.all[o.queue[i]].Line; l != nil {
		return int64(l.At)
	}
	return 0
}
