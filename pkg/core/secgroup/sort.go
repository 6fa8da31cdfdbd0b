package secgroup

import (
	"cmp"
	"slices"
)

// sorted returns the rules in order, without repeats. It sorts small keys first, then copies
// each rule once. The keys of a common group stay off the heap.
func sorted(rules []Rule) []Rule {
	var few [64]key
	keys := few[:0]
	if len(rules) > len(few) {
		keys = make([]key, 0, len(rules))
	}
	for i := range rules {
		keys = append(keys, keyOf(&rules[i], int32(i)))
	}
	slices.SortFunc(keys, func(a, b key) int {
		switch {
		case a.prefix < b.prefix:
			return -1
		case a.prefix > b.prefix:
			return +1
		case a.exact && b.exact && a.hi != b.hi:
			return cmp.Compare(a.hi, b.hi)
		}
		return compareRules(&rules[a.rule], &rules[b.rule])
	})
	inOrder := make([]Rule, 0, len(rules))
	for _, k := range keys {
		if n := len(inOrder); n == 0 || inOrder[n-1] != rules[k.rule] {
			inOrder = append(inOrder, rules[k.rule])
		}
	}
	return inOrder
}

// key stands for a rule while rules are sorted.
type key struct {
	prefix uint64
	hi     uint64 // of the peer's address
	rule   int32
	exact  bool // between two exact keys of the same prefix, only the peers differ
}

func keyOf(r *Rule, i int32) key {
	exact := r.Direction < 3 && r.Protocol >= -1 && r.Protocol < 510 && keeps(r.Ports.First) && keeps(r.Ports.Last)
	return key{r.prefix(), r.Peer.hi, i, exact}
}

// mostPort is greater than any port, and is the most that a prefix can hold.
const mostPort = 1<<17 - 1

// keeps reports whether the prefix has a value for this port alone.
func keeps(port int32) bool { return port >= -1 && port < mostPort-1 }

// prefix returns a number by which most rules are in order. If the numbers of two rules
// differ, the rule with the lower one is first.
func (r *Rule) prefix() uint64 {
	direction := uint64(min(r.Direction, 3))
	proto := uint64(max(0, min(int(r.Protocol)+1, 511)))
	first := uint64(max(0, min(int(r.Ports.First)+1, mostPort)))
	last := uint64(max(0, min(int(r.Ports.Last)+1, mostPort)))
	return direction<<62 | proto<<53 | first<<36 | last<<19 | uint64(r.Peer.kind)<<16 | r.Peer.hi>>48
}
