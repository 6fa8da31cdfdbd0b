package claim

import (
	"cmp"
	"slices"
)

// Compare orders requests by when they were received; those received together,
// by their keys.
func (r Request) Compare(s Request) int {
	if c := r.Received.Compare(s.Received); c != 0 {
		return c // a key costs a hash of all rules
	}
	return cmp.Compare(r.Key(), s.Key())
}

// InOrder returns the requests in the order of [Request.Compare]. It makes each
// key once: in a storm, many requests are received together.
func InOrder(requests []Request) []Request {
	type keyed struct {
		request *Request
		key     string
	}
	all := make([]keyed, len(requests))
	for i := range requests {
		all[i] = keyed{&requests[i], requests[i].Key()}
	}
	slices.SortFunc(all, func(a, b keyed) int {
		return cmp.Or(a.request.Received.Compare(b.request.Received), cmp.Compare(a.key, b.key))
	})
	ordered := make([]Request, len(all))
	for i := range all {
		ordered[i] = *all[i].request
	}
	return ordered
}
