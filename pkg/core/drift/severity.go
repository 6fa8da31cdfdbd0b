package drift

import (
	"fmt"
	"slices"
)

// Severity is how severe a drift is. Its labels are those of the AWS Security Finding Format,
// in lower case. Higher values are more severe.
type Severity int

const (
	Informational Severity = iota
	Low
	Medium
	High
	Critical
)

var severities = []string{"informational", "low", "medium", "high", "critical"}

// String returns the label.
func (s Severity) String() string { return severities[s] }

// MarshalText returns the label.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a label.
func (s *Severity) UnmarshalText(b []byte) error {
	i := slices.Index(severities, string(b))
	if i < 0 {
		return fmt.Errorf("severity %q: want informational, low, medium, high or critical", b)
	}
	*s = Severity(i)
	return nil
}

// Raised returns the next higher severity, at most Critical.
func (s Severity) Raised() Severity { return min(s+1, Critical) }
