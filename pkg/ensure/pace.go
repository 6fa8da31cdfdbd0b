package ensure

import (
	"context"
	"errors"
	"hash/fnv"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// EC2 allows a burst of 50 calls that change security groups, and 5 calls/s after that, for each
// account and Region (EC2 API throttling guide). A holder that EC2 throttles has written nothing.
// So it waits for its turn and begins its round again, because requests may have come meanwhile:
// one call then opens the rules of all of them.
//
// In one invocation, the passes of an account and Region take turns, in the order in which they
// came. Only the pass whose turn it is calls EC2, until a call succeeds. A pass that EC2 has
// throttled pauses before it calls again. The pause grows with each throttled call and halves with
// each other one, so it adapts to the number of other functions and to the account's rate.

const (
	firstPause  = 500 * time.Millisecond
	leastPause  = 100 * time.Millisecond
	longestWait = 4 * time.Second
)

// turns orders the throttled passes of one account and Region.
type turns struct {
	turn chan struct{} // holds a value while it is a pass's turn

	mu      sync.Mutex
	waiting int // passes that wait for their turn or have it
	pause   time.Duration
}

func newTurns() *turns { return &turns{turn: make(chan struct{}, 1), pause: firstPause} }

// dry reports whether a pass waits because EC2 throttled it.
func (t *turns) dry() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waiting > 0
}

func (t *turns) count(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting += n
}

// longer returns the pause after a throttled call, and makes the next one longer.
func (t *turns) longer() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	pause := t.pause
	t.pause = min(pause*3/2, longestWait)
	return pause
}

// shorter notes that EC2 did not throttle a call.
func (t *turns) shorter() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pause = max(t.pause/2, leastPause)
}

// isThrottled reports whether EC2 throttled a write and has applied none of its attempts.
func isThrottled(err error) bool {
	return errors.Is(err, ErrThrottled) && !errors.Is(err, ErrUncertain)
}

// paced calls EC2 to change the group's rules. If EC2 throttles the first write of a round, it
// returns the error. If it throttles a later one, paced repeats it, because the round cannot
// begin again without a describe.
func (p *pass) paced(ctx context.Context, call func() error) error {
	for {
		err := call()
		if !isThrottled(err) {
			p.written = true
			p.turns().shorter()
			return err
		}
		if !p.written || !p.awaitTurn(ctx, true) {
			return err
		}
	}
}

// againInTurn ends a round in which EC2 has written nothing, because it throttled the first write, or
// another pass of the invocation waits for its turn. It waits for the pass's turn and reads the
// head. The next round serves all tickets counted by then, by the same describe.
func (p *pass) againInTurn(ctx context.Context, throttled bool) (lease.Reply, error) {
	p.awaitTurn(ctx, throttled)
	p.reuse = true
	return p.lookAgain(ctx)
}

// awaitTurn waits for the pass's turn, and then for the pause if EC2 has throttled the pass. It
// returns false if too little time is left for another round.
func (p *pass) awaitTurn(ctx context.Context, throttled bool) bool {
	latest := time.NewTimer((p.step.Deadline - lease.MinRound).Time().Sub(p.now()))
	defer latest.Stop()
	t := p.turns()
	if !p.myTurn {
		t.count(1)
		select {
		case t.turn <- struct{}{}:
			p.myTurn = true
		case <-latest.C:
			t.count(-1)
			return false
		case <-ctx.Done():
			t.count(-1)
			return false
		}
	}
	if !throttled {
		return true
	}
	pause := time.NewTimer(p.spread(t.longer()))
	defer pause.Stop()
	select {
	case <-pause.C:
		return true
	case <-latest.C:
	case <-ctx.Done():
	}
	return false
}

// spread returns a pause between half and three halves of the given one, so that functions which
// EC2 throttled at the same time do not call again at the same time. It depends on the group and
// the time only.
func (p *pass) spread(pause time.Duration) time.Duration {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(p.group.ID))
	_, _ = hash.Write([]byte(p.now().Format(time.StampMicro)))
	return pause/2 + pause*time.Duration(hash.Sum32()%1024)/1024
}

// endTurn lets the next pass have its turn.
func (p *pass) endTurn() {
	if p.myTurn {
		p.myTurn = false
		p.turns().count(-1)
		<-p.turns().turn
	}
}

func (p *pass) turns() *turns { return p.sharing.turnsOf(p.place()) }
