package conformance_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// moment is when a process dies: before the engine has its request, or after,
// when nobody reads the reply any more. If only the reply is lost, the process lives.
type moment int

const (
	never moment = iota
	before
	after
	lost
)

// kill is the death of whichever process comes first to the nth request of an
// operation, of all processes together, or the loss of its reply.
type kill struct {
	op   string
	nth  int
	when moment
}

// kills are one for each kind of request that sgkeeper makes, on either side of
// it, in the order in which a walk comes to them.
var kills = []kill{
	{"TransactWriteItems", 5, before}, {"TransactWriteItems", 40, after},
	{"UpdateItem", 3, before}, {"UpdateItem", 9, after}, {"UpdateItem", 30, after},
	{"Query", 6, before}, {"DescribeSecurityGroupRules", 3, after},
	{"AuthorizeSecurityGroupIngress", 2, before}, {"AuthorizeSecurityGroupIngress", 4, after},
	{"RevokeSecurityGroupIngress", 1, before}, {"RevokeSecurityGroupIngress", 2, after},
	{"PutEvents", 2, before}, {"PutEvents", 4, after},
}

// deaths draws the kills.
type deaths struct {
	kills []kill
	mu    sync.Mutex
	seen  map[string]int
}

func (d *deaths) draw(op string) moment {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seen == nil {
		d.seen = make(map[string]int)
	}
	d.seen[op]++
	for _, k := range d.kills {
		if k.op == op && k.nth == d.seen[op] {
			return k.when
		}
	}
	return never
}

// operationOf is what a request asks an engine for.
func operationOf(r *http.Request, body []byte) string {
	if _, op, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		return op
	}
	form, _ := url.ParseQuery(string(body))
	return form.Get("Action")
}
