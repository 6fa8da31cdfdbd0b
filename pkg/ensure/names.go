package ensure

import (
	"errors"
	"fmt"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
)

// namedLately is how long after an event a group that it names may be unknown to
// EC2 because it is new.
const namedLately = group.NewGroup

// identify puts the id in the place of the name by which a message knows its group, or
// says why it cannot. The name is looked up in each invocation: a group that was created
// anew under a name has another id, and is another group.
func (d *delivery) identify(i int, m events.Message) (events.Message, events.Faults) {
	if !d.isNamed(m) {
		return m, nil
	}
	a, _ := d.lookups.get(nameOf(m.Group))
	if a.err != nil {
		return m, d.notFound(i, m, a.err)
	}
	return identified(m, a.id), nil
}

// identified returns a message about the group of an id.
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

// isNamed reports whether a message's group is to be found by its name. One that
// is out of reach is refused for that.
func (d *delivery) isNamed(m events.Message) bool {
	reached := len(d.outOfReach(m.Origin.Account, m.Group)) == 0
	return m.Faults == nil && (m.Request != nil || m.End != nil) && m.Group.ID == "" && m.Group.Name != "" && reached
}

// notFound says why a name does not lead to a group. If that may change, it sends the
// message back to the queue.
func (d *delivery) notFound(i int, m events.Message, err error) events.Faults {
	switch {
	case errors.Is(err, ErrAmbiguous):
		return fault("/group/name",
			"several groups in %s are named %s; give the id of the one that is meant", m.Group.VPC, m.Group.Name)
	case d.isRecent(m):
	case errors.Is(err, ErrGroupNotFound):
		return fault("/group/name",
			"there is no group %s in %s; create it first, or give the id of the one that is meant%s",
			m.Group.Name, m.Group.VPC, orAll(m))
	case errors.Is(err, ErrDenied):
		return denial(err, fault("/group/name",
			"the function's role may not look for groups by name; give it "+
				"ec2:DescribeSecurityGroups, or give the group's id"))
	}
	d.answers[i].Retry = fmt.Errorf("find group %s in %s: %w", m.Group.Name, m.Group.VPC, err)
	return nil
}

// isRecent reports whether an event is so recent, by the publisher's clock, that its group
// or its permissions may not have reached all of AWS yet. Such a message comes again.
func (e *Ensurer) isRecent(m events.Message) bool { return e.now().Sub(m.Time).Abs() < namedLately }

// orAll is what else an end may do whose group is gone.
func orAll(m events.Message) string {
	if m.End == nil {
		return ""
	}
	return ", or leave the group out, which ends the launch in all its groups"
}
