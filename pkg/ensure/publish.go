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

// What bounds one event, which must stay below the bus's 1 MB: an event that
// the bus never takes would keep its group from ever being released.
const (
	maxLaunches = 200
	maxBytes    = 900_000
)

// tell publishes what the round did, before the lease is released: whoever
// takes the group over after a crash tells it again.
func (w *walk) tell(ctx context.Context) (lease.Reply, error) {
	if w.Observe {
		return lease.Reply{}, nil
	}
	var out []events.Out
	for satisfied := range slices.Chunk(w.nowSatisfied(), maxLaunches) {
		out = append(out, w.fitting(satisfied)...)
	}
	out = append(out, w.released()...)
	refused := w.settledNow(claim.Refused)
	for _, request := range refused {
		out = append(out, events.LaunchRejected{Launch: request.Launch.Name, Group: eventGroup(w.group), Reasons: request.Reasons})
	}
	if err := w.publish(ctx, out); err != nil {
		return lease.Reply{}, err
	}
	w.round.told = true
	for _, request := range refused {
		w.told[request.Key()] = true
	}
	return lease.Reply{}, nil
}

// fitting returns the event for some requests, or as many events as it takes.
// Where one request alone is too much, what covers its rules is cut short.
func (w *walk) fitting(satisfied []claim.Request) []events.Out {
	e, n := w.ensured(satisfied), len(satisfied)
	switch text, err := json.Marshal(e); {
	case err != nil, len(text) <= maxBytes: // the bus says what is wrong with it
		return []events.Out{e}
	case n > 1:
		return append(w.fitting(satisfied[:n/2]), w.fitting(satisfied[n/2:])...)
	}
	return []events.Out{brief(e)}
}

// brief names one of the rules that cover another, and leaves out what can be
// read in EC2.
func brief(e events.PortsEnsured) events.PortsEnsured {
	covered := make([]events.Covered, len(e.Covered))
	for i, c := range e.Covered {
		covered[i] = events.Covered{Rule: c.Rule, By: c.By[:min(1, len(c.By))]}
	}
	authorized := make([]secgroup.Entry, len(e.Authorized))
	for i, a := range e.Authorized {
		authorized[i] = secgroup.Entry{Rule: a.Rule, ID: a.ID}
	}
	e.Covered, e.Authorized = covered, authorized
	return e
}

// released are the events for launches that ended or expired, and for rules
// that went later than they.
func (w *walk) released() []events.Out {
	names := launches(w.settledNow(claim.Ended, claim.Expired))
	for _, a := range w.asks {
		if a.end && !slices.Contains(names, a.launch.Name) {
			names = append(names, a.launch.Name)
		}
	}
	var out []events.Out
	for chunk := range slices.Chunk(names, maxLaunches) {
		out = append(out, events.PortsReleased{Group: eventGroup(w.group), Launches: chunk, Ticket: int64(w.state.Seen)})
	}
	if len(w.round.removed) == 0 {
		return out
	}
	if len(out) == 0 {
		out = append(out, events.PortsReleased{Group: eventGroup(w.group), Ticket: int64(w.state.Seen)})
	}
	first := out[0].(events.PortsReleased)
	first.Revoked = w.round.removed
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

// ensured is the event for some requests: their launches, and of the round's
// rules those that they asked for.
func (w *walk) ensured(satisfied []claim.Request) events.PortsEnsured {
	e := events.PortsEnsured{Group: eventGroup(w.group), Ticket: int64(w.state.Seen)}
	e.Launches = launches(satisfied)
	asked := claim.Fold(satisfied).Rules
	unasked := secgroup.Compare(asked, secgroup.Rules(w.round.added)).Extra // a peer may be spelled otherwise
	for _, entry := range w.round.added {
		if !slices.Contains(unasked, entry.Rule) {
			e.Authorized = append(e.Authorized, entry)
		}
	}
	for _, covered := range w.round.plan.Covered {
		if asked.Contains(covered.Rule.Rule) {
			e.Covered = append(e.Covered, covered)
		}
	}
	return e
}

// nowSatisfied returns the requests that are served for the first time, and
// those that this entry asks for again.
func (w *walk) nowSatisfied() []claim.Request {
	asked := make(map[string]bool, len(w.asks))
	for _, a := range w.asks {
		asked[a.request.Key()] = true
	}
	served, _ := w.round.satisfied()
	return slices.DeleteFunc(served, func(r claim.Request) bool {
		return !asked[r.Key()] && w.round.before.Served.Has(r)
	})
}

// settledNow returns the requests that came to one of the statuses since the
// last round that came to its end.
func (w *walk) settledNow(statuses ...claim.Status) []claim.Request {
	since := w.round.before.Served.Through.Add(-claim.Margin)
	return slices.DeleteFunc(slices.Clone(w.round.requests), func(r claim.Request) bool {
		return !slices.Contains(statuses, r.Status) || r.Settled.Before(since)
	})
}

func eventGroup(g claim.Group) events.Group {
	return events.Group{ID: g.ID, Account: g.Account, Region: g.Region}
}
