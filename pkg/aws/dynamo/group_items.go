package dynamo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// groupItems collects a group's requests and the ends of launches in it.
type groupItems struct {
	requests []claim.Request // as stored: a request's item does not say that its launch has ended
	archived []claim.Request
	ends     []claim.End
}

func (a *groupItems) add(it item) error {
	k, r := keyOf(it), reader{item: it}
	if !strings.HasPrefix(k.sk, endedPrefix) {
		request, err := decodeRequest(it)
		if err != nil {
			return err
		}
		if strings.HasPrefix(k.sk, archivedPrefix) {
			a.archived = append(a.archived, request)
		} else {
			a.requests = append(a.requests, request)
		}
		return nil
	}
	r.version(version)
	owner, name, _ := strings.Cut(strings.TrimPrefix(k.sk, endedPrefix), "#")
	end := claim.End{Launch: claim.LaunchOf(owner, name), At: r.time("at"), Archived: r.has(TTL)}
	if end.Archived {
		end.Forget = time.Unix(r.number(TTL), 0).UTC()
	}
	if r.err != nil {
		return fmt.Errorf("item %s: %w", k, r.err)
	}
	a.ends = append(a.ends, end)
	return nil
}

// withEnds returns the requests that are not archived. It marks those of ended launches as
// ended.
func (a *groupItems) withEnds() []claim.Request { return claim.ApplyEnds(a.requests, a.ends) }

// all returns all requests, archived ones included. Until a sweep archives a refused request, the
// table holds it twice: without rules for rounds, and complete as an archived item.
func (a *groupItems) all() []claim.Request {
	whole := make(map[string]bool, len(a.archived))
	for _, r := range a.archived {
		whole[r.Key()] = true
	}
	all := slices.DeleteFunc(a.withEnds(), func(r claim.Request) bool { return len(r.Rules) == 0 && whole[r.Key()] })
	return append(all, a.archived...)
}
