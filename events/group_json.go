package events

import "encoding/json"

// asked is a group as an event names it, where its id alone does not say all.
type asked struct {
	ID      string `json:"id,omitempty"`
	Name    string `json:"name,omitempty"`
	VPC     string `json:"vpc,omitempty"`
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
}

// located is where a group is: it stands beside the group in what goes out.
type located struct {
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
}

func (g Group) located() located { return located{g.Account, g.Region} }

func (g *Group) at(l located) { g.Account, g.Region = l.Account, l.Region }

// MarshalJSON writes the group as it goes out: its id ("" where none could be
// read), or the name and VPC that it was asked for by.
func (g Group) MarshalJSON() ([]byte, error) {
	if g.Name == "" {
		return json.Marshal(g.ID)
	}
	return json.Marshal(asked{Name: g.Name, VPC: g.VPC})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (g *Group) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &g.ID)
	}
	var a asked
	err := json.Unmarshal(b, &a)
	*g = Group(a)
	return err
}
