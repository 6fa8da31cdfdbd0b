package audit

import (
	"errors"
	"fmt"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

const (
	// someGroups is the subject of the unknown drift about a place that is given up.
	someGroups = "some groups"
	// maxStalls is the number of invocations in a row without progress in a place, after which the
	// run gives the place up.
	maxStalls = 3
	// fairTime is the time that an invocation must have had for the run, or it does not count as
	// one without progress.
	fairTime = time.Minute
	// maxInvocations limits a run's invocations. After that all remaining places are given up.
	maxInvocations = 100
)

// end prepares the run for the next invocation, if it needs one. The invocation worked on the run
// for some time. done is false if groups are left that the run does not give up.
func (in *invocation) end(worked time.Duration) (done bool) {
	done = true
	for _, p := range in.sorted() {
		p.forgetSplit(p.later)
		switch {
		case p.end == nil && in.run.Scope.All && !p.run.GivenUp:
			in.readable(p.Place, someGroups)
			continue
		case p.end == nil:
			continue
		case p.progressed || errors.Is(p.end, errUnscanned):
			p.run.Stalls = 0
		case worked >= fairTime:
			p.run.Stalls++
		}
		if p.run.Stalls >= maxStalls || in.run.Invocations >= maxInvocations {
			p.giveUp()
			continue
		}
		done = false
		p.run.Left, p.run.Found = p.left(), p.next()
	}
	return done
}

// giveUp ends the run in a place. Nothing is concluded about the groups that are left: each
// that a scope names is unknown, and in an audit of all groups the place's groups are.
func (p *placeReader) giveUp() {
	p.run.GivenUp = true
	why := fmt.Errorf("EC2 throttles or is too slow: the audit read nothing more in %d of its %d invocations, and is "+
		"given up there", p.run.Stalls, p.in.run.Invocations)
	if p.in.run.Scope.All {
		p.in.unlisted()
		p.in.unreadable(p.Place, someGroups, why)
		return
	}
	for _, id := range p.targets() {
		if p.seen[id]&filed != 0 {
			continue
		}
		g := p.group(id)
		f := drift.Facts{Group: g, Interfaces: -1, Unreadable: why.Error(), Changes: p.in.changes[g]}
		p.in.mu.Lock()
		p.file(&f, p.result(f))
		p.in.mu.Unlock()
	}
}
