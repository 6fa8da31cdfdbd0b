package claim

import (
	"cmp"
	"slices"
)

// Compare orders requests by their time of receipt, then by launch, and then by digest.
func (r Request) Compare(s Request) int { return compare(&r, &s) }

func compare(r, s *Request) int {
	if c := r.Received.Compare(s.Received); c != 0 {
		return c
	}
	a, b := r.Launch, s.Launch
	if c := cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Namespace, b.Namespace),
		cmp.Compare(a.Name, b.Name)); c != 0 {
		return c
	}
	return cmp.Compare(r.Digest(), s.Digest())
}

// InOrder returns the requests in the order of [Request.Compare]. It returns the slice
// itself if it is in order.
func InOrder(requests []Request) []Request {
	all := make([]*Request, len(requests))
	for i := range requests {
		all[i] = &requests[i]
	}
	if slices.IsSortedFunc(all, compare) {
		return requests
	}
	slices.SortFunc(all, compare)
	ordered := make([]Request, len(all))
	for i, r := range all {
		ordered[i] = *r
	}
	return ordered
}
