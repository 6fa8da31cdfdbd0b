package report

import (
	"fmt"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
)

// The chart shows the latest audits, and none at all of a few: the tiles tell as
// much.
const (
	mostPoints   = 90
	fewestPoints = 3
)

// css keeps the bars of a few audits from being broad.
func (v historyView) css() string {
	return fmt.Sprintf(".history>*{max-width:%dpx}\n", max(200, 18*len(v.Bars)))
}

// historyView is drift over time; Bars is empty where there is no history.
type historyView struct {
	Bars     []historyBar
	Width    int
	Most     int
	From, To string
	Text     string
}

// historyBar is one audit: a stack of severities.
type historyBar struct {
	X     int
	Parts []historyPart
	Title string
}

// historyPart is one severity of an audit; the chart is 100 high.
type historyPart struct {
	Severity  int
	Y, Height float64
}

func historyOf(points []audit.Point) (v historyView) {
	points = points[max(0, len(points)-mostPoints):]
	if len(points) < fewestPoints {
		return v
	}
	for _, p := range points {
		v.Most = max(v.Most, total(p.Counts))
	}
	first, last := points[0], points[len(points)-1]
	v.Width, v.From, v.To = len(points)*10, minute(first.At), minute(last.At)
	v.Text = fmt.Sprintf("Drifts in the last %d audits: %d now, %d at the most.", len(points), total(last.Counts), v.Most)
	for i, p := range points {
		v.Bars = append(v.Bars, v.bar(i, p))
	}
	return v
}

func (v *historyView) bar(i int, p audit.Point) historyBar {
	b := historyBar{X: i * 10, Title: minute(p.At) + ": no drift"}
	if tally := tally(p.Counts); tally != "" {
		b.Title = minute(p.At) + ": " + tally
	}
	y := 100.0
	for s := audit.Critical; s >= audit.Informational; s-- {
		if p.Counts[s] == 0 {
			continue
		}
		height := 100 * float64(p.Counts[s]) / float64(max(1, v.Most))
		y -= height
		b.Parts = append(b.Parts, historyPart{int(s), y, height})
	}
	return b
}
