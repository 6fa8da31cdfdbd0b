package secgroup

import "encoding/json"

// CoveredEntry is a desired rule that needs no write, because other rules of the group
// together admit all of it.
type CoveredEntry struct {
	Rule Entry   `json:"rule"`
	By   []Entry `json:"by"`
}

// MarshalJSON writes an empty By as [], never as null.
func (c CoveredEntry) MarshalJSON() ([]byte, error) {
	type plain CoveredEntry
	if c.By == nil {
		c.By = []Entry{}
	}
	return json.Marshal(plain(c))
}
