package ensure

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// Instance is an instance as EC2 describes it.
type Instance struct {
	ID     string
	State  string // as in events.Instance
	Tags   map[string]string
	Groups []NamedGroup // of its first interface
}

// NamedGroup is a group of an instance.
type NamedGroup struct{ ID, Name string }

// Instances describes EC2 instances.
type Instances interface {
	// Instances returns the instances with the given ids that EC2 knows in an account and
	// Region. EC2 describes a terminated instance for about an hour (EC2 API,
	// DescribeInstances).
	Instances(ctx context.Context, account, region string, ids []string) (map[string]Instance, error)
}

// Launches reads which launches have requests.
type Launches interface {
	// Known reports whether a launch has had a request on any group.
	Known(ctx context.Context, l claim.Launch) (bool, error)
}

// ManagedTag is the tag that opts a group in if its value is true.
const ManagedTag = "sgkeeper:managed"

var (
	errNoInstance = errors.New("EC2 does not know the instance yet")
	errStillThere = errors.New("EC2 does not describe the instance as terminated yet")
)

// takeInstance handles an event about an instance: a running one requests the rules of its
// tags, and a terminated one ends. Most instances have no such tags and get no answer.
func (d *delivery) takeInstance(ctx context.Context, i int, m events.Message) claim.Faults {
	if d.Instances == nil || d.InstancesOff {
		return fault("",
			"instances are not served here: set SGKEEPER_INSTANCES=on, or remove "+
				"the rule that sends their events")
	}
	if faults := d.outOfReach(m.Origin.Account, m.Group); faults != nil {
		return faults
	}
	switch m.Instance.State {
	case events.Running:
		return d.begin(i, m)
	case events.Terminated:
		return d.terminated(ctx, i, m)
	}
	return nil
}

// questionsOfInstance returns the next lookups for an event about an instance: the instance,
// the tags of its groups, and the facts that guardrails depend on.
func (d *delivery) questionsOfInstance(m events.Message) []question {
	if d.Instances == nil || d.InstancesOff || d.outOfReach(m.Origin.Account, m.Group) != nil {
		return nil
	}
	switch m.Instance.State {
	case events.Running:
	case events.Terminated:
		return d.questionsOfTerminated(m)
	default:
		return nil
	}
	a, asked := d.lookups.get(instanceOf(m))
	switch {
	case !asked:
		return []question{instanceOf(m)}
	case a.instance == nil, !a.instance.isLaunch():
		return nil
	}
	if unread := d.unread(m, *a.instance); len(unread) > 0 {
		return unread
	}
	var unread []question
	groups, _, _ := d.groupsMeant(m, *a.instance)
	for _, g := range groups {
		if request, faults := (events.Decoder{}).Tagged(m.Launch, g, a.instance.Tags); faults == nil {
			unread = append(unread, d.questionsOf(m, request)...)
		}
	}
	return unread
}

// questionsOfTerminated returns the next lookups for the end of an instance. If the instance
// had a request, EC2 must confirm that it is terminated.
func (d *delivery) questionsOfTerminated(m events.Message) []question {
	a, asked := d.lookups.get(launchOf(m.Launch))
	if !asked {
		return []question{launchOf(m.Launch)}
	}
	if _, described := d.lookups.get(instanceOf(m)); a.known && !described {
		return []question{instanceOf(m)}
	}
	return nil
}

// unread returns the missing lookups of an instance's groups. If the instance has several
// groups, their tags decide which one it means.
func (d *delivery) unread(m events.Message, instance Instance) (unread []question) {
	if _, named := instance.Tags[events.TagGroup]; named || len(instance.Groups) < 2 {
		return nil
	}
	for _, g := range instance.groups(m) {
		q := factsAbout(g.Ref().Group())
		if _, asked := d.lookups.get(q); !asked {
			unread = append(unread, q)
		}
	}
	return unread
}

// terminated ends the launch of an instance, if the instance had a request and EC2 describes
// it as terminated, or not at all. EC2 describes a terminated instance for about an hour (EC2
// API, DescribeInstances).
func (d *delivery) terminated(ctx context.Context, i int, m events.Message) claim.Faults {
	a, _ := d.lookups.get(launchOf(m.Launch))
	if a.err != nil {
		d.answers[i].Retry = a.err
	}
	if !a.known {
		return nil
	}
	described, _ := d.lookups.get(instanceOf(m))
	switch {
	case errors.Is(described.err, ErrDenied) && !d.isRecent(m):
		return denial(described.err, mayNotDescribe())
	case described.err != nil:
		d.answers[i].Retry = described.err
		return nil
	case described.instance != nil && !described.instance.over() && d.isRecent(m):
		d.answers[i].Retry = errStillThere
		return nil
	case described.instance != nil && !described.instance.over():
		return fault("/state", "found %q, and EC2 describes the instance as %s: its launch ends when EC2 says so too",
			m.Instance.State, described.instance.State)
	}
	m.End = &events.End{Launch: m.Launch}
	return d.takeEnd(ctx, i, m)
}

