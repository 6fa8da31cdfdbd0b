package ensure_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// applied records the launches that have ended everywhere after a call.
func (s *simulation) applied(call simCall, reply *http.Response) {
	if reply != nil && reply.StatusCode == http.StatusOK && call.name == "end" {
		s.ending = true
		s.endsEverywhere(call)
	}
}

// endsEverywhere: an end without a group that is in the table is finished in each of its
// launch's groups. That holds even if the function dies and no delivery follows.
func (s *simulation) endsEverywhere(call simCall) {
	var in struct {
		Key struct{ PK struct{ S string } }
	}
	if err := json.Unmarshal([]byte(strings.TrimPrefix(call.content, "UpdateItem")), &in); err != nil {
		panic(err)
	}
	for _, l := range s.workload.launches {
		if in.Key.PK.S != fmt.Sprintf("L#%s#%s", s.account.ID(), l.name) {
			continue
		}
		for _, g := range s.workload.groups {
			l.ended[g] = true
		}
	}
}

// sooner returns when the next sweep is due, including unfinished ends.
func (s *simulation) sooner(t *testing.T, due time.Time) time.Time {
	s.ending = s.ending && s.unfinishedAt(t, time.Now().Add(long))
	if !s.ending {
		return due
	}
	for _, at := range []time.Time{time.Now().Add(s.luck.skew), time.Now().Add(time.Minute)} {
		if at.Before(due) && s.unfinishedAt(t, at) {
			return at
		}
	}
	return due
}

// unfinishedAt reports whether a sweep at that time finds an end that is not finished.
func (s *simulation) unfinishedAt(t *testing.T, at time.Time) bool {
	ends, err := s.table.Unfinished(t.Context(), at, 1)
	if err != nil {
		t.Error(err)
	}
	return len(ends) > 0
}
