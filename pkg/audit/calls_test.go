package audit_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// TestAuditCalls counts the calls of an audit of 10,000 groups with 60 rules each, in two VPCs, with
// 2,500 interfaces. Outside CI, there are two pages of groups and of interfaces, and 20 rules a group. It
// needs the pages of groups, rules and interfaces, and one call for the stale references of each VPC. A
// tenth of the groups is in the table too.
func TestAuditCalls(t *testing.T) {
	groups, interfaces := proof.Pick(t, 10_000, 1_200, 400), proof.Pick(t, 2_500, 1_100, 300)
	rules := proof.Pick(t, 60, 20, 20)
	r := newRig(t)
	vpcs := []string{vpc, "vpc-0aaaaaaaaaaaaaaaa"}
	for n := range groups {
		sg := fakeaws.SecurityGroup{ID: groupID(n), Name: fmt.Sprint("web-", n),
			VPC: vpcs[n%2], Tags: managed, NoEgress: true}
		for i := range rules {
			sg.Rules = append(sg.Rules, fakeaws.Rule{Protocol: "tcp", FromPort: 8000 + 2*i, ToPort: 8000 + 2*i,
				Peer: "10.0.0.0/8"})
		}
		r.account.AddSecurityGroup(sg)
		if n%10 == 0 {
			r.asks("a", n, "tcp 8000 from 10.0.0.0/8")
		}
	}
	r.attach(interfaces)
	r.account.ResetCalls()
	report := r.auditAll()
	if len(report.Groups) != groups {
		t.Fatalf("%d groups, want %d", len(report.Groups), groups)
	}
	calls := r.account.Calls()
	sum := 0
	for _, want := range []struct {
		op    string
		calls int
	}{
		{"DescribeSecurityGroups", pages(groups, 1000)},
		{"DescribeSecurityGroupRules", pages(groups, audit.MaxIDs) * pages(audit.MaxIDs*rules, 1000)},
		{"DescribeNetworkInterfaces", pages(interfaces, 1000)},
		{"DescribeStaleSecurityGroups", len(vpcs)},
	} {
		if got := calls.Op("ec2", want.op); got != want.calls {
			t.Errorf("%s: %d calls, want %d", want.op, got, want.calls)
		}
		sum += want.calls
	}
	if got := calls.Of("ec2"); got != sum {
		t.Errorf("%d calls to EC2, want %d and no other:\n%s", got, sum, calls)
	}
	t.Logf("%d groups of %d rules: %d calls to EC2\n%s", groups, rules, sum, calls)
}

func pages(n, size int) int { return (n + size - 1) / size }

// attach runs instances in the first group, up to 1,000 in a call.
func (r *rig) attach(n int) {
	r.Helper()
	client := ec2.NewFromConfig(aws.Config{Region: region,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""), HTTPClient: r.account})
	for left := n; left > 0; left -= 1000 {
		some := int32(min(left, 1000))
		_, err := client.RunInstances(context.Background(),
			&ec2.RunInstancesInput{ImageId: aws.String("ami-1"), MinCount: &some, MaxCount: &some,
				SecurityGroupIds: []string{groupID(0)}})
		if err != nil {
			r.Fatal(err)
		}
	}
}
