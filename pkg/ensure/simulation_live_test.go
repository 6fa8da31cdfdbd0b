package ensure_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// Liveness: once faults have stopped, every message is answered and every group comes to rest.
// The limits of time and calls are those of docs/protocol.md, "Once faults stop".

// liveness holds the measurements after faults have stopped.
type liveness struct {
	calm   time.Time      // when they stopped
	before map[string]int // the calls until then, by name
	rested time.Time      // when the world came to rest; zero: some work remains
	after  map[string]int // the calls from calm until then
}

// settling holds the times within which a world answers and comes to rest after an event.
type settling struct{ answer, rest time.Duration }

// settling returns the times of this world, by the faults in it.
func (s *simulation) settling() settling {
	const comes = visibility + 10*time.Second // again, if a function failed
	w := settling{answer: comes + time.Minute + s.emptyBuckets()}
	w.rest = w.answer + ensure.MaxPostpone
	if s.unfinished+s.faultsEC2 > 0 {
		w.rest += group.Certain + 5*time.Minute // a describe may lag, and the round after it
	}
	if len(s.workload.outsiders) > 0 || s.workload.deny[1] > 0 || s.workload.freeze[1] > 0 {
		w.rest += time.Hour // without a ring, only an hourly sweep finds it
	}
	return w
}

// emptyBuckets is how long EC2's token buckets delay the world. EC2 allows 5 calls/s that
// change groups (docs/performance.md).
func (s *simulation) emptyBuckets() (wait time.Duration) {
	if s.luck.buckets {
		for _, g := range s.workload.groups {
			wait += time.Duration(2+s.batches(g)) * time.Second / 5
		}
	}
	return wait
}

// batches is how many calls authorize all rules that any request on a group names.
func (s *simulation) batches(group string) int {
	rules := 0
	for _, w := range s.wishesOf(group) {
		rules += len(w.rules)
	}
	return 2 + rules/64
}

// observe records the remaining work, and since when it remains.
func (s *simulation) observe(t *testing.T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.overdue()
	l := &s.live
	for left := range s.left(t) {
		l.rested = time.Time{}
		if took, most := time.Since(s.lastCause()), s.settling().rest; took > most {
			s.stalls("not at rest %s after the last fault, want at most %s: %s", took, most, left)
		}
		return
	}
	if l.rested.IsZero() {
		l.rested, l.after = time.Now(), make(map[string]int)
		for name, n := range s.calls {
			l.after[name] = n - l.before[name]
		}
	}
}

// overdue: a message is answered within a time after it arrived, or after faults stopped.
func (s *simulation) overdue() {
	most := s.settling().answer
	for _, d := range s.workload.deliver {
		since := s.start.Add(d.at)
		if since.Before(s.live.calm) {
			since = s.live.calm
		}
		if !d.direct && !d.answered && time.Since(since) > most {
			s.stalls("a message of %s is not answered after %s, want at most %s", d.launch.name, time.Since(since),
				most)
		}
	}
}

// tally is a number of calls.
type tally struct{ ec2, dynamodb int }

// spent returns the calls from the end of the faults until rest.
func (l liveness) spent() (n tally) {
	for name, calls := range l.after {
		switch call := (simCall{name: name}); {
		case call.toEC2():
			n.ec2 += calls
		case name != "publish":
			n.dynamodb += calls
		}
	}
	return n
}

// allowed returns the calls that liveness permits. A group has a round a minute from a sweep,
// and two more for each arriving message.
func (s *simulation) allowed() (n tally) {
	minutes := int(s.live.rested.Sub(s.live.calm)/time.Minute) + 1
	n.dynamodb = 16 * minutes // a sweep reads 8 shards of groups and 8 of ends
	for _, g := range s.workload.groups {
		rounds := minutes + 2*s.messagesAfterCalm(g)
		describes := 1 + len(s.watch.groups[g].rules)/1000
		n.ec2 += rounds*(2*describes+4+12) + 2*(s.batches(g)+12)
		n.dynamodb += rounds*10 + 4*len(s.wishesOf(g))
	}
	return n
}

// messagesAfterCalm returns how many messages about a group were unanswered when faults
// stopped, or arrived later.
func (s *simulation) messagesAfterCalm(group string) (n int) {
	for _, d := range s.workload.deliver {
		if (d.about() == group || d.about() == "") && d.answeredAt.After(s.live.calm) {
			n++
		}
	}
	return n
}

// inBudget: the world makes at most the allowed calls until it is at rest.
func (s *simulation) inBudget() {
	spent, allowed := s.live.spent(), s.allowed()
	if spent.ec2 > allowed.ec2 || spent.dynamodb > allowed.dynamodb {
		s.stalls("%d calls of EC2 and %d of DynamoDB until the world was at rest, want at most %d and %d",
			spent.ec2, spent.dynamodb, allowed.ec2, allowed.dynamodb)
	}
}

// lastCause returns the time of the last event that gives groups work: faults stopped, a message
// arrived, or a wish expired.
func (s *simulation) lastCause() time.Time {
	last := s.live.calm
	note := func(at time.Time) {
		if at.After(last) && !at.After(time.Now()) {
			last = at
		}
	}
	for _, d := range s.workload.deliver {
		note(s.start.Add(d.at))
	}
	for _, l := range s.workload.launches {
		for _, w := range l.wishes {
			if !w.expires.IsZero() {
				note(w.expires.Add(claim.ExpiryGrace))
			}
		}
	}
	return last
}

// stalls records that an action takes too long or costs too much. The caller holds the
// simulation's lock.
func (s *simulation) stalls(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.stall = append(s.stall, fmt.Sprintf("%.3fs: %s", time.Since(s.start).Seconds(), text))
	s.say("STALL %s", text)
}
