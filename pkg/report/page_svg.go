package report

import (
	"fmt"
	"math"
	"strconv"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

// drawing is an SVG of the given units.
func drawing(width, height int, inside ...g.Node) g.Node {
	return h.SVG(g.Attr("viewBox", fmt.Sprintf("0 0 %d %d", width, height)), g.Group(inside))
}

// stretched makes a drawing fill its room without keeping its proportions.
func stretched() g.Node { return g.Attr("preserveAspectRatio", "none") }

// pictured describes a drawing to screen readers.
func pictured(text string) g.Node { return g.Group{h.Role("img"), h.Aria("label", text)} }

// unspoken hides an element from screen readers, because its text is elsewhere on the page.
func unspoken() g.Node { return h.Aria("hidden", "true") }

// titled is a part of a drawing with a tooltip.
func titled(title string, inside ...g.Node) g.Node {
	return g.El("g", g.El("title", g.Text(title)), g.Group(inside))
}

func rect(class string, x, y, width, height float64, inside ...g.Node) g.Node {
	return g.El("rect", h.Class(class), at("x", x), at("y", y), at("width", width), at("height", height),
		g.Group(inside))
}

// at is an SVG attribute, rounded to a hundredth of a unit. SVG's default is 0, so 0 is left
// out.
func at(name string, n float64) g.Node {
	if n == 0 {
		return nil
	}
	return g.Attr(name, strconv.FormatFloat(math.Round(n*100)/100, 'f', -1, 64))
}
