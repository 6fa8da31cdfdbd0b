package secgroup

import "sort"

// spans is a union of spans, in order. No two of them overlap or adjoin.
type spans []span

// join appends s, which must not begin before the last span of c does.
func (c spans) join(s span) spans {
	if n := len(c); n > 0 && s.first <= c[n-1].last+1 {
		c[n-1].last = max(c[n-1].last, s.last)
		return c
	}
	return append(c, s)
}

// union appends to dst the union of c and d.
func (c spans) union(d spans, dst spans) spans {
	for len(c) > 0 || len(d) > 0 {
		if len(d) == 0 || len(c) > 0 && c[0].first <= d[0].first {
			c, d = d, c
		}
		dst, d = dst.join(d[0]), d[1:]
	}
	return dst
}

// meet appends to dst the intersection of c and d.
func (c spans) meet(d spans, dst spans) spans {
	for len(c) > 0 && len(d) > 0 {
		if s := (span{max(c[0].first, d[0].first), min(c[0].last, d[0].last)}); s.first <= s.last {
			dst = append(dst, s)
		}
		if c[0].last < d[0].last {
			c = c[1:]
		} else {
			d = d[1:]
		}
	}
	return dst
}

// reach returns the end of the span of c that holds at, or at-1 if none does.
func (c spans) reach(at int32) int32 {
	i := sort.Search(len(c), func(i int) bool { return c[i].last >= at })
	if i == len(c) || c[i].first > at {
		return at - 1
	}
	return c[i].last
}

// next returns the first number after at that begins a span of c.
func (c spans) next(at int32) int32 {
	i := sort.Search(len(c), func(i int) bool { return c[i].first > at })
	if i == len(c) {
		return lineLast + 1
	}
	return c[i].first
}
