package events

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// InstanceChanged is the detail-type of EC2's own events about instances.
const InstanceChanged = "EC2 Instance State-change Notification"

// These tags make an instance a launch. They hold its ports, its peers and, for one of its
// groups only, the group.
const (
	TagPorts = "sgkeeper:ports"
	TagFrom  = "sgkeeper:from"
	TagGroup = "sgkeeper:group"
)

// These are the states that matter. An instance starts with running and ends with terminated,
// which is final.
const (
	Running    = "running"
	Terminated = "terminated"
)

// Instance is an instance with a new state. Its tags decide whether it is a launch. The
// launch's name is the instance's id.
type Instance struct {
	ID    string
	State string // in EC2's words, such as running
}

// instanceStates are the states that EC2 announces.
var instanceStates = []string{"pending", "running", "shutting-down", "terminated", "stopping", "stopped"}

const wantInstance = "i- and 8 to 17 hexadecimal digits in lower case"

// instance reads EC2's detail, to which AWS may add keys. It refuses another source, because
// only EC2 can publish as aws.ec2.
func (m *Message) instance(source, v value) {
	if source.text != "aws.ec2" {
		m.refuse("the source of an %q is %s: want aws.ec2, which only EC2 can use", InstanceChanged, source)
	}
	if v.kind != object {
		m.refuse("the detail is %s: want an object", v)
		return
	}
	if repeated, twice := firstRepeated(v); twice {
		m.refuse("the detail's key %s is repeated: want it once", quote(repeated))
	}
	var d detail
	id, _ := v.get("instance-id")
	state, _ := v.get("state")
	i := Instance{ID: d.match(id, "/instance-id", claim.IsInstanceID, wantInstance)}
	i.State = d.match(state, "/state", isInstanceState, names(instanceStates))
	m.Launch.Name, m.Origin.DetailType = i.ID, InstanceChanged
	if m.Faults = append(m.Faults, d.all()...); m.Faults == nil {
		m.Instance = &i
	}
}

func isInstanceState(s string) bool { return slices.Contains(instanceStates, s) }

// Tagged reads a request for a group from an instance's tags, like a Launch Requested event.
// The values of the tags are lists, separated by commas or spaces. Faults have the field
// /tags/<key>.
func (d Decoder) Tagged(launch claim.Launch, g Group, tags map[string]string) (Request, claim.Faults) {
	data, err := json.Marshal(map[string]any{
		"launch": launch.Name, "group": namedGroup(g),
		"rules": []any{map[string]any{"ports": TagList(tags[TagPorts]), "from": TagList(tags[TagFrom])}},
	})
	if err != nil {
		return Request{}, eventFault("the tags cannot be read: %v", err)
	}
	d.Account, d.Region = launch.Account, g.Region
	messages, err := d.DecodeFile(data)
	if err != nil {
		return Request{}, eventFault("the tags cannot be read: %v", err)
	}
	if faults := messages[0].Faults; faults != nil {
		return Request{}, ByTag(faults)
	}
	return *messages[0].Request, nil
}

// TagList returns the elements of a tag's value.
func TagList(value string) []string {
	return strings.FieldsFunc(value, func(c rune) bool { return c == ',' || c == ' ' })
}

// ByTag returns the faults of a detail with the fields of an instance's tags.
func ByTag(faults claim.Faults) claim.Faults {
	byTag := make(claim.Faults, len(faults))
	for i, f := range faults {
		byTag[i] = claim.Fault{Field: tagField(f.Field), Problem: f.Problem}
	}
	return byTag
}

func tagField(field string) string {
	switch {
	case strings.HasPrefix(field, "/rules/0/ports"):
		return "/tags/" + TagPorts
	case strings.HasPrefix(field, "/rules/0/from"):
		return "/tags/" + TagFrom
	case strings.HasPrefix(field, "/group"):
		return "/tags/" + TagGroup
	case strings.HasPrefix(field, "/rules"):
		return "/tags"
	}
	return field
}
