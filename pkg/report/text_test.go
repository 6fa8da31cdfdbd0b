package report

import (
	"strings"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// TestTextPlace: the table of groups names a place that could not be read by its account and Region.
func TestTextPlace(t *testing.T) {
	in := claim.Group{Account: "111122223333", Region: "us-east-1", ID: "sg-0123456789abcdef0"}
	place := claim.Group{Account: "222233334444", Region: "eu-west-1"}
	r := &drift.Report{ID: "a", Started: time.Now(), Groups: []drift.Group{{Group: in}},
		Drifts: []drift.Drift{
			{Kind: drift.Unexpected, Severity: drift.Medium, Group: in},
			{Kind: drift.Unknown, Severity: drift.High, Group: place, Subject: "groups"},
		}}
	if text := rendered(t, Text, r); !strings.Contains(text, "\n222233334444 eu-west-1  ") {
		t.Errorf("the table does not name the place:\n%s", text)
	}
}
