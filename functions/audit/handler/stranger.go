package handler

import (
	"context"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// dropStrangers drops the groups that only events of CloudTrail name and that are not this
// installation's: they are neither in the table nor in the latest report, and they lack the
// managed tag. The handler remembers for an hour that a group is a stranger. Then an event about
// it costs a read of the table, and no call to EC2.
//
// If the table or EC2 cannot be read, the messages come again.
func (d *dispatcher) dropStrangers(ctx context.Context) {
	var unknown []claim.Group
	strangers := make(map[claim.Group]bool)
	for _, g := range d.order {
		if d.targets[g].Named {
			continue
		}
		listed, err := d.table.HasGroup(ctx, g)
		_, stranger := d.strangers.get(g, d.now())
		switch {
		case err != nil:
			d.fail(ctx, err, g)
			strangers[g] = true
		case listed:
		case stranger:
			strangers[g] = true
		default:
			unknown = append(unknown, g)
		}
	}
	for _, g := range d.strangersAmong(ctx, unknown) {
		strangers[g] = true
	}
	d.order = slices.DeleteFunc(d.order, func(g claim.Group) bool { return strangers[g] })
	kept := d.some()
	for g := range strangers {
		for _, i := range d.targets[g].messages {
			if d.failed[i] == nil && !slices.Contains(kept, i) {
				d.ignore(ctx, "the group is neither managed nor in the table", "group", g.String())
			}
		}
		delete(d.targets, g)
	}
}

// fail makes the messages that name some groups come again, because of a failed lookup.
func (d *dispatcher) fail(ctx context.Context, err error, groups ...claim.Group) {
	d.broken++
	d.log.ErrorContext(ctx, "changed groups were not looked up; their events come again", "groups", groups, "error",
		err)
	for _, g := range groups {
		for _, i := range d.targets[g].messages {
			d.failed[i] = err
		}
	}
}

// strangersAmong returns the groups that are not in the latest report and that lack the managed
// tag, and those that cannot be looked up. It makes one call to EC2 for each account and Region.
func (d *dispatcher) strangersAmong(ctx context.Context, groups []claim.Group) (strangers []claim.Group) {
	if len(groups) == 0 {
		return nil
	}
	latest, _, err := d.latest(ctx)
	if err != nil {
		d.fail(ctx, err, groups...)
		return groups
	}
	places := make(map[audit.Place][]claim.Group)
	for _, g := range groups {
		if latest == nil || !latest.Knows(g) {
			p := audit.Place{Account: g.Account, Region: g.Region}
			places[p] = append(places[p], g)
		}
	}
	for place, groups := range places {
		for some := range slices.Chunk(groups, audit.MaxIDs) {
			strangers = append(strangers, d.untagged(ctx, place, some)...)
		}
	}
	return strangers
}

// untagged returns the groups without the managed tag, and remembers them. If EC2 cannot be read,
// it returns all groups.
func (d *dispatcher) untagged(ctx context.Context, p audit.Place, groups []claim.Group) (untagged []claim.Group) {
	ids := make([]string, len(groups))
	for i, g := range groups {
		ids[i] = g.ID
	}
	found, err := d.reader.Find(ctx, p, audit.Which{IDs: ids})
	if err != nil {
		d.fail(ctx, err, groups...)
		return groups
	}
	managed := make(map[string]bool)
	for _, f := range found {
		managed[f.ID] = audit.Managed(f.Tags, d.config.ManagedTag)
	}
	for _, g := range groups {
		if !managed[g.ID] {
			d.strangers.put(g, struct{}{}, d.now())
			untagged = append(untagged, g)
		}
	}
	return untagged
}
