package rulefile

import (
	"strings"
	"testing"
)

// TestSpecialPeers checks that peers unknown to events can be used like others, and keep their
// place.
func TestSpecialPeers(t *testing.T) {
	special := func(peer string) bool { return peer == "any" || peer == "none" }
	const file = "- {ports: [80, 81], from: [10.0.0.0/8, any, none]}\n- {protocol: all, to: [self, " +
		"any]}\n- {ports: 1, from: [any]}\n"
	var got []string
	err := Read("rules", []byte(file), 1000, func(root Node) {
		for _, r := range root.Rules(special) {
			got = append(got, strings.TrimSpace(r.Rule.String()+" "+r.Peer+" "+r.At.Path()))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"tcp 80-81 from 10.0.0.0/8  /0",
		"tcp 80-81 from self any /0/from/1",
		"tcp 80-81 from self none /0/from/2",
		"all to self  /1",
		"all to self any /1/to/1",
		"tcp 1 from self any /2/from/0",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("read\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
