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
	ended    map[events.Launch]time.Time
}

func (a *asked) add(it item) error {
	k := keyOf(it)
	if !strings.HasPrefix(k.sk, endedPrefix) {
		r, err := decodeRequest(it)
		a.requests = append(a.requests, r)
		return err
	}
	r := reader{item: it}
	r.version()
	account, name, _ := strings.Cut(strings.TrimPrefix(k.sk, endedPrefix), "#")
	if a.ended == nil {
		a.ended = make(map[events.Launch]time.Time)
	}
	a.ended[events.Launch{Account: account, Name: name}] = r.time("at")
	if r.err != nil {
		return fmt.Errorf("item %s: %w", k, r.err)
	}
	return nil
}

// settled returns the requests, those of ended launches as such, whatever became
// of them before.
func (a *asked) settled() []claim.Request {
	for i := range a.requests {
		r := &a.requests[i]
		if at, ended := a.ended[r.Launch]; ended {
			r.Status, r.Settled = claim.Ended, at
		}
	}
	return a.requests
}
