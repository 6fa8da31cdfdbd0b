package events

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestParts: each part of a request has its place in the event.
func TestParts(t *testing.T) {
	m := decodeOne(t, own, wrappings[0].wrap(LaunchRequested, ruled(`[
		{"ports":[8000,"8001-8002"],"from":["10.0.0.0/8","self"]},
		{"ports":8003,"from":["10.0.0.0/8"]},
		{"protocol":"icmp","to":["::/0"]}]`)))
	if m.Request == nil {
		t.Fatal(m.Faults)
	}
	var got []string
	for _, p := range m.Request.Parts {
		got = append(got, p.Field()+" "+p.Rule.String())
	}
	want := []string{
		"/rules/0/from/0 tcp 8000 from 10.0.0.0/8",
		"/rules/0/from/1 tcp 8000 from self",
		"/rules/0/from/0 tcp 8001-8002 from 10.0.0.0/8",
		"/rules/0/from/1 tcp 8001-8002 from self",
		"/rules/1/from/0 tcp 8003 from 10.0.0.0/8",
		"/rules/2/to/0 icmp to ::/0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parts differ (-want +got):\n%s", diff)
	}
}
