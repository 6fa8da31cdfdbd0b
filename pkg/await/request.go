package await

import (
	"context"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// pollRequest reads the table once for the wait's request.
func (s *subject) pollRequest(ctx context.Context) ([]events.Outcome, error) {
	switch {
	case s.unfound != nil:
		return s.notRecorded(ctx, "")
	case len(s.wait.Request.Rules) > 0:
		return s.pollRules(ctx)
	}
	return s.pollLive(ctx)
}

// pollRules reads the request with the wait's rules.
func (s *subject) pollRules(ctx context.Context) ([]events.Outcome, error) {
	l := s.launches[0]
	digest := s.wait.Request.On(s.group, time.Time{}).Digest()
	found, err := s.Table.Request(ctx, l, s.group, digest)
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return s.notRecorded(ctx, digest)
	}
	k, err := s.judged(ctx, s.group, []claim.Request{*found})
	if err != nil {
		return nil, err
	}
	return []events.Outcome{s.served(s.group, k)}, nil
}

// pollLive reads all live requests of the launch, on the wait's group or on all groups. If
// there is none, the last one that was finished in each group counts.
func (s *subject) pollLive(ctx context.Context) ([]events.Outcome, error) {
	if s.wait.Event != "" {
		refusals, _, err := s.Table.Refused(ctx, s.launches[0])
		if err != nil {
			return nil, err
		}
		if r := s.refusal(refusals, ""); r != nil {
			return []events.Outcome{s.outcomeOf(*r)}, nil
		}
	}
	groups := []claim.Group{s.group}
	if s.group.ID == "" {
		trace, err := s.Table.Trace(ctx, s.launches[0])
		if err != nil {
			return nil, err
		}
		groups = slices.SortedFunc(slices.Values(trace.Groups), compareGroups)
	}
	var live, finished []events.Outcome
	for _, g := range groups {
		k, err := s.verdictIn(ctx, g)
		switch {
		case err != nil:
			return nil, err
		case k.live:
			live = append(live, s.served(g, k))
		case k.status != "":
			finished = append(finished, s.served(g, k))
		}
	}
	switch {
	case len(live) > 0:
		return live, nil
	case len(finished) > 0:
		return finished, nil
	}
	return s.notRecorded(ctx, "")
}

// verdictIn returns the verdict on the launch's requests in a group; the zero verdict if there
// are none.
func (s *subject) verdictIn(ctx context.Context, g claim.Group) (known, error) {
	at := place{s.launches[0], g}
	if k, ok := s.settled[at]; ok {
		return k, nil
	}
	requests, err := s.Table.RequestsOf(ctx, at.launch, g)
	if err != nil || len(requests) == 0 {
		return known{}, err
	}
	k, err := s.judged(ctx, g, requests)
	if err == nil && k.status != events.Queued {
		s.settled[at] = k
	}
	return k, err
}

// judged returns the verdict on requests of the launch in a group. It reads the head if one of
// them is live.
func (s *subject) judged(ctx context.Context, g claim.Group, requests []claim.Request) (k known, err error) {
	var h Head
	if k.live = len(claim.OpenOf(requests)) > 0; k.live {
		if h, err = s.Table.Headed(ctx, g, true); err != nil {
			return known{}, err
		}
	}
	k.verdict = judgeAll(requests, h, s.Observe)
	return k, nil
}

// served returns the outcome of recorded requests, with the wait's remarks on its own rules.
func (s *subject) served(g claim.Group, k known) events.Outcome {
	o := s.outcome(s.launches[0], g, k.verdict)
	if k.status == events.Ensured || k.status == events.Observed {
		o.Reasons = slices.Concat(o.Reasons, s.wait.Request.Remarks)
	}
	return o
}

// notRecorded returns the outcome of a request that is not on record: its event was refused, or
// its launch has ended, or sgkeeper has not read it.
func (s *subject) notRecorded(ctx context.Context, digest string) ([]events.Outcome, error) {
	l := s.launches[0]
	refusals, trace, err := s.Table.Refused(ctx, l)
	if err != nil {
		return nil, err
	}
	if r := s.refusal(refusals, digest); r != nil {
		return []events.Outcome{s.outcomeOf(*r)}, nil
	}
	v := unknown
	if trace.in(s.group) {
		v = rejected(claim.EndedFault(l.Name))
	}
	return []events.Outcome{s.outcome(l, s.group, v)}, nil
}
