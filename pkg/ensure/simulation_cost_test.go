package ensure_test

import (
	"net/http"
)

// roundOf is a process's current round on a group.
type roundOf struct {
	process *simProcess
	group   string
}

// spent counts the answered EC2 calls of one round. It does not count a throttled or lost
// call, which is repeated.
func (s *simulation) spent(p *simProcess, call simCall, f fate, reply *http.Response) {
	switch {
	case call.name == "load":
		s.spending[roundOf{p, call.group()}] = 0
	case call.toEC2() && f.err == nil && reply != nil && reply.StatusCode != http.StatusServiceUnavailable:
		for _, group := range call.groups() {
			r := roundOf{p, group}
			s.spending[r]++
			if n, most := s.spending[r], s.budget(group); n == most+1 {
				s.stalls("a round of p%d on %s makes more than %d calls of EC2", p.id, group, most)
			}
		}
	}
}

// maxUnderWay bounds the concurrent requests of one process. Lambda has 1,024 file descriptors
// (Lambda quotas).
const maxUnderWay = 64

// begins notes that a request of the process begins. The caller holds the simulation's lock.
func (p *simProcess) begins() {
	if p.underWay++; p.underWay == maxUnderWay+1 {
		p.sim.stalls("p%d has more than %d requests under way at once", p.id, maxUnderWay)
	}
}

// budget is how many calls of EC2 a round may make, by docs/protocol.md, "What a round costs".
func (s *simulation) budget(group string) int {
	const (
		probes  = 12 // to find out which rule EC2 rejects
		revokes = 4  // in two directions, of rules that EC2 describes and of others
	)
	describes := 1 + len(s.watch.groups[group].rules)/1000
	return 2*describes + revokes + 2*(s.batches(group)+probes)
}
