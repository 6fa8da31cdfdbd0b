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
func (d *dispatcher) change(ctx context.Context, i int, c events.Change, again bool) {
	if d.own(c) {
		d.ignore(ctx, "sgkeeper's own change", "event", c.EventID)
		return
	}
	for _, g := range d.changed(ctx, i, c) {
		t := d.target(ctx, i, g)
		if t == nil {
			continue
		}
		add(&t.Target, drift.Call{
			Change: drift.Change{EventID: c.EventID, Name: c.Name, Actor: c.Actor, At: c.At},
			Rules:  c.Touched, IDs: c.TouchedIDs, Tags: c.TagKeys,
		})
		t.texts, t.again = append(t.texts, c.Text), t.again || again
		if d.mayManage(c) {
			d.strangers.forget(g)
		}
	}
}

// mayManage reports whether a call may have given its groups the managed tag.
func (d *dispatcher) mayManage(c events.Change) bool {
	key, _, _ := strings.Cut(d.config.ManagedTag, "=")
	return c.Name == "CreateTags" && (len(c.TagKeys) == 0 || slices.Contains(c.TagKeys, key))
}

// changed returns the groups that a change may concern. If the event has only a name or rules,
// EC2 knows the groups. If they cannot be looked up, the message comes again.
func (d *dispatcher) changed(ctx context.Context, i int, c events.Change) (groups []claim.Group) {
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
			d.broken++
			d.failed[i] = err
			d.log.ErrorContext(ctx, "a changed group was not looked up; its event comes again",
				"event", c.EventID, "group", c.GroupName, "rules", c.Rules, "error", err)
		}
		ids = slices.Concat(ids, found)
	}
	for _, id := range ids {
		groups = append(groups, claim.Group{Account: c.Account, Region: c.Region, ID: id})
	}
	return groups
}

// find returns the groups that a change names by name or by their rules. It asks EC2, and
// remembers the answer for an hour.
func (d *dispatcher) find(ctx context.Context, place audit.Place, c events.Change) (ids []string, err error) {
	if len(c.Rules) == 0 {
		return d.findNamed(ctx, place, c.GroupName)
	}
	var unknown []string
	for _, rule := range c.Rules {
		if known, ok := d.named.get(named{place, rule}, d.now()); ok {
			ids = append(ids, known...)
		} else {
			unknown = append(unknown, rule)
		}
	}
	if len(unknown) > 0 {
		groups, err := d.reader.GroupsOf(ctx, place, unknown)
		if err != nil {
			return ids, err
		}
		for _, rule := range unknown {
			d.named.put(named{place, rule}, nil, d.now()) // EC2 does not use an id again
		}
		for rule, group := range groups {
			d.named.put(named{place, rule}, []string{group}, d.now())
			ids = append(ids, group)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

func (d *dispatcher) findNamed(ctx context.Context, place audit.Place, name string) (ids []string, err error) {
	if known, ok := d.named.get(named{place, name}, d.now()); ok {
		return known, nil
	}
	found, err := d.reader.Find(ctx, place, audit.Which{Name: name})
	for _, f := range found {
		ids = append(ids, f.ID)
	}
	if err == nil && len(ids) > 0 { // a new group may take a name that no group has
		d.named.put(named{place, name}, ids, d.now())
	}
	return ids, err
}

// add notes a change, each event once, the latest last.
func add(t *audit.Target, c drift.Call) {
	if c.EventID != "" && slices.ContainsFunc(t.Changes, func(o drift.Call) bool { return o.EventID == c.EventID }) {
		return
	}
	t.Changes = append(t.Changes, c)
	slices.SortStableFunc(t.Changes, func(a, b drift.Call) int { return a.At.Compare(b.At) })
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
