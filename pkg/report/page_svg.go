package report

import (
	"fmt"
	"math"
	"strconv"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

// drawing is an SVG so many units wide and high.
func drawing(width, height int, inside ...g.Node) g.Node {
	return h.SVG(g.Attr("viewBox", fmt.Sprintf("0 0 %d %d", width, height)), g.Group(inside))
}

// stretched fills what room the drawing has, whatever becomes of its proportions.
func stretched() g.Node { return g.Attr("preserveAspectRatio", "none") }

// pictured says what a drawing shows to those who do not see it.
func pictured(text string) g.Node { return g.Group{h.Role("img"), h.Aria("label", text)} }

// unspoken is for those who see it: all of it stands elsewhere as text.
func unspoken() g.Node { return h.Aria("hidden", "true") }

// titled is a part of a drawing that says what it is when it is pointed at.
func titled(title string, inside ...g.Node) g.Node {
	return g.El("g", g.El("title", g.Text(title)), g.Group(inside))
}

func rect(class string, x, y, width, height float64, inside ...g.Node) g.Node {
	return g.El("rect", h.Class(class), at("x", x), at("y", y), at("width", width), at("height", height), g.Group(inside))
}

// at is a place or a length, to a hundredth of a unit; nothing says 0.
func at(name string, n float64) g.Node {
	if n == 0 {
		return nil
	}
	return g.Attr(name, strconv.FormatFloat(math.Round(n*100)/100, 'f', -1, 64))
}
