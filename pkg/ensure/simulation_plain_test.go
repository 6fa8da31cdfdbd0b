package ensure_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
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

// applied notes what the table knows after a call: rules that prove to be ours.
func (s *simulation) applied(p *simProcess, call simCall, reply *http.Response) {
	if reply == nil || reply.StatusCode != http.StatusOK {
		return
	}
	switch call.name {
	case "ring", "take over", "condemn", "release", "yield":
		for _, id := range s.workload.groups {
			for _, r := range s.watch.groups[id].plain {
				if r.maker == p && r.told && strings.Contains(call.content, id) {
					r.recorded = true
				}
			}
		}
	}
}
