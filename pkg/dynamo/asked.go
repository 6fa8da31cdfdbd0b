package dynamo

import (
	"fmt"
	"strings"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

// asked collects a group's requests and the ends of launches in it.
type asked struct {
	requests []claim.Request // as stored: a request does not tell of its launch's end
	archived []claim.Request
	ends     []claim.End
}

func (a *asked) add(it item) error {
	k, r := keyOf(it), reader{item: it}
	if !strings.HasPrefix(k.sk, endedPrefix) {
		request, err := decodeRequest(it)
		if strings.HasPrefix(k.sk, archivedPrefix) {
			a.archived = append(a.archived, request)
		} else {
			a.requests = append(a.requests, request)
		}
		return err
	}
	r.version(version)
	account, name, _ := strings.Cut(strings.TrimPrefix(k.sk, endedPrefix), "#")
	a.ends = append(a.ends, claim.End{
		Launch: events.Launch{Account: account, Name: name}, At: r.time("at"), Archived: r.has(TTL),
	})
	if r.err != nil {
		return fmt.Errorf("item %s: %w", k, r.err)
	}
	return nil
}

// settled returns the requests that are not archived, those of ended launches as such.
func (a *asked) settled() []claim.Request { return claim.Settle(a.requests, a.ends) }

// all returns the archived requests, too.
func (a *asked) all() []claim.Request { return append(a.settled(), a.archived...) }
