package report

import (
	"fmt"
	"math"
	"slices"
	"sort"
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

// room is how many columns there is room for: a few are not drawn broad.
func (c *columns) room() int { return max(fewestColumns, c.count()) }

// cellView is one cell of a group's strip.
type cellView struct {
	Column int
	State  audit.State
	Label  string // the ports in it
}

// MarshalJSON writes a cell as a list.
func (c cellView) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "[%d,%q,%q]", c.Column, string(c.State[:1]), c.Label), nil
}

// explained is open and not asked, and no drift: an exception, or EC2's default.
const explained audit.State = "explained"

// states are ordered by how much they matter.
var states = []audit.State{audit.Both, explained, audit.Asked, audit.Present}

// cells puts a group's spans into columns. Of what falls into one, it shows what
// matters most.
func (c *columns) cells(g section) (cells []cellView) {
	for _, s := range g.Strip {
		k := laneKey{s.Direction, s.Protocol}
		if s.State == audit.Present && !g.drifted(s) {
			s.State = explained
		}
		l := c.lanes[c.index[k]]
		i := sort.Search(len(l.columns), func(i int) bool { return l.columns[i].Last >= s.Ports.First })
		for ; i < len(l.columns) && l.columns[i].First <= s.Ports.Last; i++ {
			cell := cellView{c.first[k] + i, s.State, laneText(k) + portsText(k, s.Ports)}
			if n := len(cells); n > 0 && cells[n-1].Column == cell.Column {
				cells[n-1] = both(cells[n-1], cell)
			} else {
				cells = append(cells, cell)
			}
		}
	}
	return cells
}

// drifted reports whether a drift is about ports of a span.
func (s section) drifted(span audit.Span) bool {
	for _, d := range s.drifts {
		r := d.Rule.Rule
		switch {
		case !r.Peer.IsValid() || r.Direction != span.Direction:
		case r.Protocol == secgroup.All:
			return true
		case r.Protocol == span.Protocol && (!r.Protocol.HasPorts() || r.Ports.First <= span.Ports.Last && span.Ports.First <= r.Ports.Last):
			return true
		}
	}
	return false
}

func both(a, b cellView) cellView {
	if slices.Index(states, b.State) > slices.Index(states, a.State) {
		a.State = b.State
	}
	if len(a.Label) < 80 {
		a.Label += ", " + b.Label
	} else if !strings.HasSuffix(a.Label, ", ...") {
		a.Label += ", ..."
	}
	return a
}

// X is where a cell is drawn: columns are ten wide.
func (c cellView) X() int { return c.Column * 10 }

// Title says what a cell shows.
func (c cellView) Title() string { return c.Label + ": " + stateText[c.State] }

var stateText = map[audit.State]string{
	audit.Both:    "open, as asked",
	audit.Asked:   "asked, and not all open",
	audit.Present: "open, and not all asked",
	explained:     "open, not asked, and no drift",
}

func laneText(k laneKey) string {
	name := k.protocol.String()
	if k.protocol == secgroup.All {
		name = "all traffic"
	}
	if k.direction == secgroup.Egress {
		return name + " out"
	}
	return name + " in"
}

func portsText(k laneKey, p secgroup.Ports) string {
	if !k.protocol.HasPorts() {
		return ""
	}
	return " " + p.String()
}

// stripView is the head of the heat strip.
type stripView struct {
	Width int
	Lanes []laneView
}

// laneView is the head of one lane.
type laneView struct {
	Class  string
	Name   string // "": it is in the labels
	Labels []string
}

// wideLane is how many columns it takes to write a lane's name above them.
const wideLane = 4

func (c *columns) view() stripView {
	v := stripView{Width: c.room() * 10}
	for i, l := range c.lanes {
		head := laneView{Class: fmt.Sprint("lane", i), Name: laneText(l.laneKey)}
		for _, p := range l.columns {
			head.Labels = append(head.Labels, strings.TrimSpace(portsText(l.laneKey, p)))
		}
		if len(l.columns) < wideLane { // no room above them
			for j, label := range head.Labels {
				head.Labels[j] = strings.TrimSpace(head.Name + " " + label)
			}
			head.Name = ""
		}
		v.Lanes = append(v.Lanes, head)
	}
	return v
}

// css lays the head out above the strips.
func (c *columns) css() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n.cols{grid-template-columns:repeat(%d,minmax(0,1fr))}\n", c.room())
	for i, l := range c.lanes {
		fmt.Fprintf(&b, ".lane%d{grid-column:span %d}\n", i, len(l.columns))
	}
	return b.String()
}
