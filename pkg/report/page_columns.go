package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// The heat strip has at most mostColumns. Where there would be more, close ones
// become one until there are about goodColumns.
const (
	mostColumns = 40
	goodColumns = 28

	fewestColumns = 18
	columnWidth   = 10
)

// columns are those of the heat strip: ports that are the same in every group,
// or runs of them where there would be too many.
type columns struct {
	lanes []lane
	first map[laneKey]int // column of a lane, and which lane
	index map[laneKey]int
}

// laneKey is a direction and a protocol.
type laneKey struct {
	direction secgroup.Direction
	protocol  secgroup.Protocol
}

type lane struct {
	laneKey
	columns []secgroup.Ports
}

// columnsOf cuts the ports where a span of any group begins or ends.
func columnsOf(groups []audit.Group) *columns {
	cuts := make(map[laneKey]map[int32]int) // +1 where a span begins, -1 after its end
	for i := range groups {
		for _, s := range groups[i].Strip {
			k := laneKey{s.Direction, s.Protocol}
			if cuts[k] == nil {
				cuts[k] = make(map[int32]int)
			}
			cuts[k][s.Ports.First]++
			cuts[k][s.Ports.Last+1]--
		}
	}
	c := &columns{first: make(map[laneKey]int), index: make(map[laneKey]int)}
	atoms := 0
	for k, at := range cuts {
		l := lane{k, atomsOf(at)}
		atoms += len(l.columns)
		c.lanes = append(c.lanes, l)
	}
	slices.SortFunc(c.lanes, func(a, b lane) int {
		return secgroup.Rule{Direction: a.direction, Protocol: a.protocol}.Compare(secgroup.Rule{Direction: b.direction, Protocol: b.protocol})
	})
	far := furthest(c.lanes, atoms)
	n := 0
	for i := range c.lanes {
		l := &c.lanes[i]
		l.columns = merged(l.columns, far)
		c.first[l.laneKey], c.index[l.laneKey] = n, i
		n += len(l.columns)
	}
	return c
}

// atomsOf returns the ports between cuts that a span holds.
func atomsOf(cuts map[int32]int) (atoms []secgroup.Ports) {
	at := make([]int32, 0, len(cuts))
	for port := range cuts {
		at = append(at, port)
	}
	slices.Sort(at)
	open := 0
	for i := range at[:max(0, len(at)-1)] {
		if open += cuts[at[i]]; open > 0 {
			atoms = append(atoms, secgroup.Ports{First: at[i], Last: at[i+1] - 1})
		}
	}
	return atoms
}

// reach is how far a column of these ports reaches, by proportion: 8000 to 8004
// is next to nothing, and 22 to 80 is not.
func reach(first, last int32) float64 { return float64(last+1) / float64(first+1) }

// furthest is how far a column may reach: so far that there are not too many.
func furthest(lanes []lane, atoms int) float64 {
	if atoms <= mostColumns {
		return 0
	}
	low, high := 1.0, 65536.0
	for high/low > 1.0001 {
		middle, n := math.Sqrt(low*high), 0
		for _, l := range lanes {
			n += len(merged(l.columns, middle))
		}
		if n > goodColumns {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// merged makes one column of neighbours, as far as one may reach.
func merged(atoms []secgroup.Ports, furthest float64) (some []secgroup.Ports) {
	for i, a := range atoms {
		if i > 0 && reach(some[len(some)-1].First, a.Last) <= furthest {
			some[len(some)-1].Last = a.Last
		} else {
			some = append(some, a)
		}
	}
	return some
}

func (c *columns) count() (n int) {
	for _, l := range c.lanes {
		n += len(l.columns)
	}
	return n
}

// width is that of a strip: columns are ten wide.
func (c *columns) width() int { return c.room() * columnWidth }

// room is how many columns there is room for: a few are not drawn broad.
func (c *columns) room() int { return max(fewestColumns, c.count()) }

// css lays the head out above the strips.
func (c *columns) css() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n.cols{grid-template-columns:repeat(%d,minmax(0,1fr))}\n", c.room())
	for i, l := range c.lanes {
		fmt.Fprintf(&b, ".lane%d{grid-column:span %d}\n", i, len(l.columns))
	}
	return b.String()
}
