package ensure

import (
	"context"
	"errors"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
)

// namedLately is how long after an event a group that it names may be unknown to
// EC2 because it is new.
const namedLately = group.NewGroup

// identify puts the id in the place of the name by which a message knows its
// group, or says why it cannot. The name is looked up each time: a group that was
// made anew under a name has another id, and is another group.
func (d *desk) identify(ctx context.Context, i int, m events.Message) (events.Message, events.Faults) {
	if !d.isNamed(m) {
		return m, nil
	}
	id, err := d.find(ctx, m.Group)
	if err != nil {
		return m, d.notFound(i, m, err)
	}
	m.Group = events.Group{ID: id, Account: m.Group.Account, Region: m.Group.Region}
	switch {
	case m.Request != nil:
		r := *m.Request
		r.Group = m.Group
		m.Request = &r
	case m.End != nil:
		m.End = &events.End{Launch: m.End.Launch, Group: &m.Group}
	}
	return m, nil
}

// isNamed reports whether a message's group is to be found by its name. One that
// is out of reach is refused for that.
func (d *desk) isNamed(m events.Message) bool {
	reached := len(d.outOfReach(m.Launch, m.Group)) == 0
	return m.Faults == nil && (m.Request != nil || m.End != nil) && m.Group.ID == "" && m.Group.Name != "" && reached
}

// find asks EC2 once an invocation for each name.
func (d *desk) find(ctx context.Context, g events.Group) (string, error) {
	if id := d.ids[g]; id != "" {
		return id, nil
	}
	id, err := d.Names.Find(ctx, claim.Group{Account: g.Account, Region: g.Region}, g.Name, g.VPC)
	if err == nil {
		d.ids[g] = id
	}
	return id, err
}

// notFound says why a group cannot be told by its name, or has the message come
// again where that may change.
func (d *desk) notFound(i int, m events.Message, err error) events.Faults {
	age := d.now().Sub(m.Time).Abs() // by the publisher's clock, whatever it says
	switch {
	case errors.Is(err, ErrGroupNotFound) && age > namedLately:
		return fault("/group/name", "there is no group %s in %s; create it first, or give the id of the one that is meant%s", m.Group.Name, m.Group.VPC, orAll(m))
	case errors.Is(err, ErrAmbiguous):
		return fault("/group/name", "several groups in %s are named %s; give the id of the one that is meant", m.Group.VPC, m.Group.Name)
	case errors.Is(err, ErrDenied):
		return fault("/group/name", "the function's role may not look for groups by name; give it ec2:DescribeSecurityGroups, or give the group's id")
	}
	d.answers[i].Retry = err
	return nil
}

// orAll is what else an end may do whose group is gone.
func orAll(m events.Message) string {
	if m.End == nil {
		return ""
	}
	return ", or leave the group out, which ends the launch in all its groups"
}
