package performance_test

import (
	"bytes"
	"fmt"
	"html/template"
	"math"
	"time"
)

// plot is a chart of lines. Both axes are logarithmic.
type plot struct {
	Title, X, Y string
	Lines       []line
}

type line struct {
	Name   string
	Points [][2]float64
}

// plots returns the plots of the document, by file name.
func (f figures) plots() map[string]plot {
	return map[string]plot{
		"calls": {"EC2 calls of a storm on one group", "launches", "EC2 calls",
			f.byWay(func(s storm) float64 { return float64(s.EC2) })},
		"waits": {"How long a launch waits, 99th percentile", "launches on one group", "seconds",
			f.byWay(func(s storm) float64 { return s.P99.Seconds() })},
		"scale":   {"1,000 groups in ten accounts", "launches a minute", "seconds a launch waits", f.scaled()},
		"algebra": {"Comparing two sets of rules", "rules", "microseconds", f.compared()},
	}
}

func (f figures) byWay(of func(storm) float64) (lines []line) {
	at := make(map[string]int)
	for _, s := range f.Storms {
		if s.Groups > 1 || s.Title != "at once" {
			continue
		}
		i, known := at[s.Way]
		if !known {
			i = len(lines)
			at[s.Way] = i
			lines = append(lines, line{Name: s.Way})
		}
		lines[i].Points = append(lines[i].Points, [2]float64{float64(s.Launches), of(s)})
	}
	return lines
}

func (f figures) scaled() []line {
	median, p99 := line{Name: "median"}, line{Name: "99th percentile"}
	for _, s := range f.Scales {
		rate := float64(s.Launches) / float64(s.Within/time.Minute)
		median.Points = append(median.Points, [2]float64{rate, s.Median.Seconds()})
		p99.Points = append(p99.Points, [2]float64{rate, s.P99.Seconds()})
	}
	return []line{median, p99}
}

func (f figures) compared() (lines []line) {
	for _, of := range []struct{ name, title, suffix string }{
		{"BenchmarkDiff", "secgroup.Compare", ""},
		{"BenchmarkDiff", "with making the sets", "/with_sets"},
		{"BenchmarkDiffByText", "texts in maps", ""},
	} {
		l := line{Name: of.title}
		for n := 10; n <= 100_000; n *= 10 {
			if ns := f.Benchmarks.Results[fmt.Sprintf("%s/%d%s", of.name, n, of.suffix)]["ns/op"]; ns > 0 {
				l.Points = append(l.Points, [2]float64{float64(n), ns / 1e3})
			}
		}
		lines = append(lines, l)
	}
	return lines
}

const (
	left, top, width, height = 84, 44, 520, 260
	lineHeight               = 20
)

// drawn is a plot in the coordinates of its picture.
type drawn struct {
	plot
	Width, Height int
	XTicks        []tick
	YTicks        []tick
	Curves        []curve
}

type tick struct {
	At   float64
	Text string
}

type curve struct {
	Name    string
	Class   string
	Points  string
	Dots    [][2]float64
	LegendY int
}

// svg draws the plot, for light and dark pages.
func (p plot) svg() []byte {
	x := axisOf(p.Lines, 0)
	y := axisOf(p.Lines, 1)
	d := drawn{plot: p, Width: left + width + 40, Height: top + height + 48 + lineHeight*len(p.Lines)}
	for e := x.from; e <= x.to; e++ {
		d.XTicks = append(d.XTicks, tick{left + x.place(math.Pow10(e))*width, decade(e)})
	}
	for e := y.from; e <= y.to; e++ {
		d.YTicks = append(d.YTicks, tick{top + height - y.place(math.Pow10(e))*height, decade(e)})
	}
	for i, l := range p.Lines {
		c := curve{Name: l.Name, Class: fmt.Sprint("l", i), LegendY: top + height + 52 + lineHeight*i}
		for _, point := range l.Points {
			dot := [2]float64{round(left + x.place(point[0])*width), round(top + height - y.place(point[1])*height)}
			c.Dots = append(c.Dots, dot)
			c.Points += fmt.Sprintf("%g,%g ", dot[0], dot[1])
		}
		d.Curves = append(d.Curves, c)
	}
	var out bytes.Buffer
	if err := picture.Execute(&out, d); err != nil {
		panic(err) // an error in the template
	}
	return out.Bytes()
}

func round(x float64) float64 { return math.Round(x*10) / 10 }

// axis is a range of whole decades.
type axis struct{ from, to int }

func axisOf(lines []line, of int) axis {
	least, most := math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		for _, p := range l.Points {
			least, most = min(least, p[of]), max(most, p[of])
		}
	}
	a := axis{int(math.Floor(math.Log10(least))), int(math.Ceil(math.Log10(most)))}
	a.to = max(a.to, a.from+1)
	return a
}

// place returns the position of a value on the axis, from 0 to 1.
func (a axis) place(value float64) float64 {
	return (math.Log10(value) - float64(a.from)) / float64(a.to-a.from)
}

func decade(e int) string {
	if e < 0 {
		return fmt.Sprintf("%.*f", -e, math.Pow10(e))
	}
	text := fmt.Sprintf("%.0f", math.Pow10(e))
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

var picture = template.Must(template.New("plot").Parse(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{.Width}} {{.Height}}" role="img" aria-label="{{.Title}}">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 15px }
.grid { stroke: #d0d7de; stroke-width: 1 }
polyline { fill: none; stroke-width: 2.5 }
.l0 { stroke: #0969da; fill: #0969da } .l1 { stroke: #bc4c00; fill: #bc4c00 } .l2 { stroke: #8250df; fill: #8250df }
polyline.l0, polyline.l1, polyline.l2 { fill: none }
.ground { fill: #ffffff }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .grid { stroke: #3d444d } .ground { fill: #0d1117 }
.l0 { stroke: #4493f8; fill: #4493f8 } .l1 { stroke: #f0883e; fill: #f0883e } .l2 { stroke: #ab7df8; fill: #ab7df8 }
}
</style>
<rect class="ground" width="100%" height="100%"/>
<text class="title" x="84" y="24">{{.Title}}</text>
{{range .YTicks}}<line class="grid" x1="84" x2="604" y1="{{.At}}" y2="{{.At}}"/><text x="76" y="{{.At}}" dy="4" text-anchor="end">{{.Text}}</text>
{{end}}{{range .XTicks}}<line class="grid" x1="{{.At}}" x2="{{.At}}" y1="44" y2="304"/><text x="{{.At}}" y="322" text-anchor="middle">{{.Text}}</text>
{{end}}<text x="604" y="340" text-anchor="end">{{.X}}</text><text x="604" y="24" text-anchor="end">{{.Y}}</text>
{{range .Curves}}<polyline class="{{.Class}}" points="{{.Points}}"/>{{$class := .Class}}{{range .Dots}}<circle class="{{$class}}" cx="{{index . 0}}" cy="{{index . 1}}" r="3.5"/>{{end}}
<line class="{{.Class}}" x1="84" x2="108" y1="{{.LegendY}}" y2="{{.LegendY}}" stroke-width="2.5"/><text x="116" y="{{.LegendY}}" dy="4">{{.Name}}</text>
{{end}}</svg>
`))
