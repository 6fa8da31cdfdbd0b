package audit

import (
	"reflect"
	"testing"
)

// TestFinds returns groups as they were put, with any tags.
func TestFinds(t *testing.T) {
	all := make(finds)
	groups := []Found{
		{ID: "sg-1", Name: "a", VPC: "vpc-1", Tags: map[string]string{}, Rules: 3},
		{ID: "sg-2", Tags: map[string]string{"b": ""}},
		{ID: "sg-3", Tags: map[string]string{"a": "", "b": "=\n", "c": "c"}},
		{ID: "sg-4", Tags: map[string]string{"x": "y"}},
	}
	for _, f := range groups {
		all.put(f)
	}
	for _, want := range groups {
		if got, ok := all.get(want.ID); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v, want %+v", got, ok, want)
		}
	}
	if _, ok := all.get("sg-5"); ok || all.has("sg-5") || !all.has("sg-1") {
		t.Error("it has another group, or lacks one")
	}
}
