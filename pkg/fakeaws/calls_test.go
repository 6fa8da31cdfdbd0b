package fakeaws_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func TestCalls(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	describe(t, client, web)
	before := account.Calls()
	describe(t, client, web)
	describeGroup(t, client, web)
	since := account.Calls().Since(before)
	want := fakeaws.Calls{"ec2:DescribeSecurityGroupRules": 1, "ec2:DescribeSecurityGroups": 1}
	if diff := cmp.Diff(want, since); diff != "" {
		t.Errorf("since (-want +got):\n%s", diff)
	}
	if got := account.Calls().Of("ec2"); got != 3 {
		t.Errorf("Of(ec2) = %d, want 3", got)
	}
	account.ResetCalls()
	if got := account.Calls(); len(got) != 0 {
		t.Errorf("after a reset: %v", got)
	}
}
