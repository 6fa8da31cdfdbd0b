package report

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

func (c *columns) strip(name string, cells []cellView) g.Node {
	return drawing(c.width(), 10, h.Class("strip"), stretched(), pictured("Ports of "+name),
		rect("ground", 0, 0, float64(c.width()), 10), g.Map(cells, cellView.rect))
}

// cellView is one cell of a group's strip.
type cellView struct {
	Column int
	State  drift.State
	Label  string // the ports in it
}

// MarshalJSON writes a cell as a list, which is shorter than an object.
func (c cellView) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "[%d,%q,%q]", c.Column, string(c.State[:1]), c.Label), nil
}

// explained is the state of ports that are open, were not requested, and are no drift: an
// exception or EC2's default rules allow them.
const explained drift.State = "explained"

// states are in rising order of importance.
var states = []drift.State{drift.AsRequested, explained, drift.Requested, drift.Unrequested}

// cells maps a group's spans to columns. A cell has the most important state of its spans.
func (c *columns) cells(g section) (cells []cellView) {
	for _, s := range g.Strip {
		k := laneKey{s.Direction, s.Protocol}
		if s.State == drift.Unrequested && !g.drifted(s) {
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

// drifted reports whether a drift concerns a span's ports.
func (s section) drifted(span drift.Span) bool {
	for _, d := range s.drifts {
		r := d.Rule.Rule
		switch {
		case !r.Peer.IsValid() || r.Direction != span.Direction:
		case r.Protocol == secgroup.All:
			return true
		case r.Protocol == span.Protocol && (!r.Protocol.HasPorts() || r.Ports.First <= span.Ports.Last &&
			span.Ports.First <= r.Ports.Last):
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

func (c cellView) String() string { return c.Label + ": " + stateText[c.State] }

func (c cellView) rect() g.Node {
	return rect("cell "+string(c.State), float64(c.Column*columnWidth), 0, columnWidth-1, 10,
		g.El("title", g.Text(c.String())))
}

func (c cellView) item() g.Node { return h.Li(h.Class(string(c.State)), g.Text(c.String())) }

var stateText = map[drift.State]string{
	drift.AsRequested: "open, as requested",
	drift.Requested:   "requested, and not all open",
	drift.Unrequested: "open, and not all requested",
	explained:         "open, not requested, and no drift",
}
