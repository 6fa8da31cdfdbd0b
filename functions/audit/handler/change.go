package handler

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// change adds the groups that a call changed to the audit, unless sgkeeper made the call.
func (d *dispatcher) change(ctx context.Context, i int, c events.Change) {
	if d.own(c) {
		d.ignore(ctx, "sgkeeper's own change", "event", c.EventID)
		return
	}
	known := len(d.order)
	for _, g := range d.changed(ctx, c) {
		if t := d.target(ctx, g); t != nil {
			add(t, drift.Change{EventID: c.EventID, Name: c.Name, Actor: c.Actor, At: c.At})
			d.some = append(d.some, i)
		}
	}
	if len(d.order) > known {
		d.log.InfoContext(ctx, "changed", "event", c.EventID, "call", c.Name, "actor", c.Actor, "groups",
			d.order[known:])
	}
}

// changed returns the groups that a change may concern. If the event has only a name or rules,
// EC2 knows the groups.
func (d *dispatcher) changed(ctx context.Context, c events.Change) (groups []claim.Group) {
	place := audit.Place{Account: c.Account, Region: c.Region}
	ids := c.Groups
	if c.GroupName != "" || len(c.Rules) > 0 {
		if !slices.Contains(d.places, place) {
			d.ignore(ctx, "the group is in no account and Region that is audited", "group", c.GroupName, "rules",
				c.Rules)
			return nil
		}
		found, err := d.find(ctx, place, c)
		if err != nil {
			d.log.WarnContext(ctx, "a changed group was not found; the next audit of all groups reads it",
				"event", c.EventID, "group", c.GroupName, "rules", c.Rules, "error", err)
		}
		ids = slices.Concat(ids, found)
	}
	for _, id := range ids {
		groups = append(groups, claim.Group{Account: c.Account, Region: c.Region, ID: id})
	}
	return groups
}

// find asks EC2 for the groups that a change names by name or by their rules.
func (d *dispatcher) find(ctx context.Context, place audit.Place, c events.Change) (ids []string, err error) {
	if len(c.Rules) > 0 {
		return d.reader.GroupsOf(ctx, place, c.Rules)
	}
	found, err := d.reader.Find(ctx, place, audit.Which{Name: c.GroupName})
	for _, f := range found {
		ids = append(ids, f.ID)
	}
	return ids, err
}

// add notes a change, each event once, the latest last.
func add(t *audit.Target, c drift.Change) {
	if c.EventID != "" && slices.ContainsFunc(t.Changes, func(o drift.Change) bool { return o.EventID == c.EventID }) {
		return
	}
	t.Changes = append(t.Changes, c)
	slices.SortStableFunc(t.Changes, func(a, b drift.Change) int { return a.At.Compare(b.At) })
}

// own reports whether one of sgkeeper's roles made the change. It compares the role's ARN or,
// if the event lacks that, the session's ARN. A role of any account is one of the account that
// the change was made in.
func (d *dispatcher) own(c events.Change) bool {
	return slices.ContainsFunc(d.config.OwnRoles, func(role string) bool {
		role = strings.Replace(role, ":iam::"+anyAccount+":", ":iam::"+c.Account+":", 1)
		return c.Issuer == role || c.Issuer == "" && isSession(c.Actor, role)
	})
}

// isSession reports whether an ARN belongs to a session of a role. A session's ARN does not
// contain the role's path.
func isSession(session, role string) bool {
	s, err := arn.Parse(session)
	r, failed := arn.Parse(role)
	if err != nil || failed != nil || s.Service != "sts" || s.AccountID != r.AccountID {
		return false
	}
	name, isAssumed := strings.CutPrefix(s.Resource, "assumed-role/")
	name, _, _ = strings.Cut(name, "/")
	return isAssumed && strings.HasSuffix("/"+r.Resource, "/"+name)
}
