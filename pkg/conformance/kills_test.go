package conformance_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// moment is the time of a planned fault. before: the process is killed before the engine gets the
// request. after: it is killed before it reads the reply. lost: only the reply is lost.
type moment int

const (
	never moment = iota
	before
	after
	lost
)

// plannedFault is a fault of the nth request for an operation, counted over all processes.
type plannedFault struct {
	op   string
	nth  int
	when moment
}

// kills kill a process before and after the requests of each step, in the order of a pass.
var kills = []plannedFault{
	{"TransactWriteItems", 5, before}, {"TransactWriteItems", 40, after},
	{"UpdateItem", 3, before}, {"UpdateItem", 9, after}, {"UpdateItem", 30, after},
	{"Query", 6, before}, {"DescribeSecurityGroupRules", 3, after},
	{"AuthorizeSecurityGroupIngress", 2, before}, {"AuthorizeSecurityGroupIngress", 4, after},
	{"RevokeSecurityGroupIngress", 1, before}, {"RevokeSecurityGroupIngress", 2, after},
	{"PutEvents", 2, before}, {"PutEvents", 4, after},
}

// faultPlan counts requests, and returns the planned fault of each.
type faultPlan struct {
	faults []plannedFault
	mu     sync.Mutex
	seen   map[string]int // requests, by operation
	last   time.Time      // of the last fault
}

// next returns the fault of the next request for an operation.
func (d *faultPlan) next(op string) moment {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seen == nil {
		d.seen = make(map[string]int)
	}
	d.seen[op]++
	for _, k := range d.faults {
		if k.op == op && k.nth == d.seen[op] {
			d.last = time.Now()
			return k.when
		}
	}
	return never
}

// quiet returns the time since the last fault, or since a later time.
func (d *faultPlan) quiet(since time.Time) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return min(time.Since(since), time.Since(d.last))
}

// operationOf is the operation of a request to an engine.
func operationOf(r *http.Request, body []byte) string {
	if _, op, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		return op
	}
	form, _ := url.ParseQuery(string(body))
	return form.Get("Action")
}