// mayNotDescribe returns the reason for a refusal if the role lacks ec2:DescribeInstances.
func mayNotDescribe() claim.Faults {
	return fault("", "the function may not describe instances: give its role ec2:DescribeInstances")
}

// begin handles the requests in the tags of an instance. An instance that has terminated
// meanwhile makes none.
func (d *delivery) begin(i int, m events.Message) claim.Faults {
	a, _ := d.lookups.get(instanceOf(m))
	switch {
	case errors.Is(a.err, ErrDenied) && !d.isRecent(m):
		return denial(a.err, mayNotDescribe())
	case a.err != nil:
		d.answers[i].Retry = a.err
		return nil
	case a.instance == nil && d.isRecent(m):
		d.answers[i].Retry = errNoInstance
		return nil
	case a.instance == nil, !a.instance.isLaunch():
		return nil
	}
	groups, faults, err := d.groupsMeant(m, *a.instance)
	switch {
	case errors.Is(err, ErrDenied) && !d.isRecent(m):
		return denial(err, fault("",
			"the function may not read the tags of the instance's groups: give its role "+
				"ec2:DescribeSecurityGroups"))
	case err != nil:
		d.answers[i].Retry = err
		return nil
	}
	for _, g := range groups {
		faults = append(faults, d.beginOn(i, m, g, a.instance.Tags)...)
	}
	return faults
}

// isLaunch reports whether an instance is a launch: it has one of the tags, and may still run.
func (i Instance) isLaunch() bool {
	_, ports := i.Tags[events.TagPorts]
	_, from := i.Tags[events.TagFrom]
	return (ports || from) && !i.over()
}

// over reports whether the instance will never run again.
func (i Instance) over() bool { return i.State == events.Terminated || i.State == "shutting-down" }

// beginOn requests the rules of an instance's tags on one group.
func (d *delivery) beginOn(i int, m events.Message, g events.Group, tags map[string]string) claim.Faults {
	request, faults := events.Decoder{}.Tagged(m.Launch, g, tags)
	if faults != nil {
		return faults
	}
	m.Request, m.Group = &request, g
	return events.ByTag(d.takeRequest(i, m))
}

// groups returns the groups of an instance, with their names.
func (i Instance) groups(m events.Message) []events.Group {
	own := make([]events.Group, len(i.Groups))
	for n, g := range i.Groups {
		own[n] = events.Group{ID: g.ID, Name: g.Name, Account: m.Group.Account, Region: m.Group.Region}
	}
	return own
}

// groupsMeant returns the groups that an instance's tags mean: the groups that its tag names, its
// only group, or its only managed group. After an error, the event must return to the queue.
func (d *delivery) groupsMeant(m events.Message, instance Instance) ([]events.Group, claim.Faults, error) {
	own := instance.groups(m)
	if value, named := instance.Tags[events.TagGroup]; named {
		meant, faults := namedAmong(own, events.TagList(value))
		return meant, faults, nil
	}
	if len(own) > 1 {
		var err error
		if own, err = d.managed(own); err != nil {
			return nil, nil, err
		}
	}
	switch {
	case len(own) == 0:
		return nil, fault("/tags/"+events.TagGroup,
			"the instance has no group that is managed: tag one of its groups %s=true", ManagedTag), nil
	case len(own) > 1:
		return nil, fault("/tags/"+events.TagGroup,
			"absent, and the instance has %d managed groups, %s among them: name those that are "+
				"meant", len(own), own[0].ID), nil
	}
	own[0].Name = ""
	return own, nil, nil
}

// namedAmong returns the groups of an instance that a tag names, by id or name.
func namedAmong(own []events.Group, names []string) (meant []events.Group, faults claim.Faults) {
	for _, name := range names {
		n := slices.IndexFunc(own, func(g events.Group) bool { return g.ID == name || g.Name == name })
		if n < 0 {
			faults = append(faults, fault("/tags/"+events.TagGroup,
				"%q is none of the instance's groups: want the id or the name of one", name)...)
			continue
		}
		meant = append(meant, events.Group{ID: own[n].ID, Account: own[n].Account, Region: own[n].Region})
	}
	if len(names) == 0 {
		faults = fault("/tags/"+events.TagGroup,
			"empty: want the id or the name of one of the instance's groups, or no such tag")
	}
	return meant, faults
}

// managed returns those of an instance's groups that have opted in.
func (d *delivery) managed(own []events.Group) (managed []events.Group, err error) {
	for _, g := range own {
		group := g.Ref().Group()
		a, _ := d.lookups.get(factsAbout(group))
		switch {
		case a.err != nil:
			return nil, a.err
		case a.facts == nil:
			return nil, fmt.Errorf("describe %s: %w", group, ErrGroupNotFound)
		case a.facts.Tags[ManagedTag] == "true":
			managed = append(managed, g)
		}
	}
	return managed, nil
}
