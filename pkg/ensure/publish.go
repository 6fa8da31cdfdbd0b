package ensure

import (
	"context"
	"slices"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// The bounds of one event. EventBridge accepts less than 256 KB (EventBridge quotas). If it
// never accepted an event, the group could never be released.
const (
	maxLaunches = 200
	maxBytes    = 240_000
)

// publish announces the round's outcome before the lease is released. After a crash, the next
// holder announces it again.
func (p *pass) publish(ctx context.Context) (lease.Reply, error) {
	if p.Observe {
		return lease.Reply{}, nil
	}
	described := p.state.Unreadable == nil
	var out []events.Out
	if described {
		for satisfied := range slices.Chunk(p.state.ToAnnounce(p.decision), maxLaunches) {
			out = append(out, p.fitting(satisfied)...)
		}
		out = append(out, p.released()...)
	}
	refused := p.state.RefusedNow()
	for _, r := range refused {
		out = append(out, events.LaunchRejected{Launch: r.Launch.Name, Group: eventGroup(p.group), Reasons: r.Reasons})
	}
	if err := p.send(ctx, out); err != nil {
		return lease.Reply{}, err
	}
	p.announced = described
	for _, r := range refused {
		p.rejections[r.Key()] = true
	}
	return lease.Reply{}, nil
}

// fitting returns the events for some requests, as few as fit. If a single request is too
// large, [fit] splits its rules.
func (p *pass) fitting(satisfied []claim.Request) []events.Out {
	e, n := p.ensured(satisfied), len(satisfied)
	if n > 1 && sizeOf(e) > maxBytes {
		return append(p.fitting(satisfied[:n/2]), p.fitting(satisfied[n/2:])...)
	}
	return []events.Out{e}
}

// released returns the events for launches that ended or expired, and for revoked rules. An
// end may have come before its launch's request, and queued behind this holder. It is
// announced like the others.
func (p *pass) released() []events.Out {
	names := launches(p.state.NewlyFinished(claim.Ended, claim.Expired))
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, e := range p.state.EndedNow() {
		add(e.Launch.Name)
	}
	for _, a := range p.parts {
		if a.end {
			add(a.launch.Name)
		}
	}
	var out []events.Out
	for part := range slices.Chunk(names, maxLaunches) {
		out = append(out, events.PortsReleased{Group: eventGroup(p.group), Launches: part, Ticket: int64(p.step.Seen)})
	}
	if len(p.state.Removed) == 0 {
		return out
	}
	if len(out) == 0 {
		out = append(out, events.PortsReleased{Group: eventGroup(p.group), Ticket: int64(p.step.Seen)})
	}
	first := out[0].(events.PortsReleased)
	first.Revoked = p.state.Removed
	out[0] = first
	return out
}

func launches(requests []claim.Request) []string {
	var names []string
	for _, r := range requests {
		if !slices.Contains(names, r.Launch.Name) {
			names = append(names, r.Launch.Name)
		}
	}
	return names
}

// ensured returns the event for some requests, with their launches and the round's rules for
// them.
func (p *pass) ensured(satisfied []claim.Request) events.PortsEnsured {
	e := events.PortsEnsured{Group: eventGroup(p.group), Ticket: int64(p.step.Seen)}
	e.Launches = launches(satisfied)
	asked := claim.Fold(satisfied).Rules
	unasked := secgroup.Compare(asked, secgroup.Rules(p.state.Added)).Undesired // EC2 may spell a peer differently
	for _, entry := range p.state.Added {
		if !slices.Contains(unasked, entry.Rule) {
			e.Authorized = append(e.Authorized, entry)
		}
	}
	for _, covered := range p.decision.Covered {
		if asked.Contains(covered.Rule.Rule) && !matched(p.state.Added, covered.Rule.Rule) {
			e.Covered = append(e.Covered, covered)
		}
	}
	return e
}

func eventGroup(g claim.Group) events.Group {
	return events.Group{ID: g.ID, Account: g.Account, Region: g.Region}
}
