package ensure

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// answer answers each message with its outcome, and logs one line a launch. It announces the
// refusals that no round has announced.
func (p *pass) answer(ctx context.Context, answers []Answer) {
	p.endRound()
	outcomes := make([]events.Outcome, len(p.parts))
	faults := make([]error, len(p.parts))
	var out []events.Out
	for i, a := range p.parts {
		outcomes[i], faults[i] = p.outcome(a)
		if o := outcomes[i]; faults[i] == nil && o.Status == events.Rejected && !p.rejections[a.request.Key()] {
			out = append(out, events.LaunchRejected{Launch: o.Launch, Group: o.Group, Reasons: o.Reasons})
		}
	}
	if names := p.endedWithoutRequest(); len(names) > 0 && !p.announced {
		out = append(out, events.PortsReleased{Launches: names, Group: eventGroup(p.group)})
	}
	unpublished := p.send(ctx, out)
	for i, a := range p.parts {
		if (outcomes[i].Status == events.Rejected || a.noRequest) && faults[i] == nil {
			faults[i] = unpublished
		}
		if faults[i] != nil {
			answers[a.message].Retry = faults[i]
			p.log.WarnContext(ctx, "the message is tried again", "launch", a.launch.Name, "error", faults[i])
			continue
		}
		answers[a.message].Outcomes = append(answers[a.message].Outcomes, outcomes[i])
		if p.step.Result != lease.Unfinished { // else the pass did not begin: finish logs one line for all such groups
			p.logOutcome(ctx, outcomes[i], a.launch.Namespace, a.origin, a.request.Purpose)
		}
	}
}

// endedWithoutRequest returns the launches that end here and never had a request on the group.
// No round announces these ends.
func (p *pass) endedWithoutRequest() (names []string) {
	for _, a := range p.parts {
		if a.noRequest && !slices.Contains(names, a.launch.Name) {
			names = append(names, a.launch.Name)
		}
	}
	return names
}

// outcome returns the outcome of one part. An error sends its message back to the queue, even
// for a refused request, because other messages may wait for this pass's round.
func (p *pass) outcome(a *part) (events.Outcome, error) {
	o := events.Outcome{
		Launch:  a.launch.Name,
		Group:   eventGroup(p.group),
		Reasons: a.remarks,
		Ticket:  int64(p.step.Ticket),
	}
	request := p.latest(a.request)
	switch {
	case p.waits(a):
		o.Status = events.Queued
		o.Reasons = append(o.Reasons, fault("/group", "the end is recorded, and a sweep closes the group's ports")...)
		return o, nil
	case a.lost != nil:
		return o, a.lost
	case a.noRequest:
		o.Status = events.Released
		return o, nil
	case p.step.Result == lease.Retry:
		return o, p.retry()
	case a.ended, !a.end && request.Status == claim.Ended:
		return rejection(o, launchEnded(o.Launch)), nil
	case !a.end && request.Status == claim.Refused && p.left() && group.Unannounced(p.ledger, request.Finished):
		o.Status = events.Queued // the holder announces the refusal once none of its rules are open
		return o, nil
	case !a.end && request.Status == claim.Refused:
		return rejection(o, request.Reasons), nil
	case !a.end && request.Status == claim.Expired:
		return rejection(o, claim.Faults{claim.ExpiredFault(request)}), nil
	case p.state.Unreadable != nil && !p.Observe:
		return o, p.failed
	case p.step.Result == lease.Queued, !p.observed:
		o.Status = events.Queued // if another holder served the ticket meanwhile, it has announced the outcome
		return o, nil
	}
	if p.step.Seen > 0 {
		o.Ticket = int64(p.step.Seen)
	}
	if a.end {
		return p.ended(o, a.launch), nil
	}
	return p.served(o, request), nil
}

// left reports whether this pass rang and another holder serves the ticket.
func (p *pass) left() bool { return p.step.Ticket > 0 && p.step.Seen == 0 }

func launchEnded(launch string) claim.Faults { return claim.Faults{claim.EndedFault(launch)} }

// ended adds the revoked rules of an ended launch to its outcome. It adds a remark for each
// rule that stays until another can replace it.
func (p *pass) ended(o events.Outcome, l claim.Launch) events.Outcome {
	o.Status = events.Released
	if p.Observe {
		o.Status = events.Observed
	}
	asked := make(map[secgroup.Rule]bool)
	for _, request := range p.state.Requests {
		if request.Launch == l {
			for _, entry := range request.Rules {
				asked[entry.Rule] = true
			}
		}
	}
	for _, entry := range p.revoked {
		if asked[entry.Rule] {
			o.Revoked = append(o.Revoked, entry)
		}
	}
	if frozen := p.state.Ledger.Frozen; frozen != "" {
		o.Reasons = append(o.Reasons,
			fault("/group", "the group is frozen: %s; its rules are revoked when it is thawed", frozen)...)
	}
	later := lingering(p.decision.Later, asked, "stays until its replacement is in effect")
	held := lingering(p.decision.Held, asked, "is held by quota: its replacement does not fit")
	o.Reasons = slices.Concat(o.Reasons, later, held)
	return o
}

