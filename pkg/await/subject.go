package await

import (
	"cmp"
	"context"
	"fmt"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// subject is the launch and the group of a wait, with the outcomes that are known so far.
type subject struct {
	*Waiter
	wait     events.Wait
	launches []claim.Launch // the launch; for an end, also the one from before the guardrails named publishers
	named    events.Group   // as in the wait
	group    claim.Group    // the zero Group: all groups, or unfound is set
	unfound  *claim.Fault   // why the name of the group leads to no group
	unowned  *claim.Fault   // why the owner of the launch is not certain

	settled map[place]known        // not queued, so without further reads
	seen    map[place]lease.Ticket // see [ended]
}

// place is the part of a launch in a group.
type place struct {
	launch claim.Launch
	group  claim.Group
}

// known is a verdict on the requests of a launch in a group, or on its end.
type known struct {
	verdict
	live bool // the launch has a live request in the group
}

// subject finds the owner of the launch as the guardrails define it, and the group by its name.
// The faults are those of the wait.
func (w *Waiter) subject(ctx context.Context, m events.Message) (*subject, claim.Faults) {
	if m.Faults != nil {
		return nil, m.Faults
	}
	s := &subject{
		Waiter: w, wait: *m.Wait, launches: []claim.Launch{m.Launch}, named: m.Group,
		settled: make(map[place]known), seen: make(map[place]lease.Ticket),
	}
	if faults := s.own(m); faults != nil {
		return nil, faults
	}
	s.find(ctx)
	return s, nil
}

var errUnguarded = claim.Fault{
	Problem: "no guardrails could be loaded yet, so the launch's publisher is not known: " +
		"name it in the wait, or try again",
}

// own sets the owner of the launch.
func (s *subject) own(m events.Message) claim.Faults {
	switch {
	case s.wait.Publisher != "":
		s.launches[0].Namespace = s.wait.Publisher
	case s.Guard == nil:
		s.unowned = &errUnguarded
	default:
		l, faults := s.Guard.Means(guard.Event{Launch: m.Launch, Origin: m.Origin}, s.Account)
		if faults != nil {
			return s.withinWait(faults)
		}
		s.launches[0] = l
	}
	if before, ok := s.Guard.Before(s.launches[0], s.Account); ok && s.wait.End != nil {
		s.launches = append(s.launches, before)
	}
	return nil
}

// withinWait returns the faults of a launch's publisher with the fields of the wait.
func (s *subject) withinWait(faults claim.Faults) (within claim.Faults) {
	detail := "/request"
	if s.wait.End != nil {
		detail = "/end"
	}
	for _, f := range faults {
		if f.Field != "" {
			within = append(within, claim.Fault{Field: detail + f.Field, Problem: f.Problem})
			continue
		}
		problem := f.Problem + "; in the wait, give the event's source, or name the publisher"
		within = append(within, claim.Fault{Field: "/publisher", Problem: problem})
	}
	return within
}

// find sets the group. A name is looked up once: if EC2 does not know it yet, the launcher's
// next wait looks it up again.
func (s *subject) find(ctx context.Context) {
	g := s.named
	if g.Name == "" {
		if g.ID != "" {
			s.group = g.Ref().Group()
		}
		return
	}
	if s.Serves != nil && !s.Serves(g.Account, g.Region) {
		s.unfound = unfound(g, fmt.Sprintf("groups of account %s in %s are not served", g.Account, g.Region))
		return
	}
	ids, err := s.Names.FindAll(ctx, g.Account, g.Region, g.VPC, []string{g.Name})
	switch found := ids[g.Name]; {
	case err != nil:
		s.unfound = unfound(g, err.Error())
	case len(found) == 0:
		s.unfound = unfound(g, "EC2 knows no such group")
	case len(found) > 1:
		s.unfound = unfound(g, "several groups have that name; give the id of one")
	default:
		s.group = claim.Group{Account: g.Account, Region: g.Region, ID: found[0]}
	}
}

func unfound(g events.Group, why string) *claim.Fault {
	return &claim.Fault{Field: "/group/name", Problem: fmt.Sprintf("group %s in %s: %s", g.Name, g.VPC, why)}
}

// refusal returns the refusal of the wait's event; nil if it is not among the refusals. If the
// wait names no event, it is the refusal of a request with the same rules on the group. A wait
// without rules means any request on the group.
func (s *subject) refusal(refusals []claim.Refusal, digest string) *claim.Refusal {
	for i, r := range refusals {
		matches := r.Event == s.wait.Event
		if s.wait.Event == "" {
			matches = s.wait.Request != nil && s.sameGroup(r) && s.sameRules(r, digest)
		}
		if matches && r.End == (s.wait.End != nil) {
			return &refusals[i]
		}
	}
	return nil
}

// sameGroup reports whether a refusal is about the wait's group. The name of a group that EC2
// does not know is the whole record of it.
func (s *subject) sameGroup(r claim.Refusal) bool {
	switch {
	case s.named.ID == "" && s.named.Name == "":
		return true
	case r.Group.ID != "":
		return r.Group.Group() == s.group
	}
	return s.named.Name != "" && r.Group.Name == s.named.Name && r.Group.VPC == s.named.VPC
}

func (s *subject) sameRules(r claim.Refusal, digest string) bool {
	rules := s.wait.Request.Rules
	if len(rules) == 0 {
		return true
	}
	if r.Digest != "" {
		return r.Digest == digest
	}
	if len(r.Rules) == 0 || len(r.Rules)+r.More != len(rules) {
		return false
	}
	for i, rule := range r.Rules {
		if rule != rules[i].Rule {
			return false
		}
	}
	return true
}

// outcome returns the outcome for a launch in a group.
func (s *subject) outcome(l claim.Launch, g claim.Group, v verdict) events.Outcome {
	o := events.Outcome{Launch: l.Name, Group: s.named, Status: v.status, Reasons: v.reasons, Ticket: int64(v.ticket)}
	if g.ID != "" {
		o.Group = events.Group{ID: g.ID, Account: g.Account, Region: g.Region}
	}
	for _, why := range []*claim.Fault{s.unfound, s.unowned} {
		if v.status == events.Queued && why != nil {
			o.Reasons = append(o.Reasons[:len(o.Reasons):len(o.Reasons)], *why)
		}
	}
	return o
}

// outcomeOf returns the outcome of a refusal, in its group.
func (s *subject) outcomeOf(r claim.Refusal) events.Outcome {
	return s.outcome(r.Launch, r.Group.Group(), rejected(r.Reasons...))
}

func compareGroups(g, h claim.Group) int {
	return cmp.Or(cmp.Compare(g.Account, h.Account), cmp.Compare(g.Region, h.Region), cmp.Compare(g.ID, h.ID))
}
