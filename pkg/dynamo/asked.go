package dynamo

import (
	"fmt"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

// asked collects what launches asked of a group, and which of them have ended.
type asked struct {
	requests []claim.Request
	undated  map[key]bool // the requests' items that have no ttl
	ended    map[events.Launch]ending
	retire   bool // settled has found something for Retire to do
}

// ending is an RX# item.
type ending struct {
	at    time.Time
	dated bool // it has a ttl
}

func (a *asked) add(it item) error {
	k, r := keyOf(it), reader{item: it}
	if !strings.HasPrefix(k.sk, endedPrefix) {
		request, err := decodeRequest(it)
		a.requests = append(a.requests, request)
		if !r.has(TTL) {
			if a.undated == nil {
				a.undated = make(map[key]bool)
			}
			a.undated[k] = true
		}
		return err
	}
	r.version()
	account, name, _ := strings.Cut(strings.TrimPrefix(k.sk, endedPrefix), "#")
	if a.ended == nil {
		a.ended = make(map[events.Launch]ending)
	}
	a.ended[events.Launch{Account: account, Name: name}] = ending{r.time("at"), r.has(TTL)}
	if r.err != nil {
		return fmt.Errorf("item %s: %w", k, r.err)
	}
	return nil
}

// ends reports whether the request ended with it. For as long as a launch's END
// is kept it can ask nothing, so what was asked long after is another
// incarnation's, and this item is left over.
func (e ending) ends(r claim.Request) bool { return r.Received.Before(e.at.Add(Kept / 2)) }

// settled returns the requests, those of ended launches as such, whatever became
// of them before.
func (a *asked) settled() []claim.Request {
	for _, end := range a.ended {
		a.retire = a.retire || !end.dated
	}
	for i := range a.requests {
		r := &a.requests[i]
		if end, ended := a.ended[r.Launch]; ended && end.ends(*r) {
			r.Status, r.Settled = claim.Ended, end.at
			a.retire = a.retire || a.undated[requestKey(*r)]
		}
	}
	return a.requests
}
