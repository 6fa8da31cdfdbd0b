package report

import "time"

// How far the timeline reaches before and after the audit.
const (
	mostPast   = 30 * 24 * time.Hour
	mostFuture = 14 * 24 * time.Hour
	ticks      = 5
)

// scale maps a span of time to x from 0 to 1000.
type scale struct{ from, to time.Time }

// scaleOf spans all requests, from the first begin to the last end, within mostPast and
// mostFuture of the audit.
func scaleOf(requests []requestIn, now time.Time) scale {
	from, to := now.Add(-time.Hour), now.Add(time.Hour)
	for _, r := range requests {
		from, to = earlier(from, r.Since), later(to, r.Until)
	}
	return scale{later(from, now.Add(-mostPast)), earlier(to, now.Add(mostFuture))}
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

func (s scale) x(t time.Time) int {
	x := int(1000 * t.Sub(s.from) / s.to.Sub(s.from))
	return max(0, min(1000, x))
}

// ticks returns the labels of times at even distances.
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
