package tracepage

import (
	"fmt"
	"strconv"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

// The drawing's measures, in pixels.
const (
	rowHeight  = 19
	headHeight = 34
	timeWidth  = 92
	leaseAt    = timeWidth + 18
	ticketsAt  = leaseAt + 34
	ec2At      = ticketsAt + 118
	lanesAt    = ec2At + 34
	laneWidth  = 18
	textWidth  = 620
	mostBar    = 40 // of the tickets that wait
)

func drawing(rows []row, lanes int) g.Node {
	height := headHeight + rowHeight*len(rows)
	textAt := lanesAt + laneWidth*lanes + 14
	var parts g.Group
	parts = append(parts, heads(lanes, height, textAt))
	for i, r := range rows {
		parts = append(parts, r.draw(headHeight+i*rowHeight, textAt))
	}
	return h.Div(h.Class("drawing"), h.SVG(
		h.Width(strconv.Itoa(textAt+textWidth)), h.Height(strconv.Itoa(height+8)), h.Role("img"),
		h.Aria("label", fmt.Sprintf("%d steps of %d functions, in order", len(rows), lanes)), parts))
}

// heads are the names of the columns, and the lanes' lines.
func heads(lanes, height, textAt int) g.Node {
	var parts g.Group
	for _, column := range []struct {
		at   int
		name string
	}{{0, "time"}, {leaseAt - 12, "lease"}, {ticketsAt, "served / tickets"}, {ec2At - 9, "EC2"}, {textAt, "step"}} {
		parts = append(parts, label("head", column.at, 14, column.name))
	}
	for i := range lanes {
		x := lanesAt + i*laneWidth
		parts = append(parts, label("head", x-6, 14, fmt.Sprintf("F%d", i+1)),
			g.El("line", h.Class("laneline"), number("x1", x), number("x2", x), number("y1", headHeight-12),
				number("y2", height)))
	}
	return parts
}

func (r row) draw(y, textAt int) g.Node {
	middle := y + rowHeight/2
	parts := g.Group{g.El("title", g.Text(r.title()))}
	if r.broken {
		parts = append(parts, rect("broken", 0, y, textAt+textWidth, rowHeight))
	}
	if r.Line != nil {
		parts = append(parts, label("time", 0, middle+4, r.Line.At.Time().Format("15:04:05.000")))
	}
	parts = append(parts, r.drawHead(y, middle)...)
	class := "text"
	if r.Line == nil {
		class = "text unlogged"
	} else {
		parts = append(parts, r.mark(middle))
	}
	parts = append(parts, label(class, textAt, middle+4, r.label()))
	return g.El("g", parts)
}

// drawHead draws the lease and the tickets after the event.
func (r row) drawHead(y, middle int) (parts g.Group) {
	switch {
	case !r.Known && !r.broken:
		return nil
	case r.holder == -2:
		parts = append(parts, rect("held other", leaseAt-5, y, 10, rowHeight))
	case r.holder >= 0:
		parts = append(parts, rect("held "+color(r.holder), leaseAt-5, y, 10, rowHeight))
	default:
		parts = append(parts, rect("freelease", leaseAt-1, y, 2, rowHeight))
	}
	if wait := int(r.Head.Want - r.Head.Applied); wait > 0 {
		parts = append(parts, rect("waits", ticketsAt+62, middle-2, min(mostBar, 3*wait), 5))
	}
	return append(parts, label("tickets", ticketsAt, middle+4, fmt.Sprintf("%d / %d", r.Head.Applied, r.Head.Want)))
}

// mark draws the step in its function's lane, and in the column of EC2.
func (r row) mark(middle int) g.Node {
	x := lanesAt + r.lane*laneWidth
	if r.Line.Lost {
		return g.Group{cross(x, middle), g.If(r.toEC2(), cross(ec2At, middle))}
	}
	if r.toEC2() {
		return g.Group{square("ec2 "+color(r.lane), x, middle), square("ec2", ec2At, middle)}
	}
	if r.writes() {
		return circle("write "+color(r.lane), x, middle, 5)
	}
	return circle("read "+color(r.lane), x, middle, 3)
}

func number(name string, n int) g.Node { return g.Attr(name, strconv.Itoa(n)) }

func rect(class string, x, y, width, height int) g.Node {
	return g.El("rect", h.Class(class), number("x", x), number("y", y), number("width", width),
		number("height", height))
}

func square(class string, x, y int) g.Node { return rect(class, x-4, y-4, 8, 8) }

func circle(class string, x, y, r int) g.Node {
	return g.El("circle", h.Class(class), number("cx", x), number("cy", y), number("r", r))
}

func cross(x, y int) g.Node {
	return g.El("path", h.Class("lost"), g.Attr("d", fmt.Sprintf("M%d %dl8 8m0 -8l-8 8", x-4, y-4)))
}

func label(class string, x, y int, s string) g.Node {
	return g.El("text", h.Class(class), number("x", x), number("y", y), g.Text(s))
}
