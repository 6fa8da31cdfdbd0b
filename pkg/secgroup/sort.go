package secgroup

import (
	"cmp"
	"slices"
)

// sorted returns the rules in order, each once. It sorts small keys and moves
// each rule only once they are in order.
func sorted(rules []Rule) []Rule {
	keys := make([]key, len(rules))
	for i := range rules {
		keys[i] = key{rules[i].prefix(), int32(i)}
	}
	slices.SortFunc(keys, func(a, b key) int {
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
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
	rule   int32
}

// prefix is a number that is lower only for a rule that is before another, and
// for most such rules is lower.
func (r *Rule) prefix() uint64 {
	direction := uint64(min(r.Direction, 3))
	proto := uint64(max(0, min(int(r.Protocol)+1, 511)))
	first := uint64(max(0, min(int(r.Ports.First)+1, 1<<17-1)))
	last := uint64(max(0, min(int(r.Ports.Last)+1, 1<<17-1)))
	return direction<<62 | proto<<53 | first<<36 | last<<19 | uint64(r.Peer.kind)<<16 | r.Peer.hi>>48
}
