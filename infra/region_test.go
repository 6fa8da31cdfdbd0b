package main

import (
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/infra/stack"
)

// TestRegions: an installation that serves further Regions of its own account takes their events
// from its bus. A member's stack in such a Region forwards them. Neither passes sgkeeper's own
// changes.
func TestRegions(t *testing.T) {
	props := stack.Defaults()
	props.Instances, props.Members.Regions = true, []string{"eu-west-1"}
	tp := withoutPrograms(t, props)
	for rule, queue := range map[string]string{"sgkeeper-member-changes": "Queueaudits",
		"sgkeeper-member-instances": "Queueevents"} {
		r := tp.named(t, "AWS::Events::Rule", "Name", rule)
		if r.Properties["EventBusName"] == nil {
			t.Errorf("%s is on the default bus, want the installation's", rule)
		}
		if to := rendered(t, at(r.Properties, "Targets", 0, "Arn")); !strings.Contains(to, queue) {
			t.Errorf("%s sends to %s, want %s", rule, to, queue)
		}
	}
	pattern := rendered(t, tp.named(t, "AWS::Events::Rule", "Name",
		"sgkeeper-member-changes").Properties["EventPattern"])
	if !strings.Contains(pattern, `:role/sgkeeper-ensure-`) {
		t.Errorf("changes in further Regions are %s; want those by ensure's own role left out", pattern)
	}

	region, err := read(map[string]any{"stack": "member", "hubAccount": home, "hubRegion": "us-east-1",
		"memberRoles": "off", "instances": "on"})
	if err != nil {
		t.Fatalf("a Region of the installation's own account: %v", err)
	}
	forwarding := memberFrom(t, region.member())
	for _, rule := range []string{"sgkeeper-member-changes", "sgkeeper-member-instances"} {
		forwarding.named(t, "AWS::Events::Rule", "Name", rule)
	}
	pattern = rendered(t, forwarding.named(t, "AWS::Events::Rule", "Name",
		"sgkeeper-member-changes").Properties["EventPattern"])
	if !strings.Contains(pattern, `:iam::`+home+`:role/sgkeeper-ensure-us-east-1`) {
		t.Errorf("a Region forwards the changes %s; want those by ensure's own role left out", pattern)
	}
}
