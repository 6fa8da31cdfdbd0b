package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/console"
)

// timelineView is who opened what, from when until when.
type timelineView struct {
	Ticks    []string
	Now      int // of 1000
	Requests []requestView
}

// requestView is one launch's request of a group. X and Width are of 1000.
type requestView struct {
	Launch  string `json:"l"`
	Group   int    `json:"g"`
	Name    string `json:"-"`
	Rules   string `json:"r"`
	Status  string `json:"t"`
	Since   string `json:"s"`
	Until   string `json:"u"`
	X       int    `json:"x"`
	Width   int    `json:"w"`
	Endless bool   `json:"e,omitempty"`
}

// Title says all of it.
func (r requestView) Title() string {
	return fmt.Sprintf("%s: %s, from %s until %s, %s", r.Launch, r.Rules, r.Since, r.Until, r.Status)
}

// The timeline's reach about the audit.
const (
	mostPast   = 30 * 24 * time.Hour
	mostFuture = 14 * 24 * time.Hour
	ticks      = 5
)

// timelineOf returns every request, the open ones first, the newest first.
func timelineOf(all []section, now time.Time) (timelineView, []requestView) {
	type item struct {
		*audit.Request
		group int
	}
	var items []item
	for i, s := range all {
		for j := range s.Requests {
			items = append(items, item{&s.Requests[j], i})
		}
	}
	slices.SortStableFunc(items, func(a, b item) int {
		if open := b2i(b.Status == claim.Open) - b2i(a.Status == claim.Open); open != 0 {
			return open
		}
		return b.Since.Compare(a.Since)
	})
	from, to := now.Add(-time.Hour), now.Add(time.Hour)
	for _, i := range items {
		from, to = earlier(from, i.Since), later(to, i.Until)
	}
	from, to = later(from, now.Add(-mostPast)), earlier(to, now.Add(mostFuture))
	s := scale{from, to}
	views := make([]requestView, 0, len(items))
	for _, i := range items {
		views = append(views, s.request(i.Request, i.group, cmpName(all[i.group])))
	}
	return timelineView{Ticks: s.ticks(), Now: s.x(now)}, views
}

func cmpName(s section) string {
	if s.Name != "" {
		return limited(console.Printable(s.Name), 255)
	}
	return console.Printable(s.ID)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func earlier(a, b time.Time) time.Time {
	if !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// scale is a span of time, drawn 1000 wide.
type scale struct{ from, to time.Time }

func (s scale) x(t time.Time) int {
	x := int(1000 * t.Sub(s.from) / s.to.Sub(s.from))
	return max(0, min(1000, x))
}

// ticks are the times at even distances.
func (s scale) ticks() (texts []string) {
	span := s.to.Sub(s.from)
	layout := "2 Jan"
	if span < 4*24*time.Hour {
		layout = "2 Jan 15:04"
	}
	for i := range ticks {
		texts = append(texts, s.from.Add(span*time.Duration(i)/(ticks-1)).UTC().Format(layout))
	}
	return texts
}

func (s scale) request(r *audit.Request, group int, name string) requestView {
	v := requestView{
		Launch: limited(console.Printable(r.Launch.Name), 128), Group: group, Name: name, Rules: rulesText(r),
		Status: string(r.Status), Since: minute(r.Since), Until: minute(r.Until), X: s.x(r.Since),
	}
	end := s.to
	if !r.Until.IsZero() {
		end = r.Until
	} else if v.Endless = r.Status == claim.Open; v.Endless {
		v.Until = "its end"
	}
	v.X = min(v.X, 994)
	v.Width = max(6, s.x(end)-v.X)
	return v
}

// rulesText is the traffic of a request, in short.
func rulesText(r *audit.Request) string {
	const most = 4
	var texts []string
	for _, rule := range r.Rules {
		text := rule.Protocol.String()
		if ports := rule.Ports.String(); rule.Protocol.HasPorts() {
			text += " " + ports
		}
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	if n := len(texts); n > most {
		texts = append(texts[:most-1], fmt.Sprintf("%d more", n-most+1))
	}
	return strings.Join(texts, ", ")
}
