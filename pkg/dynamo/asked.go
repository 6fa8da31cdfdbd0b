package dynamo

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

// asked collects what launches asked of a group, and which of them have ended.
type asked struct {
	requests []claim.Request
	retired  []claim.Request
	ended    map[events.Launch]ending
}

// ending is an RX# item.
type ending struct {
	at    time.Time
	dated bool // it has a ttl: the launch's requests are retired
}

func (a *asked) add(it item) error {
	k, r := keyOf(it), reader{item: it}
	if !strings.HasPrefix(k.sk, endedPrefix) {
		request, err := decodeRequest(it)
		if strings.HasPrefix(k.sk, retiredPrefix) {
			a.retired = append(a.retired, request)
		} else {
			a.requests = append(a.requests, request)
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

// settled returns the requests that are not retired, those of ended launches as
// such, whatever became of them before.
func (a *asked) settled() []claim.Request {
	for i := range a.requests {
		r := &a.requests[i]
		if end, ended := a.ended[r.Launch]; ended && end.ends(*r) {
			r.Status, r.Settled = claim.Ended, end.at
		}
	}
	return a.requests
}

// all returns the retired requests too.
func (a *asked) all() []claim.Request { return append(a.settled(), a.retired...) }

// over is what Retire has to do about one launch in a group.
type over struct {
	launch   events.Launch
	requests []claim.Request // that are over, see isOver
	end      time.Time       // of its part in the group; zero: none, or it has a ttl
	lives    bool            // it has further requests here
}

// isOver reports whether a request is to be retired some time after it was
// settled. A refusal is not, as long as its launch lives: it answers a repeat.
func isOver(r claim.Request) bool { return r.Status == claim.Ended || r.Status == claim.Expired }

// since is when the first of what is to be retired was settled, among requests
// that settled has returned; zero: there is nothing.
func (a *asked) since() (first time.Time) {
	settled := func(at time.Time) {
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	for _, end := range a.ended {
		if !end.dated {
			settled(end.at)
		}
	}
	for _, r := range a.requests {
		if isOver(r) {
			settled(r.Settled)
		}
	}
	return first
}

// over returns what was settled by the given time, in the order of the
// launches.
func (a *asked) over(by time.Time) []*over {
	launches := make(map[events.Launch]*over)
	of := func(l events.Launch) *over {
		if launches[l] == nil {
			launches[l] = &over{launch: l}
		}
		return launches[l]
	}
	for l, end := range a.ended {
		if !end.dated && !end.at.After(by) {
			of(l).end = end.at
		}
	}
	for _, r := range a.settled() {
		if o := of(r.Launch); isOver(r) && !r.Settled.After(by) {
			o.requests = append(o.requests, r)
		} else {
			o.lives = true
		}
	}
	all := slices.DeleteFunc(slices.Collect(maps.Values(launches)), func(o *over) bool {
		return len(o.requests) == 0 && o.end.IsZero()
	})
	slices.SortFunc(all, func(o, p *over) int {
		return cmp.Or(cmp.Compare(o.launch.Account, p.launch.Account), cmp.Compare(o.launch.Name, p.launch.Name))
	})
	return all
}
