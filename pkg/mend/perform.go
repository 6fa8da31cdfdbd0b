package mend

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/repair"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// patience is the time for one group. The lease expires with it, so that ensure takes over if this
// program dies.
const patience = 2 * time.Minute

// Perform performs a job, and sets its Results and its Err.
func (m *Mender) Perform(ctx context.Context, j *Job) {
	if len(j.Plan.Steps) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if m.Table == nil {
		j.Err = m.perform(ctx, j)
		return
	}
	s := lease.State{Op: lease.Ring, Deadline: lease.Instant(m.now().Add(patience).UnixMilli()),
		Owner: lease.Owner{Nonce: ensure.Holder{Since: m.now(), Invocation: "sgkeeper-mend"}.Nonce()}}
	reply, _, err := m.Table.Perform(ctx, j.Group, s, nil)
	switch {
	case err != nil:
		j.Err = fmt.Errorf("take the group's lease: %w", err)
	case reply.Head.Owner != s.Owner:
		j.Err = ErrBusy
		return
	default:
		j.Err = m.perform(ctx, j)
	}
	s.Op = lease.Yield // leaves the group due, so that the next sweep serves it
	if _, _, err := m.Table.Perform(context.WithoutCancel(ctx), j.Group, s, nil); err != nil && j.Err == nil {
		j.Err = fmt.Errorf("free the group's lease, which expires within two minutes: %w", err)
	}
}

// perform performs the steps, if the plan is still the same.
func (m *Mender) perform(ctx context.Context, j *Job) (err error) {
	in, err := m.read(ctx, j)
	if err != nil {
		return err
	}
	if !j.make(in).Equal(j.Plan) {
		return ErrChanged
	}
	var owned []secgroup.Entry
	defer func() { err = errors.Join(err, m.adopt(ctx, j.Group, owned)) }()
	for _, s := range j.Plan.Steps {
		r := Result{Step: s}
		if m.blocked(j, s) {
			r.Err = errSkipped
		} else {
			var made []secgroup.Entry
			made, r.Err = m.do(ctx, j.Group, s)
			if s.Adopt {
				owned = append(owned, made...)
			}
		}
		j.Results = append(j.Results, r)
		if errors.Is(r.Err, ensure.ErrDenied) || ctx.Err() != nil {
			return cmp.Or(r.Err, ctx.Err())
		}
	}
	return nil
}

// blocked reports whether a step depends on one that failed.
func (m *Mender) blocked(j *Job, s repair.Step) bool {
	for _, r := range j.Results {
		if r.Err != nil && s.Depends(r.Step) {
			return true
		}
	}
	return false
}

// do performs one step. It returns the rule that the step made or changed. A step whose effect exists
// already succeeds.
func (m *Mender) do(ctx context.Context, g claim.Group, s repair.Step) (made []secgroup.Entry, err error) {
	switch rule := []secgroup.Entry{s.Entry}; s.Op {
	case repair.Authorize:
		made, err = m.Groups.Authorize(ctx, g, rule)
		if errors.Is(err, ensure.ErrDuplicate) {
			err = nil
		}
	case repair.Revoke:
		if err = m.Groups.Revoke(ctx, g, rule); errors.Is(err, ensure.ErrRuleNotFound) {
			err = nil
		}
	case repair.Describe:
		err = m.Groups.Describe(ctx, g, s.Entry, s.Description)
	case repair.Tag:
		err = m.Groups.Tag(ctx, g, s.Entry.ID, s.Tags)
	case repair.Untag:
		made, err = rule, m.Groups.Untag(ctx, g, s.Entry.ID, s.Tags)
	case repair.TagGroup:
		err = m.Groups.Tag(ctx, g, g.ID, s.Tags)
	case repair.UntagGroup:
		err = m.Groups.Untag(ctx, g, g.ID, s.Tags)
	}
	if err != nil {
		return nil, err
	}
	return made, nil
}

// adopt records rules as sgkeeper's, so that sgkeeper revokes them with the last launch that needs
// them. Without a table it does nothing.
func (m *Mender) adopt(ctx context.Context, g claim.Group, rules []secgroup.Entry) error {
	if m.Table == nil || len(rules) == 0 {
		return nil
	}
	records := make([]claim.Untagged, len(rules))
	for i, e := range rules {
		records[i] = plan.Untagged(e, m.now())
	}
	if err := m.Table.Adopt(context.WithoutCancel(ctx), g, records); err != nil {
		return fmt.Errorf("the new rules serve launches, and sgkeeper does not know that they are its own: "+
			"run sgkeeper adopt --group %s: %w", g.ID, err)
	}
	return nil
}
