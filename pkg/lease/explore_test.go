package lease_test

import "hash/maphash"

// search goes through a model's worlds breadth first: what it finds broken, it
// finds by a shortest path. Like other model checkers it knows a world again by
// a hash of 64 bits: among 20 million, one in 90,000 runs takes two for one.
type search struct {
	md     *model
	number map[uint64]uint32 // the worlds found, by their hash, in the order found
	parent []uint32
	choice []uint8  // which of its parent's successors a world is
	edge   []uint32 // where each world's successors begin in to
	to     []uint32
	depth  int
	whole  bool // every world was found
	broken string
	last   uint8 // the choice that broke it, at world culprit

	culprit uint32
}

// explore finds at most limit worlds, up to the first that breaks a law.
func explore(md *model, limit int) *search {
	s := &search{md: md, number: map[uint64]uint32{}}
	first := md.first()
	s.add(maphash.Comparable(seed, first), 0, 0)
	var buf []successor
	for frontier := []world{first}; len(frontier) > 0; s.depth++ {
		var next []world
		for i := range frontier {
			if buf = md.successors(&frontier[i], buf[:0]); !s.visit(&frontier[i], buf, &next) {
				return s
			}
			if len(s.parent) >= limit {
				return s
			}
		}
		frontier = next
	}
	s.whole = true
	s.edge = append(s.edge, uint32(len(s.to)))
	s.terminates()
	return s
}

func (s *search) add(w uint64, parent uint32, choice uint8) uint32 {
	n := uint32(len(s.parent))
	s.number[w] = n
	s.parent, s.choice = append(s.parent, parent), append(s.choice, choice)
	return n
}

// visit notes w's successors, the new ones also in next. It reports false if
// something is broken.
func (s *search) visit(w *world, succ []successor, next *[]world) bool {
	at := uint32(len(s.edge))
	s.edge = append(s.edge, uint32(len(s.to)))
	if len(succ) == 0 {
		if broken := s.md.lawOfRest(w); broken != "" {
			return s.fail(broken, at, 0)
		}
	}
	for c := range succ {
		if succ[c].broken != "" {
			return s.fail(succ[c].broken, at, uint8(c))
		}
		t := s.md.canonical(succ[c].world)
		hash := maphash.Comparable(seed, t)
		n, found := s.number[hash]
		if !found {
			n = s.add(hash, at, uint8(c))
			*next = append(*next, t)
		}
		s.to = append(s.to, n)
	}
	return true
}

func (s *search) fail(law string, at uint32, choice uint8) bool {
	s.broken, s.culprit, s.last = law, at, choice
	return false
}

// terminates checks that no walk goes round in circles: worlds from which
// every path ends are taken away, last first, until none is left.
func (s *search) terminates() {
	before := s.reversed()
	open := make([]int32, len(s.parent)) // successors not yet taken away
	var ends []uint32
	for i := range open {
		if open[i] = int32(s.edge[i+1] - s.edge[i]); open[i] == 0 {
			ends = append(ends, uint32(i))
		}
	}
	for n := 0; n < len(ends); n++ {
		for _, p := range before(ends[n]) {
			if open[p]--; open[p] == 0 {
				ends = append(ends, p)
			}
		}
	}
	for i := range open {
		if open[i] > 0 {
			s.fail("a walk can go round in circles for ever", uint32(i), 0)
			return
		}
	}
}

// reversed returns the edges backwards.
func (s *search) reversed() func(uint32) []uint32 {
	start := make([]uint32, len(s.parent)+1)
	for _, n := range s.to {
		start[n]++
	}
	for i := 1; i < len(start); i++ {
		start[i] += start[i-1]
	}
	from := make([]uint32, len(s.to))
	for i := range s.parent {
		for _, n := range s.to[s.edge[i]:s.edge[i+1]] {
			start[n]--
			from[start[n]] = uint32(i)
		}
	}
	return func(n uint32) []uint32 { return from[start[n]:start[n+1]] }
}

// path returns the choices that lead to what is broken.
func (s *search) path() []uint8 {
	path := []uint8{s.last}
	for n := s.culprit; n != 0; n = s.parent[n] {
		path = append([]uint8{s.choice[n]}, path...)
	}
	return path
}
