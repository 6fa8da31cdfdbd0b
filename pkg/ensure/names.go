package ensure

import (
	"errors"
	"fmt"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
)

// recentFor is how long after an event AWS may not know a new group or permission everywhere.
const recentFor = group.NewGroup

// identify replaces the group's name in a message by its id, or returns why it cannot. Each
// invocation looks the name up again, because a recreated group of the same name has another
// id.
func (d *delivery) identify(i int, m events.Message) (events.Message, claim.Faults) {
	if !d.isNamed(m) {
		return m, nil
	}
	a, _ := d.lookups.get(nameOf(m.Group))
	if a.err != nil {
		return m, d.notFound(i, m, a.err)
	}
	return identified(m, a.id), nil
}

// identified returns the message with the group's id.
func identified(m events.Message, id string) events.Message {
	m.Group = events.Group{ID: id, Account: m.Group.Account, Region: m.Group.Region}
	switch {
	case m.Request != nil:
		r := *m.Request
		r.Group = m.Group
		m.Request = &r
	case m.End != nil:
		m.End = &events.End{Launch: m.End.Launch, Group: &m.Group}
	}
	return m
}

// isNamed reports whether a message's group must be found by its name. If the group is out of
// reach, no lookup is needed to refuse the message.
func (d *delivery) isNamed(m events.Message) bool {
	reached := len(d.outOfReach(m.Origin.Account, m.Group)) == 0
	return m.Faults == nil && (m.Request != nil || m.End != nil) && m.Group.ID == "" && m.Group.Name != "" && reached
}

// notFound returns why a name leads to no group. If that may change, it sends the message back
// to the queue.
func (d *delivery) notFound(i int, m events.Message, err error) claim.Faults {
	switch {
	case errors.Is(err, ErrAmbiguous):
		return fault("/group/name",
			"several groups in %s are named %s; give the id of one", m.Group.VPC, m.Group.Name)
	case d.isRecent(m):
	case errors.Is(err, ErrGroupNotFound):
		return fault("/group/name",
			"there is no group %s in %s; create it first, or give the id of an existing group%s",
			m.Group.Name, m.Group.VPC, orAll(m))
	case errors.Is(err, ErrDenied):
		return denial(err, fault("/group/name",
			"the function's role may not find groups by name; allow it "+
				"ec2:DescribeSecurityGroups, or give the group's id"))
	}
	d.answers[i].Retry = fmt.Errorf("find group %s in %s: %w", m.Group.Name, m.Group.VPC, err)
	return nil
}

// isRecent reports whether an event is so recent, by the publisher's clock, that AWS may not
// yet know its group or permissions everywhere. Such a message returns to the queue.
func (e *Ensurer) isRecent(m events.Message) bool { return e.now().Sub(m.Time).Abs() < recentFor }

// orAll returns the alternative remedy of an end on a missing group.
func orAll(m events.Message) string {
	if m.End == nil {
		return ""
	}
	return ", or leave the group out, which ends the launch in all its groups"
}
