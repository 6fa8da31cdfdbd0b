package ec2sg_test

import (
	"maps"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestMarks changes the tags and the description of a rule, of each direction.
func TestMarks(t *testing.T) {
	for _, egress := range []bool{false, true} {
		account := newAccount(fakeaws.Rule{Protocol: "tcp", FromPort: 1, ToPort: 1, Peer: "10.0.0.0/8", Egress: egress,
			Tags: map[string]string{"a": "1", "b": "2"}})
		groups := open(account, 1)
		entries, err := groups.Rules(t.Context(), group)
		if err != nil || len(entries) != 1 {
			t.Fatal(entries, err)
		}
		id := entries[0].ID
		if err := groups.Tag(t.Context(), group, id, map[string]string{"c": "3"}); err != nil {
			t.Error(err)
		}
		if err := groups.Untag(t.Context(), group, id, map[string]string{"a": "1", "b": "other"}); err != nil {
			t.Error(err)
		}
		if err := groups.Describe(t.Context(), group, entries[0], "vLLM"); err != nil {
			t.Error(err)
		}
		entries, err = groups.Rules(t.Context(), group)
		if want := map[string]string{"b": "2", "c": "3"}; err != nil || !maps.Equal(entries[0].Tags, want) ||
			entries[0].Description != "vLLM" {
			t.Errorf("egress %v: %+v, %v", egress, entries, err)
		}
	}
}
