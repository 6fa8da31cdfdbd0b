package claim

import (
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Desired is the union of the live requests of a group.
type Desired struct {
	Rules secgroup.Set
	first map[secgroup.Rule]firstRequest
}

// firstRequest is the first request for a rule, with its description of the rule.
type firstRequest struct {
	key         string
	launch      string
	description string
}

// Fold returns the union of the live requests. It reads no clock: a request past its expiry
// counts until a sweep has marked it as expired. So a function with a fast clock cannot
// override an extension that another one has recorded.
func Fold(requests []Request) Desired {
	first := make(map[secgroup.Rule]firstRequest)
	var rules []secgroup.Rule
	for _, r := range InOrder(requests) {
		if r.Status != Open {
			continue
		}
		for _, entry := range r.Rules {
			if _, known := first[entry.Rule]; !known {
				rules = append(rules, entry.Rule)
				first[entry.Rule] = firstRequest{r.Key(), r.Launch.Name, entry.Description}
			}
		}
	}
	return Desired{secgroup.SetOf(rules...), first}
}

// First returns the key of the earliest request for a rule, or "" if there is none.
func (d Desired) First(r secgroup.Rule) string { return d.first[r].key }

// Description returns a rule's description for EC2: the earliest launch that requested it, and
// that request's description. It has at most 255 characters, all of which EC2 allows, because
// names and descriptions were checked on arrival.
func (d Desired) Description(r secgroup.Rule) string {
	first, ok := d.first[r]
	if !ok {
		return ""
	}
	return Describe(first.launch, first.description)
}

// Describe returns the description of a rule that the launch requested first.
func Describe(launch, description string) string {
	text := "sgkeeper " + launch
	if description != "" {
		text += ": " + description
	}
	return text[:min(len(text), secgroup.MaxDescription)]
}
