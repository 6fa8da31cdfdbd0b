package events

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// InstanceChanged is the detail-type of EC2's own events about instances.
const InstanceChanged = "EC2 Instance State-change Notification"

// The tags by which an instance is a launch: which ports it needs, from whom, and
// where only some of its groups are meant, on which.
const (
	TagPorts = "sgkeeper:ports"
	TagFrom  = "sgkeeper:from"
	TagGroup = "sgkeeper:group"
)

// The states of an instance that matter: it begins with running, and ends with
// terminated, from which it never comes back.
const (
	Running    = "running"
	Terminated = "terminated"
)

// Instance is an instance whose state has changed. Whether it is a launch, its
// tags tell. Its launch is named by its id.
type Instance struct {
	ID    string
	State string // as EC2 calls it, such as running
}

// instanceStates are those that EC2 tells of.
var instanceStates = []string{"pending", "running", "shutting-down", "terminated", "stopping", "stopped"}

// IsInstanceID reports whether s is the id of an instance.
func IsInstanceID(s string) bool { return instanceID.MatchString(s) }

var instanceID = regexp.MustCompile(`^i-[0-9a-f]{8,17}$`)

const wantInstance = "i- and 8 to 17 hexadecimal digits in lower case"

// instance reads EC2's detail, to which AWS may add keys. What claims to be EC2's
// and is not from aws.ec2, which nobody else can publish as, is refused.
func (m *Message) instance(source, v value) {
	if source.text != "aws.ec2" {
		m.refuse("the source of an %q is %s: want aws.ec2, which is EC2's alone", InstanceChanged, source)
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
	i := Instance{ID: d.match(id, "/instance-id", IsInstanceID, wantInstance)}
	i.State = d.match(state, "/state", isInstanceState, names(instanceStates))
	m.Launch.Name, m.Origin.DetailType = i.ID, InstanceChanged
	if m.Faults = append(m.Faults, d.all()...); m.Faults == nil {
		m.Instance = &i
	}
}

func isInstanceState(s string) bool { return slices.Contains(instanceStates, s) }

// Tagged reads what an instance's tags ask of one of its groups, as a Launch
// Requested event would be read. The values of the tags are lists, separated by
// commas or spaces. Its faults are by /tags/<key>.
func (d Decoder) Tagged(launch Launch, g Group, tags map[string]string) (Request, Faults) {
	data, err := json.Marshal(map[string]any{
		"launch": launch.Name, "group": asked(g),
		"rules": []any{map[string]any{"ports": TagList(tags[TagPorts]), "from": TagList(tags[TagFrom])}},
	})
	if err != nil {
		return Request{}, wholly("the tags cannot be read: %v", err)
	}
	d.Account, d.Region = launch.Account, g.Region
	messages, err := d.DecodeFile(data)
	if err != nil {
		return Request{}, wholly("the tags cannot be read: %v", err)
	}
	if faults := messages[0].Faults; faults != nil {
		return Request{}, ByTag(faults)
	}
	return *messages[0].Request, nil
}

// TagList are the elements of a tag's value.
func TagList(value string) []string {
	return strings.FieldsFunc(value, func(c rune) bool { return c == ',' || c == ' ' })
}

// ByTag says of faults of a detail which tags of an instance they are about.
func ByTag(faults Faults) Faults {
	byTag := make(Faults, len(faults))
	for i, f := range faults {
		byTag[i] = Fault{tagField(f.Field), f.Problem}
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
