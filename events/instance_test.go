package events

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

func instanceEvent(detail string) string {
	return strings.Replace(envelopeOf(InstanceChanged, detail), `"source":"launcher"`, `"source":"aws.ec2"`, 1)
}

func TestInstance(t *testing.T) {
	const theirs = "999988887777"
	event := strings.Replace(instanceEvent(`{"instance-id":"i-1234567890abcdef0","state":"running"}`), ownAccount,
		theirs, 1)
	for _, row := range []struct{ name, payload, account string }{
		{"event queue", batchOf(recordOf("m1", eventQueue, event)), theirs},
		{"direct", event, ownAccount},
	} {
		m := decodeOne(t, own, row.payload)
		want := Instance{ID: "i-1234567890abcdef0", State: Running}
		if m.Instance == nil || *m.Instance != want || m.Launch != (claim.Launch{Account: row.account,
			Name: want.ID}) || m.Group != (Group{Account: row.account, Region: ownRegion}) {
			t.Errorf("%s: %+v", row.name, m)
		}
	}
	for name, payload := range map[string]string{
		"publishers' queue": batchOf(recordOf("m1", otherQueue, event)),
		"topic":             batchOf(recordOf("m1", eventQueue, notificationOf(event))),
		"SNS":               notificationOf(event),
	} {
		m := decodeOne(t, own, payload)
		checkFaults(t, name, m.Faults, []want{{"", "only from the queue that EventBridge alone feeds"}})
		if m.Instance != nil {
			t.Errorf("%s: %+v, want no instance", name, m)
		}
	}
	m := decodeOne(t, own,
		instanceEvent(`{"instance-id":"i-1234567890abcdef0","state":"running","state":"terminated"}`))
	checkFaults(t, "twice", m.Faults, []want{{"", `"state" is repeated`}})
	m = decodeOne(t, own, instanceEvent(`[]`))
	checkFaults(t, "a list", m.Faults, []want{{"", "a list"}})
}

func TestTagged(t *testing.T) {
	launch, group := claim.Launch{Account: ownAccount, Name: "i-1234567890abcdef0"},
		Group{ID: groupID, Account: ownAccount, Region: ownRegion}
	for _, row := range []struct {
		ports, from string
		rules       []string
		faults      []want
	}{
		{"8000", "10.0.0.0/8", []string{"tcp 8000 from 10.0.0.0/8"}, nil},
		{"8000,8002-8004", "10.0.0.0/8,::/0", []string{"tcp 8000 from 10.0.0.0/8", "tcp 8000 from ::/0",
			"tcp 8002-8004 from 10.0.0.0/8", "tcp 8002-8004 from ::/0"}, nil},
		{"8000 8001", "self " + ownAccount + "/" + groupID, []string{"tcp 8000-8001 from self"}, nil},
		{"", "", nil, []want{{"/tags/sgkeeper:ports", "empty"}, {"/tags/sgkeeper:from", "empty"}}},
		{"http", "10.0.0.0/0", nil, []want{{"/tags/sgkeeper:ports", `"http"`}, {"/tags/sgkeeper:from", "whole world"}}},
		{strings.Repeat("80,", 1001), "self", nil, []want{{"/tags", "1001"}}},
	} {
		r, faults := own.Tagged(launch, group, map[string]string{TagPorts: row.ports, TagFrom: row.from})
		checkFaults(t, row.ports, faults, row.faults)
		if row.faults != nil {
			continue
		}
		if diff := cmp.Diff(row.rules, lines(r.Rules)); diff != "" || r.Launch != launch || r.Group != group {
			t.Errorf("%q from %q: %+v on %+v, rules (-want +got):\n%s", row.ports, row.from, r.Launch, r.Group, diff)
		}
	}
}
