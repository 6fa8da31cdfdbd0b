package claim

import (
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Desired is what the open requests of a group ask together.
type Desired struct {
	Rules secgroup.Set
	asked map[secgroup.Rule]asker
}

// asker is who asked for a rule first, and how that request described it.
type asker struct {
	key         string
	launch      string
	description string
}

// Fold returns the union of the open requests. It reads no clock: a request
// whose time has passed counts until the sweeper has expired it, so that one
// machine's clock never beats another's extension.
func Fold(requests []Request) Desired {
	asked := make(map[secgroup.Rule]asker)
	var rules []secgroup.Rule
	for _, r := range InOrder(requests) {
		if r.Status != Open {
			continue
		}
		for _, entry := range r.Rules {
			if _, known := asked[entry.Rule]; !known {
				rules = append(rules, entry.Rule)
				asked[entry.Rule] = asker{r.Key(), r.Launch.Name, entry.Description}
			}
		}
	}
	return Desired{secgroup.SetOf(rules...), asked}
}

// First returns the key of the request that asked for a rule first; "" where
// none asks for it.
func (d Desired) First(r secgroup.Rule) string { return d.asked[r].key }

// maxDescription is EC2's limit, in characters, all of which are ASCII.
const maxDescription = 255

// Description returns what a rule's description in EC2 should say: who asked
// for it first, and what for. It is at most 255 characters of those that EC2
// allows, since launch names and descriptions were checked when they came in.
func (d Desired) Description(r secgroup.Rule) string {
	first, ok := d.asked[r]
	if !ok {
		return ""
	}
	return Describe(first.launch, first.description)
}

// Describe is what a rule's description says that a launch asked for first.
func Describe(launch, description string) string {
	text := "sgkeeper " + launch
	if description != "" {
		text += ": " + description
	}
	return text[:min(len(text), maxDescription)]
}
