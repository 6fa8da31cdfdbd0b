package report

import (
	"fmt"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// The chart shows the latest audits. It needs fewestPoints, because a few audits say no more
// than the tiles.
const (
	mostPoints   = 90
	fewestPoints = 3
)

// chart returns the points to draw, or nil if there are too few.
func chart(points []drift.Point) history {
	points = points[max(0, len(points)-mostPoints):]
	if len(points) < fewestPoints {
		return nil
	}
	return points
}

// history is a list of audits, the latest last.
type history []drift.Point

// css limits the width of a few bars.
func (v history) css() string {
	return fmt.Sprintf(".history>*{max-width:%dpx}\n", max(200, 18*len(v)))
}

func (v history) figure() g.Node {
	if len(v) == 0 {
		return nil
	}
	first, last, most := v[0], v[len(v)-1], v.most()
	text := fmt.Sprintf("Drifts in the last %d audits: %d now, %d at the most.", len(v), last.Counts.Total(), most)
	return h.Figure(h.Class("history"),
		h.FigCaption(g.Text("Drift over time")),
		drawing(len(v)*barStep, barHeight, stretched(), pictured(text), v.bars(most)),
		h.P(h.Class("axis"), h.Span(g.Text(minute(first.At))), h.Span(g.Textf("most %d", most)),
			h.Span(g.Text(minute(last.At)))),
	)
}

// most returns the largest number of drifts in one audit.
func (v history) most() (n int) {
	for _, p := range v {
		n = max(n, p.Counts.Total())
	}
	return n
}

// The chart's measures: a bar is barWidth wide, the next one begins barStep further right, and
// the highest is barHeight high.
const (
	barStep   = 10
	barWidth  = 8.4
	barHeight = 100
)

func (v history) bars(most int) (bars g.Group) {
	for i, p := range v {
		x := float64(i * barStep)
		bars = append(bars, titled(pointText(p), rect("hit", x, 0, barStep, barHeight), bar(p.Counts, x, most)))
	}
	return bars
}

// bar stacks the severities, the highest at the bottom.
func bar(counts drift.Counts, x float64, most int) (stack g.Group) {
	y := float64(barHeight)
	for s := drift.Critical; s >= drift.Informational; s-- {
		if counts[s] == 0 {
			continue
		}
		height := barHeight * float64(counts[s]) / float64(max(1, most))
		y = max(0, y-height) // rounding may leave a sum below 0
		stack = append(stack, rect("fill"+digit(s), x, y, barWidth, height))
	}
	return stack
}

func pointText(p drift.Point) string {
	if tally := tally(p.Counts); tally != "" {
		return minute(p.At) + ": " + tally
	}
	return minute(p.At) + ": no drift"
}
