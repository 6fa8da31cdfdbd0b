package ensure

import (
	"context"
	"errors"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/guard"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
)

// Facts tells what guardrails may depend on.
type Facts interface {
	// Facts returns a group's name and tags. The error is ErrGroupNotFound where
	// there is no such group.
	Facts(ctx context.Context, group claim.Group) (guard.Facts, error)
}

var errUnguarded = errors.New("no guardrails could be loaded yet: requests wait until they are")

// judge returns what the guardrails say of a request. Only where they depend on the
// group's name or tags, and nothing else settles it, EC2 is asked for these, if the
// group is served. An error is for a request that must come again: at is when it
// was published.
func (d *desk) judge(ctx context.Context, r events.Request, group claim.Group, at time.Time, served bool) (events.Faults, error) {
	ask := guard.Ask{
		Launch: r.Launch, Group: guard.Group{Account: group.Account, ID: group.ID, Facts: d.facts[group]},
		Rules: r.Rules, Parts: r.Parts, Received: d.now(), ExpiresAt: r.ExpiresAt,
	}
	faults, needs := d.Guard.Check(ask)
	switch {
	case !needs:
		return faults, nil
	case !served:
		return nil, nil
	}
	facts, err := d.Ensurer.Facts.Facts(ctx, group)
	switch {
	case errors.Is(err, ErrGroupNotFound) && !at.IsZero() && d.now().Sub(at) < namedLately:
		return nil, err // EC2 may not know a new group everywhere yet
	case errors.Is(err, ErrGroupNotFound):
		return noSuchGroup(group), nil
	case errors.Is(err, ErrDenied):
		return fault("/group", "guardrails depend on the name or the tags of %s, which the function may not read: allow its role ec2:DescribeSecurityGroups", group.ID), nil
	case err != nil:
		return nil, err
	}
	d.facts[group] = &facts
	ask.Group.Facts = &facts
	faults, _ = d.Guard.Check(ask)
	return faults, nil
}

// speaks returns the launch that an event means: an admin's may mean another's.
// Without guardrails it is not known who is one.
func (e *Ensurer) speaks(l events.Launch) (events.Launch, error) {
	if e.Guard == nil && guard.Ambiguous(l) {
		return l, errUnguarded
	}
	return e.Guard.Speaks(l), nil
}

// caps are the bounds that are held under the lease.
func (e *Ensurer) caps() plan.Caps {
	l := e.Guard.Limits()
	return plan.Caps{Launches: l.Claims, Rules: l.Rules}
}