func lingering(entries []secgroup.Entry, asked map[secgroup.Rule]bool, why string) (remarks claim.Faults) {
	for _, entry := range entries {
		if asked[entry.Rule] {
			remarks = append(remarks, fault("", "%s %s", entry.Rule, why)...)
		}
	}
	return remarks
}

// latest returns the request in the state of the last round.
func (p *pass) latest(r claim.Request) claim.Request {
	for _, request := range p.state.Requests {
		if request.Same(r) {
			return request
		}
	}
	return r
}

func (p *pass) retry() error {
	if p.failed != nil {
		return p.failed
	}
	return errDeadline
}

// served adds the rules that were authorized for the request to its outcome. A new rule of
// several requests counts as authorized for the earliest; for the others it is covered.
func (p *pass) served(o events.Outcome, r claim.Request) events.Outcome {
	o.Status = events.Ensured
	if p.Observe {
		o.Status = events.Observed
	}
	unserved := slices.Clone(p.decision.Waiting)
	if p.Observe {
		unserved = append(unserved, p.decision.Refusals()...)
	}
	for _, waiting := range unserved {
		if waiting.Request.Same(r) {
			o.Reasons = waiting.Reasons
			if !p.Observe {
				o.Status = events.Queued
			}
			return o
		}
	}
	key, covered := r.Key(), p.coveredRules()
	for _, entry := range r.Rules {
		p.account(&o, entry.Rule, key, covered)
	}
	return o
}

// coveredRules returns the rules that cover each rule, from the fast path or the last
// decision.
func (p *pass) coveredRules() map[secgroup.Rule]secgroup.CoveredEntry {
	covered := make(map[secgroup.Rule]secgroup.CoveredEntry, len(p.covered)+len(p.decision.Covered))
	for _, c := range slices.Concat(p.decision.Covered, p.covered) {
		covered[c.Rule.Rule] = c
	}
	return covered
}

// account adds one rule of a served request to the authorized or the covered rules.
func (p *pass) account(o *events.Outcome, rule secgroup.Rule, key string,
	covered map[secgroup.Rule]secgroup.CoveredEntry) {
	if entry, ok := p.wrote(rule); ok {
		if p.decision.Desired.First(rule) == key {
			o.Authorized = append(o.Authorized, entry)
		} else {
			o.Covered = append(o.Covered, secgroup.CoveredEntry{Rule: secgroup.Entry{Rule: rule},
				By: []secgroup.Entry{entry}})
		}
		return
	}
	if c, found := covered[rule]; found {
		o.Covered = append(o.Covered, c)
	}
}

// wrote returns the entry of a rule that this pass authorized, or would have authorized
// without Observe.
func (p *pass) wrote(rule secgroup.Rule) (secgroup.Entry, bool) {
	if entry, ok := p.authorized[rule]; ok {
		return entry, true
	}
	for asked, entry := range p.authorized {
		if asked.Matches(rule) {
			return entry, true
		}
	}
	for _, entry := range p.decision.Authorize {
		if entry.Rule.Matches(rule) {
			return entry, true
		}
	}
	return secgroup.Entry{}, false
}

func rejection(o events.Outcome, reasons claim.Faults) events.Outcome {
	o.Status, o.Reasons = events.Rejected, reasons
	return o
}

// logOutcome logs the outcome of a launch in one line, with the publisher, the event's origin,
// the requester and the reason.
func (e *Ensurer) logOutcome(ctx context.Context, o events.Outcome, publisher string, from claim.Origin,
	why claim.Purpose) {
	e.Log.InfoContext(ctx, "outcome",
		"launch", o.Launch,
		"publisher", publisher,
		"group", o.Group.ID,
		"status", string(o.Status),
		"authorized", len(o.Authorized),
		"revoked", len(o.Revoked),
		"covered", len(o.Covered),
		"reasons", logged(o.Reasons),
		"ticket", o.Ticket,
		slog.Group("origin", "account", from.Account, "source", from.Source, "event", from.Event,
			"message", from.Message, "sender", from.Sender),
		slog.Group("purpose", "requester", why.Requester, "reason", why.Reason, "ticket", why.Ticket),
	)
}

// maxLogged bounds the reasons of a refusal in a log line, in bytes. An event of 1 MiB can
// have thousands of reasons.
const maxLogged = 8 << 10

func logged(reasons claim.Faults) string {
	text := reasons.Error()
	if len(text) <= maxLogged {
		return text
	}
	return fmt.Sprintf("%s... (%d in all)", strings.ToValidUTF8(text[:maxLogged], ""), len(reasons))
}

// maxShortened bounds the text of an error in a list of errors, in bytes.
const maxShortened = 400

func shortened(text string) string {
	if len(text) <= maxShortened {
		return text
	}
	return strings.ToValidUTF8(text[:maxShortened], "") + "..."
}
