package plan

import (
	"maps"
	"strings"
	"testing"
)

func TestParseWeights(t *testing.T) {
	for _, test := range []struct {
		text string
		want map[string]int
		err  string
	}{
		{"", nil, ""},
		{"pl-aaaaaaaa=20", map[string]int{"pl-aaaaaaaa": 20}, ""},
		{"pl-aaaaaaaa=20,pl-bbbbbbbb=1", map[string]int{"pl-aaaaaaaa": 20, "pl-bbbbbbbb": 1}, ""},
		{"pl-aaaaaaaa=20,pl-aaaaaaaa=20", map[string]int{"pl-aaaaaaaa": 20}, ""},
		{"pl-aaaaaaaa=20,pl-aaaaaaaa=21", nil, "was given the weight 20"},
		{"pl-aaaaaaaa", nil, "want pl-...=N"},
		{"pl-aaaaaaaa=0", nil, "N from 1 to 1000"},
		{"pl-aaaaaaaa=1001", nil, "N from 1 to 1000"},
		{"pl-aaaaaaaa=x", nil, "N from 1 to 1000"},
		{"sg-aaaaaaaa=2", nil, "want pl-...=N"},
		{"pl-=2", nil, "want pl-...=N"},
		{"pl-aaaaaaaa=2,", nil, `weight ""`},
	} {
		got, err := ParseWeights(test.text)
		if !maps.Equal(got, test.want) {
			t.Errorf("ParseWeights(%q) = %v, want %v", test.text, got, test.want)
		}
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("ParseWeights(%q): error %v, want %q", test.text, err, test.err)
		}
	}
}
