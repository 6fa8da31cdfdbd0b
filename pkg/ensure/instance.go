package ensure

import (
	"context"
	"errors"
	"slices"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
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

// Instances are virtual machines, in EC2.
type Instances interface {
	// Instances returns those of the ids that EC2 knows in an account and Region.
	// One that was terminated is known for about an hour more.
	Instances(ctx context.Context, account, region string, ids []string) (map[string]Instance, error)
}

// Launches tells which launches there are.
type Launches interface {
	// Known reports whether a launch has asked anything of any group.
	Known(ctx context.Context, l events.Launch) (bool, error)
}

// ManagedTag is the tag, with the value true, by which a group opts in.
const ManagedTag = "sgkeeper:managed"

var errNoInstance = errors.New("EC2 does not know the instance yet")

// takeInstance takes an event about an instance: one that runs asks what its tags
// say, and one that is terminated ends. Most instances have no such tags, and
// nothing is answered.
func (d *desk) takeInstance(ctx context.Context, i int, m events.Message) events.Faults {
	if d.Instances == nil {
		return fault("", "instances are not served here: switch them on (SGKEEPER_INSTANCES=on), or take away the rule that sends their events")
	}
	if faults := d.outOfReach(m.Launch, m.Group); faults != nil {
		return faults
	}
	switch m.Instance.State {
	case events.Running:
		return d.begin(ctx, i, m)
	case events.Terminated:
		return d.terminated(ctx, i, m)
	}
	return nil
}

// terminated ends what an instance has asked, if it has asked anything.
func (d *desk) terminated(ctx context.Context, i int, m events.Message) events.Faults {
	known, err := d.Launches.Known(ctx, m.Launch)
	if err != nil {
		d.answers[i].Retry = err
	}
	if !known {
		return nil
	}
	return d.takeEnd(ctx, i, events.End{Launch: m.Launch})
}

// begin reads the tags of an instance, once, and takes what they ask. One that was
// terminated meanwhile asks nothing.
func (d *desk) begin(ctx context.Context, i int, m events.Message) events.Faults {
	instance, found, err := d.instance(ctx, m)
	switch {
	case errors.Is(err, ErrDenied):
		return fault("", "the function may not read the tags of instances: give its role ec2:DescribeInstances")
	case err != nil:
		d.answers[i].Retry = err
		return nil
	case !found && d.now().Sub(m.Time).Abs() < namedLately:
		d.answers[i].Retry = errNoInstance
		return nil
	case !found, instance.over():
		return nil
	}
	_, ports := instance.Tags[events.TagPorts]
	_, from := instance.Tags[events.TagFrom]
	if !ports && !from {
		return nil
	}
	groups, faults := d.meant(ctx, i, m, instance)
	for _, g := range groups {
		faults = append(faults, d.beginOn(ctx, i, m, g, instance.Tags)...)
	}
	return faults
}

// over reports whether the instance will never run again.
func (i Instance) over() bool { return i.State == events.Terminated || i.State == "shutting-down" }

// instance describes the instance that a message is about.
func (d *desk) instance(ctx context.Context, m events.Message) (Instance, bool, error) {
	known, err := d.Instances.Instances(ctx, m.Group.Account, m.Group.Region, []string{m.Instance.ID})
	instance, found := known[m.Instance.ID]
	return instance, found, err
}

// beginOn takes what an instance's tags ask of one group.
func (d *desk) beginOn(ctx context.Context, i int, m events.Message, g events.Group, tags map[string]string) events.Faults {
	request, faults := events.Decoder{}.Tagged(m.Launch, g, tags)
	if faults != nil {
		return faults
	}
	m.Request, m.Group = &request, g
	return events.ByTag(d.takeRequest(ctx, i, m))
}

// meant returns the groups that an instance's tags mean: those that its tag names,
// its only one, or the only one that is managed.
func (d *desk) meant(ctx context.Context, i int, m events.Message, instance Instance) ([]events.Group, events.Faults) {
	own := make([]events.Group, len(instance.Groups))
	for n, g := range instance.Groups {
		own[n] = events.Group{ID: g.ID, Name: g.Name, Account: m.Group.Account, Region: m.Group.Region}
	}
	if value, named := instance.Tags[events.TagGroup]; named {
		return namedAmong(own, events.TagList(value))
	}
	if len(own) > 1 {
		own = d.managed(ctx, i, own)
	}
	switch {
	case d.answers[i].Retry != nil:
		return nil, nil
	case len(own) == 0:
		return nil, fault("/tags/"+events.TagGroup, "the instance has no group that is managed: tag one of its groups %s=true", ManagedTag)
	case len(own) > 1:
		return nil, fault("/tags/"+events.TagGroup, "absent, and the instance has %d managed groups, %s among them: name those that are meant", len(own), own[0].ID)
	}
	own[0].Name = ""
	return own, nil
}

// namedAmong returns the groups of an instance that a tag names, by id or name.
func namedAmong(own []events.Group, names []string) (meant []events.Group, faults events.Faults) {
	for _, name := range names {
		n := slices.IndexFunc(own, func(g events.Group) bool { return g.ID == name || g.Name == name })
		if n < 0 {
			faults = append(faults, fault("/tags/"+events.TagGroup, "%q is none of the instance's groups: want the id or the name of one", name)...)
			continue
		}
		meant = append(meant, events.Group{ID: own[n].ID, Account: own[n].Account, Region: own[n].Region})
	}
	if len(names) == 0 {
		faults = fault("/tags/"+events.TagGroup, "empty: want the id or the name of one of the instance's groups, or no such tag")
	}
	return meant, faults
}

// managed returns those of an instance's groups that have opted in.
func (d *desk) managed(ctx context.Context, i int, own []events.Group) []events.Group {
	return slices.DeleteFunc(own, func(g events.Group) bool {
		facts, err := d.Ensurer.Facts.Facts(ctx, claim.Group{Account: g.Account, Region: g.Region, ID: g.ID})
		if err != nil {
			d.answers[i].Retry = err
		}
		return facts.Tags[ManagedTag] != "true"
	})
}

// missed ends the requests of instances that are no more, though no event has told
// so. Only a sweep does.
func (p *pass) missed(ctx context.Context, requests []claim.Request) error {
	ids := make(map[string][]string) // by account
	for _, r := range requests {
		if r.Instance && r.Status == claim.Open && !slices.Contains(ids[r.Launch.Account], r.Launch.Name) {
			ids[r.Launch.Account] = append(ids[r.Launch.Account], r.Launch.Name)
		}
	}
	if p.Instances == nil {
		return nil
	}
	for account, asked := range ids {
		known, err := p.Instances.Instances(ctx, account, p.group.Region, asked)
		if err != nil {
			return err
		}
		for _, id := range asked {
			if i, found := known[id]; found && !i.over() {
				continue
			}
			p.log.InfoContext(ctx, "an instance is gone, and no event has told so", "launch", id)
			if err := p.Ends.EndIn(ctx, events.Launch{Account: account, Name: id}, p.group, p.now()); err != nil {
				return err
			}
		}
	}
	return nil
}
