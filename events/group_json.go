package events

import "encoding/json"

// namedGroup is the object form of a group in an event. An event uses it if the id alone does not
// identify the group.
type namedGroup struct {
	ID      string `json:"id,omitempty"`
	Name    string `json:"name,omitempty"`
	VPC     string `json:"vpc,omitempty"`
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
}

// located is the account and Region of a group. Published events put them beside the group.
type located struct {
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
}

func (g Group) located() located { return located{g.Account, g.Region} }

func (g *Group) at(l located) { g.Account, g.Region = l.Account, l.Region }

// MarshalJSON writes the group of a published event: its id ("" if unreadable), or the name
// and VPC of the request.
func (g Group) MarshalJSON() ([]byte, error) {
	if g.Name == "" {
		return json.Marshal(g.ID)
	}
	return json.Marshal(namedGroup{Name: g.Name, VPC: g.VPC})
}

// UnmarshalJSON is the inverse of MarshalJSON.
func (g *Group) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &g.ID)
	}
	var a namedGroup
	err := json.Unmarshal(b, &a)
	*g = Group(a)
	return err
}
