package report

import (
	"fmt"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// legend explains the colors of strips and quotas.
func legend() g.Node {
	return h.P(h.Class("legend"), unspoken(),
		colorKey("cell both", "open, as requested"),
		colorKey("cell asked", "requested, not all open"),
		colorKey("cell present", "open, not all requested"),
		colorKey("cell explained", "open, explained"),
		colorKey("cell", "neither"),
		h.Span(h.Class("quota-legend"),
			drawing(40, 10, rect("track", 0, 3, 40, 4), rect("ok", 0, 3, 18, 4), rect("mark", 32, 1, 1, 8)),
			g.Textf(" rules of the quota; the mark is at %d %%", drift.DefaultThreshold)),
	)
}

func colorKey(class, text string) g.Node {
	return h.Span(drawing(10, 10, rect(class, 0, 0, 10, 10)), g.Text(" "+text))
}

// groupHead is the head of the table of groups. Above the strips it names their ports.
func (p *page) groupHead() g.Node {
	var names, ports g.Group
	for i, l := range p.columns.lanes {
		names = append(names, h.Span(h.Class(fmt.Sprint("lane", i)), h.I(g.Text(l.heading()))))
		ports = append(ports, g.Map(l.labels(), portLabel))
	}
	return h.Div(h.Class("ghead"), unspoken(),
		h.Span(g.Text("Group")),
		h.Div(h.Class("cols lanes"), names),
		h.Span(h.Class("q"), g.Text("Quota")), h.Span(h.Class("m"), g.Text("Drifts")),
		h.Span(),
		h.Div(h.Class("cols ports"), ports),
	)
}

func portLabel(text string) g.Node { return h.Span(h.Title(text), h.I(g.Text(text))) }

// wideLane is the number of columns that a lane needs for its name.
const wideLane = 4

// heading returns a lane's name. If it does not fit, it is "", and the labels hold the name.
func (l lane) heading() string {
	if len(l.columns) < wideLane {
		return ""
	}
	return laneText(l.laneKey)
}

// labels returns the labels of a lane's columns.
func (l lane) labels() (labels []string) {
	for _, p := range l.columns {
		label := portsText(l.laneKey, p)
		if l.heading() == "" {
			label = laneText(l.laneKey) + label
		}
		labels = append(labels, strings.TrimSpace(label))
	}
	return labels
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
