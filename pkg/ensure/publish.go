package ensure

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// The bounds of one event, which must stay below EventBridge's 256 KB: an event that
// the bus never takes would keep its group from ever being released. A bare rule takes
// at most some 400 bytes, a launch's name 130.
const (
	maxLaunches = 200
	maxRules    = 400
	maxBytes    = 240_000
)

// publishRound announces what the round did, before the lease is released. After a
// crash the next holder announces it again.
func (p *pass) publishRound(ctx context.Context) (lease.Reply, error) {
	if p.Observe {
		return lease.Reply{}, nil
	}
	if p.state.Unreadable != nil {
		return p.publishDenied(ctx)
	}
	var out []events.Out
	for satisfied := range slices.Chunk(p.state.ToAnnounce(p.decision), maxLaunches) {
		out = append(out, p.fitting(satisfied)...)
	}
	out = append(out, p.released()...)
	refused := p.state.SettledNow(claim.Refused)
	for _, r := range refused {
		out = append(out, events.LaunchRejected{Launch: r.Launch.Name, Group: eventGroup(p.group), Reasons: r.Reasons})
	}
	if err := p.publish(ctx, out); err != nil {
		return lease.Reply{}, err
	}
	p.announced = true
	for _, r := range refused {
		p.told[r.Key()] = true
	}
	return lease.Reply{}, nil
}

// fitting returns the event for some requests, or as many events as it takes. If one
// request alone is too much, the list of the rules that cover its own is cut short.
func (p *pass) fitting(satisfied []claim.Request) []events.Out {
	e, n := p.ensured(satisfied), len(satisfied)
	switch text, err := json.Marshal(e); {
	case err != nil, len(text) <= maxBytes: // the bus says what is wrong with it
		return []events.Out{e}
	case n > 1:
		return append(p.fitting(satisfied[:n/2]), p.fitting(satisfied[n/2:])...)
	}
	return cut(brief(e))
}

// cut splits an event whose rules alone are too many for one.
func cut(e events.PortsEnsured) (out []events.Out) {
	for first := true; first || len(e.Authorized)+len(e.Covered) > 0; first = false {
		part := e
		n := min(len(e.Authorized), maxRules)
		part.Authorized, e.Authorized = e.Authorized[:n], e.Authorized[n:]
		n = min(len(e.Covered), maxRules-n)
		part.Covered, e.Covered = e.Covered[:n], e.Covered[n:]
		out = append(out, part)
	}
	return out
}

// brief names one of the rules that cover another, and leaves out what EC2 shows.
func brief(e events.PortsEnsured) events.PortsEnsured {
	covered := make([]events.Covered, len(e.Covered))
	for i, c := range e.Covered {
		covered[i] = events.Covered{Rule: c.Rule, By: c.By[:min(1, len(c.By))]}
	}
	e.Covered, e.Authorized = covered, bare(e.Authorized)
	return e
}

// bare returns entries without their tags and descriptions.
func bare(entries []secgroup.Entry) []secgroup.Entry {
	short := make([]secgroup.Entry, len(entries))
	for i, e := range entries {
		short[i] = secgroup.Entry{Rule: e.Rule, ID: e.ID}
	}
	return short
}

// released are the events for launches that ended or expired, and for the rules that
// were revoked. An end that came before its launch's request, and was queued behind
// this holder, is answered like the others.
func (p *pass) released() []events.Out {
	names := launches(p.state.SettledNow(claim.Ended, claim.Expired))
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, e := range p.state.EndedNow() {
		add(e.Launch.Name)
	}
	for _, a := range p.asks {
		if a.end {
			add(a.launch.Name)
		}
	}
	parts := slices.Collect(slices.Chunk(names, maxLaunches))
	removed := slices.Collect(slices.Chunk(p.removed(), maxRules))
	out := make([]events.Out, max(len(parts), len(removed)))
	for i := range out {
		e := events.PortsReleased{Group: eventGroup(p.group), Ticket: int64(p.step.Seen)}
		if i < len(parts) {
			e.Launches = parts[i]
		}
		if i < len(removed) {
			e.Revoked = removed[i]
		}
		out[i] = e
	}
	return out
}

// removed are the rules that this round revoked. If they are more than one event
// holds, what EC2 showed of them is left out.
func (p *pass) removed() []secgroup.Entry {
	if len(p.state.Removed) > maxRules {
		return bare(p.state.Removed)
	}
	return p.state.Removed
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

// ensured is the event for some requests: their launches, and of the round's rules
// those that they asked for.
func (p *pass) ensured(satisfied []claim.Request) events.PortsEnsured {
	e := events.PortsEnsured{Group: eventGroup(p.group), Ticket: int64(p.step.Seen)}
	e.Launches = launches(satisfied)
	asked := claim.Fold(satisfied).Rules
	unasked := secgroup.Compare(asked, secgroup.Rules(p.state.Added)).Extra // a peer may be spelled otherwise
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
