package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// The heat strip has at most mostColumns. If there would be more, neighbours are merged until
// about goodColumns are left.
const (
	mostColumns = 40
	goodColumns = 28

	fewestColumns = 18
	columnWidth   = 10
)

// columns are the heat strip's columns, the same for every group. Each is one range of ports,
// or several neighbouring ranges if there would be too many columns.
type columns struct {
	lanes []lane
	first map[laneKey]int // a lane's first column
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

// columnsOf cuts the ports at each place at which a span of any group begins or ends. For
// example, 1-100 and 50-60 give the columns 1-49, 50-60 and 61-100.
func columnsOf(groups []drift.Group) *columns {
	cuts := make(map[laneKey]map[int32]int) // +1 at the begin of a span, -1 after its end
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
		return secgroup.Rule{Direction: a.direction, Protocol: a.protocol}.Compare(secgroup.Rule{Direction: b.direction,
			Protocol: b.protocol})
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

// atomsOf returns the ranges between cuts that are part of a span.
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

// reach returns the ratio of a column's ends: 8000 to 8004 reaches little, 22 to 80 much.
func reach(first, last int32) float64 { return float64(last+1) / float64(first+1) }

// furthest returns the limit for a column's reach that leaves at most goodColumns; 0 means that
// no columns need merging.
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

// merged joins neighbours to columns that reach at most furthest.
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

// width returns a strip's width; a column is columnWidth wide.
func (c *columns) width() int { return c.room() * columnWidth }

// room returns how many columns fit. A few columns do not fill the width.
func (c *columns) room() int { return max(fewestColumns, c.count()) }

// css places the head's labels above the strips.
func (c *columns) css() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n.cols{grid-template-columns:repeat(%d,minmax(0,1fr))}\n", c.room())
	for i, l := range c.lanes {
		fmt.Fprintf(&b, ".lane%d{grid-column:span %d}\n", i, len(l.columns))
	}
	return b.String()
}
