package lease_test

import "hash/maphash"

// search visits a model's worlds breadth first, so it finds a shortest path to any violation.
// Like other model checkers, it identifies a world by a 64-bit hash. With 20 million worlds,
// one run in 90,000 confuses two of them.
type search struct {
	md     *model
	number map[uint64]uint32 // the worlds found, by their hash, in the order found
	parent []uint32
	choice []uint8  // the index of each world among its parent's successors
	edge   []uint32 // the index in to of each world's first successor
	to     []edge
	depth  int
	whole  bool    // every world was found
	most   remains // in any world, if every world was found

	broken     string
	unfinished bool    // safe until then, but the protocol stops too early or never
	culprit    uint32  // the world that broke the law
	choices    []uint8 // the choices after that world
}

// explore visits about limit worlds at most, up to the first that breaks a law. Then it checks
// that all of them end.
func explore(md *model, limit int) *search {
	s := &search{md: md, number: map[uint64]uint32{}}
	s.whole = s.visitAll(limit)
	if s.broken == "" && !md.safety {
		s.ends()
	}
	return s
}

// visitAll reports whether it found every world and no law is broken.
func (s *search) visitAll(limit int) bool {
	first := s.md.first()
	s.add(maphash.Comparable(seed, first), 0, 0)
	var buf []successor
	for frontier := []world{first}; len(frontier) > 0; s.depth++ {
		var next []world
		for i := range frontier {
			if buf = s.md.successors(&frontier[i], buf[:0]); !s.visit(&frontier[i], buf, &next) {
				return false
			}
			if len(s.parent) >= limit {
				return false
			}
		}
		frontier = next
	}
	return true
}

func (s *search) add(w uint64, parent uint32, choice uint8) uint32 {
	n := uint32(len(s.parent))
	s.number[w] = n
	s.parent, s.choice = append(s.parent, parent), append(s.choice, choice)
	return n
}

// visit records w's successors, and adds the new ones to next. It reports false if a law is
// broken.
func (s *search) visit(w *world, succ []successor, next *[]world) bool {
	at := uint32(len(s.edge))
	s.edge = append(s.edge, uint32(len(s.to)))
	rests := true
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
		k := s.md.kind(succ[c].event)
		s.to = append(s.to, newEdge(n, k))
		rests = rests && k == faulty
	}
	if broken := s.md.lawOfRest(w); rests && broken != "" && !s.md.safety {
		s.unfinished = true
		return s.fail(broken, at)
	}
	return true
}

// fail records the broken law, by a path to a world and the choices after it.
func (s *search) fail(law string, at uint32, choices ...uint8) bool {
	s.broken, s.culprit, s.choices = law, at, choices
	return false
}

// path returns the choices that lead to the broken law.
func (s *search) path() []uint8 {
	path := s.choices
	for n := s.culprit; n != 0; n = s.parent[n] {
		path = append([]uint8{s.choice[n]}, path...)
	}
	return path
}
