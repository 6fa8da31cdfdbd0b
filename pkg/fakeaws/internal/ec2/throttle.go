package ec2

import (
	"strings"
	"time"
)

// bucket holds tokens, one for each request, and refills over time.
type bucket struct {
	size, refill float64 // refill is tokens a second
	tokens       float64
	at           time.Time
}

// buckets maps names to the buckets of an account and Region. A nil map never refuses.
type buckets map[string]*bucket

// newBuckets returns buckets with the sizes and refills of the EC2 developer guide, "Request
// throttling for the Amazon EC2 API". The guide gives each operation its own bucket. Here
// similar rare operations share one, which is stricter.
func newBuckets() buckets {
	return buckets{
		"AuthorizeSecurityGroupIngress": {size: 50, refill: 5},
		"RevokeSecurityGroupIngress":    {size: 50, refill: 5},
		"CreateTags":                    {size: 100, refill: 10},
		"mutating":                      {size: 50, refill: 5},
		"describe":                      {size: 100, refill: 20},
		"describe unfiltered":           {size: 50, refill: 10},
		"DescribeStaleSecurityGroups":   {size: 20, refill: 5},
	}
}

// unfilteredBuckets names the describes with a smaller bucket for calls without filters or pages
// ["Unfiltered and unpaginated non-mutating actions"].
var unfilteredBuckets = map[string]bool{
	"DescribeInstances":         true,
	"DescribeNetworkInterfaces": true,
	"DescribeSecurityGroups":    true,
}

func bucketOf(r Request) string {
	switch {
	case r.Op == "AuthorizeSecurityGroupIngress" || r.Op == "RevokeSecurityGroupIngress" || r.Op == "CreateTags" ||
		r.Op == "DescribeStaleSecurityGroups":
		return r.Op
	case unfilteredBuckets[r.Op] && unfiltered(r):
		return "describe unfiltered"
	case strings.HasPrefix(r.Op, "Describe") || strings.HasPrefix(r.Op, "Get"):
		return "describe"
	}
	return "mutating"
}

// unfiltered reports whether a describe has neither filters nor pages. Ids do not count as a
// filter, which is the cautious reading [?].
func unfiltered(r Request) bool {
	for key := range r.Form {
		if strings.HasPrefix(key, "Filter.") || key == "MaxResults" || key == "NextToken" {
			return false
		}
	}
	return true
}

// take takes a token for r. If it returns false, EC2 refuses the request.
func (b buckets) take(r Request, now time.Time) bool {
	if b == nil {
		return true
	}
	k := b[bucketOf(r)]
	if k.at.IsZero() {
		k.tokens = k.size
	} else {
		k.tokens = min(k.size, k.tokens+k.refill*now.Sub(k.at).Seconds())
	}
	k.at = now
	if k.tokens < 1 {
		return false
	}
	k.tokens--
	return true
}

// SetThrottle turns the throttle on, with full buckets, or off.
func (s *Service) SetThrottle(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets = nil
	if on {
		s.buckets = newBuckets()
	}
}
