package ensure_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// plainRule is a rule of ours without tags. It proves to be ours only if EC2's
// reply with its id was delivered, and that process wrote to the group's head
// afterwards.
type plainRule struct {
	maker    *simProcess
	told     bool // EC2's reply was delivered
	recorded bool // on the head
}

// provable reports whether anything tells that a rule is ours. A rule without
// tags whose maker died early is like a foreign one, and stays.
func (g *watched) provable(id string) bool {
	return g.ours[id] && (g.plain[id] == nil || g.plain[id].recorded)
}

// delivered notes that a process got a reply, and which rules it names.
func (s *simulation) delivered(call simCall, reply *http.Response) {
	if call.name != "authorize" || reply == nil {
		return
	}
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		panic(err)
	}
	reply.Body = io.NopCloser(bytes.NewReader(body))
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, group := range s.workload.groups {
		for id, r := range s.watch.groups[group].plain {
			r.told = r.told || bytes.Contains(body, []byte(id))
		}
	}
}

// applied notes what the table knows after a call: rules that prove to be ours,
// and launches that have ended.
func (s *simulation) applied(p *simProcess, call simCall, reply *http.Response) {
	if reply == nil || reply.StatusCode != http.StatusOK {
		return
	}
	switch call.name {
	case "ring", "take over", "condemn", "release", "yield":
		for _, id := range s.workload.groups {
			for rule, r := range s.watch.groups[id].plain {
				if r.maker == p && r.told && strings.Contains(call.content, rule+" ") {
					r.recorded = true
				}
			}
		}
	case "end":
		s.endsEverywhere(call)
	}
}

// endsEverywhere: an end without a group that is in the table comes to each of
// its launch's groups, whatever becomes of the function and whether or not
// anybody brings it again.
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

// sooner is when the next sweep is due, ends that are not finished considered.
func (s *simulation) sooner(t *testing.T, due time.Time) time.Time {
	for _, at := range []time.Time{time.Now().Add(s.luck.skew), time.Now().Add(time.Minute)} {
		ends, err := s.table.Unfinished(t.Context(), at, 1)
		if err != nil {
			t.Error(err)
		}
		if len(ends) > 0 && at.Before(due) {
			return at
		}
	}
	return due
}
