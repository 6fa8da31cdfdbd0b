package await

import (
	"context"
	"slices"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// unknownEnd is the verdict on an end that is not on record.
var unknownEnd = queued("",
	"no end of this launch is on record: sgkeeper has not read the event, or the event has another "+
		"account, source or publisher than this wait, or it went to another installation")

// pollEnd reads the table once for the wait's end. The end of a launch also ends the launch
// from before the guardrails named publishers, if there is one.
func (s *subject) pollEnd(ctx context.Context) (outcomes []events.Outcome, err error) {
	for i, l := range s.launches {
		trace, err := s.Table.Trace(ctx, l)
		if err != nil {
			return nil, err
		}
		if i > 0 && len(trace.Groups) == 0 {
			continue
		}
		more, err := s.endOf(ctx, l, trace)
		if err != nil {
			return nil, err
		}
		outcomes = append(outcomes, more...)
	}
	return outcomes, nil
}

// endOf returns the outcomes of the end of one launch.
func (s *subject) endOf(ctx context.Context, l claim.Launch, trace Trace) ([]events.Outcome, error) {
	groups := []claim.Group{s.group}
	everywhere := s.wait.End.Group == nil
	if everywhere {
		groups = slices.SortedFunc(slices.Values(trace.Groups), compareGroups)
	}
	recorded := everywhere && trace.Ended || !everywhere && s.unfound == nil && trace.in(s.group)
	if !recorded && s.wait.Event != "" {
		refusals, _, err := s.Table.Refused(ctx, l)
		if err != nil {
			return nil, err
		}
		if r := s.refusal(refusals, ""); r != nil {
			return []events.Outcome{s.outcomeOf(*r)}, nil
		}
	}
	if len(groups) == 0 {
		v := unknownEnd
		if recorded {
			v = verdict{status: events.Released}
		}
		return []events.Outcome{s.outcome(l, claim.Group{}, v)}, nil
	}
	var outcomes []events.Outcome
	for _, g := range groups {
		v := unknownEnd
		if recorded {
			var err error
			if v, err = s.endIn(ctx, place{l, g}, trace); err != nil {
				return nil, err
			}
		}
		outcomes = append(outcomes, s.outcome(l, g, v))
	}
	return outcomes, nil
}

// endIn returns the verdict on a recorded end in one group.
func (s *subject) endIn(ctx context.Context, at place, trace Trace) (verdict, error) {
	if k, ok := s.settled[at]; ok {
		return k.verdict, nil
	}
	if !slices.Contains(trace.Groups, at.group) { // the launch has no request there
		return verdict{status: events.Released}, nil
	}
	ending, here := trace.EndedIn[at.group]
	if !here {
		return queued("/group", "the end is recorded for the launch, and not yet for this group"), nil
	}
	h, err := s.Table.Headed(ctx, at.group, false)
	if err != nil {
		return verdict{}, err
	}
	e := ended{at: ending}
	if ticket, ok := s.seen[at]; ok {
		e.seen = &ticket
	} else {
		s.seen[at] = h.Lease.Want
	}
	v := judgeEnd(e, h, s.Observe)
	if v.status != events.Queued {
		s.settled[at] = known{verdict: v}
	}
	return v, nil
}
