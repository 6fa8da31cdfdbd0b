package ensure

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// answer tells what became of each message, and logs it: one line a launch. A
// refusal that no round has told the bus is told now.
func (w *walk) answer(ctx context.Context, answers []Answer) {
	outcomes := make([]events.Outcome, len(w.asks))
	faults := make([]error, len(w.asks))
	var untold []events.Out
	for i, a := range w.asks {
		outcomes[i], faults[i] = w.outcome(a)
		if o := outcomes[i]; faults[i] == nil && o.Status == events.Rejected && !w.told[a.request.Key()] {
			untold = append(untold, events.LaunchRejected{Launch: o.Launch, Group: o.Group, Reasons: o.Reasons})
		}
	}
	unpublished := w.publish(ctx, untold)
	for i, a := range w.asks {
		if outcomes[i].Status == events.Rejected && faults[i] == nil {
			faults[i] = unpublished
		}
		if faults[i] != nil {
			answers[a.message].Retry = faults[i]
			w.log.WarnContext(ctx, "to be tried again", "launch", a.launch.Name, "error", faults[i])
			continue
		}
		answers[a.message].Outcomes = append(answers[a.message].Outcomes, outcomes[i])
		w.logOutcome(ctx, outcomes[i])
	}
}

// outcome is what became of one ask. An error sends its message back, also
// where it is refused: others may wait for this entry's round.
func (w *walk) outcome(a *ask) (events.Outcome, error) {
	o := events.Outcome{
		Launch:  a.launch.Name,
		Group:   eventGroup(w.group),
		Reasons: a.remarks,
		Ticket:  int64(w.state.Ticket),
	}
	request := w.latest(a.request)
	switch {
	case a.lost != nil:
		return o, a.lost
	case w.state.Result == lease.Retry:
		return o, w.retry()
	case a.ended, !a.end && request.Status == claim.Ended:
		return rejection(o, launchEnded(o.Launch)), nil
	case !a.end && request.Status == claim.Refused:
		return rejection(o, request.Reasons), nil
	case !a.end && request.Status == claim.Expired:
		return rejection(o, fault("/expiresAt", "the request expired at %s; ask again with a later expiresAt", request.ExpiresAt.Format(time.RFC3339))), nil
	case w.state.Result == lease.Queued, !w.looked:
		o.Status = events.Queued // where another served the ticket meanwhile, the bus knows how
		return o, nil
	}
	if w.state.Seen > 0 {
		o.Ticket = int64(w.state.Seen)
	}
	if a.end {
		return w.ended(o, a.launch), nil
	}
	return w.served(o, request), nil
}

func launchEnded(launch string) events.Faults {
	const problem = "launch-ended: the launch has ended and cannot be opened again; give it a new name, such as %s-2"
	return fault("/launch", problem, launch)
}

// ended fills in which of an ended launch's rules went, and which stay for a
// while because something leans on them.
func (w *walk) ended(o events.Outcome, l events.Launch) events.Outcome {
	o.Status = events.Released
	if w.Observe {
		o.Status = events.Observed
	}
	asked := make(map[secgroup.Rule]bool)
	for _, request := range w.round.requests {
		if request.Launch == l {
			for _, entry := range request.Rules {
				asked[entry.Rule] = true
			}
		}
	}
	for _, entry := range w.revoked {
		if asked[entry.Rule] {
			o.Revoked = append(o.Revoked, entry)
		}
	}
	if frozen := w.round.before.Frozen; frozen != "" {
		o.Reasons = append(o.Reasons, fault("/group", "the group is frozen: %s; its rules go when it is thawed", frozen)...)
	}
	o.Reasons = append(o.Reasons, lingering(w.round.plan.Later, asked, "stays until what takes its place has settled")...)
	o.Reasons = append(o.Reasons, lingering(w.round.plan.Held, asked, "is held by quota: there is no room for what would take its place")...)
	return o
}

func lingering(entries []secgroup.Entry, asked map[secgroup.Rule]bool, why string) (remarks events.Faults) {
	for _, entry := range entries {
		if asked[entry.Rule] {
			remarks = append(remarks, fault("", "%s %s", entry.Rule, why)...)
		}
	}
	return remarks
}

// latest is the request as the round left it.
func (w *walk) latest(r claim.Request) claim.Request {
	for _, request := range w.round.requests {
		if request.Key() == r.Key() {
			return request
		}
	}
	return r
}

func (w *walk) retry() error {
	if w.failed != nil {
		return w.failed
	}
	return errDeadline
}

// served fills in which of the request's rules were authorized for it. A rule
// that several asked for counts for the one who asked first; for the others it
// is covered.
func (w *walk) served(o events.Outcome, r claim.Request) events.Outcome {
	o.Status = events.Ensured
	if w.Observe {
		o.Status = events.Observed
	}
	unserved := w.round.plan.Waiting
	if w.Observe {
		unserved = append(unserved, w.round.plan.Refused...)
	}
	for _, waiting := range unserved {
		if waiting.Request.Key() == r.Key() {
			o.Reasons = waiting.Reasons
			if !w.Observe {
				o.Status = events.Queued
			}
			return o
		}
	}
	for _, entry := range r.Rules {
		w.account(&o, entry.Rule, r.Key())
	}
	return o
}

// account puts one rule of a served request where it belongs.
func (w *walk) account(o *events.Outcome, rule secgroup.Rule, key string) {
	if entry, ok := w.wrote(rule); ok {
		if w.round.plan.Desired.First(rule) == key {
			o.Authorized = append(o.Authorized, entry)
		} else {
			o.Covered = append(o.Covered, events.Covered{Rule: secgroup.Entry{Rule: rule}, By: []secgroup.Entry{entry}})
		}
		return
	}
	for _, covered := range append(w.checked, w.round.plan.Covered...) {
		if covered.Rule.Rule == rule {
			o.Covered = append(o.Covered, covered)
			return
		}
	}
}

// wrote returns the entry of a rule that this walk authorized, or that it would
// have authorized if it did more than observe.
func (w *walk) wrote(rule secgroup.Rule) (secgroup.Entry, bool) {
	if entry, ok := w.authorized[rule]; ok {
		return entry, true
	}
	for asked, entry := range w.authorized {
		if asked.Matches(rule) {
			return entry, true
		}
	}
	for _, entry := range w.round.plan.Authorize {
		if entry.Rule.Matches(rule) {
			return entry, true
		}
	}
	return secgroup.Entry{}, false
}

func rejection(o events.Outcome, reasons events.Faults) events.Outcome {
	o.Status, o.Reasons = events.Rejected, reasons
	return o
}

// logOutcome writes the one line that tells what became of a launch.
func (e *Ensurer) logOutcome(ctx context.Context, o events.Outcome) {
	e.Log.InfoContext(ctx, "outcome",
		"launch", o.Launch,
		"group", o.Group.ID,
		"status", string(o.Status),
		"authorized", len(o.Authorized),
		"revoked", len(o.Revoked),
		"covered", len(o.Covered),
		"reasons", logged(o.Reasons),
		"ticket", o.Ticket,
	)
}

// maxLogged is how much of a refusal's reasons a log line tells, in bytes: an
// event of 1 MiB can have thousands.
const maxLogged = 8 << 10

func logged(reasons events.Faults) string {
	text := reasons.Error()
	if len(text) <= maxLogged {
		return text
	}
	return fmt.Sprintf("%s... (%d in all)", strings.ToValidUTF8(text[:maxLogged], ""), len(reasons))
}
