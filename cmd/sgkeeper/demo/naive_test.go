package demo

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func tcp(first, last int32) types.IpPermission {
	return types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: &first, ToPort: &last}
}

func allFrom(group string) types.IpPermission {
	return types.IpPermission{IpProtocol: aws.String("-1"),
		UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &group}}}
}

func TestReadToAllTraffic(t *testing.T) {
	const own, other = "groupID(0)-0aaaaaaaaaaaaaaaa", "sg-0bbbbbbbbbbbbbbbb"
	udp := types.IpPermission{IpProtocol: aws.String("udp"), FromPort: aws.Int32(53), ToPort: aws.Int32(53)}
	for _, test := range []struct {
		listed []types.IpPermission
		seen   []secgroup.Ports
		all    bool
	}{
		{nil, nil, false},
		{
			[]types.IpPermission{tcp(22, 22), tcp(8000, 8002), udp},
			[]secgroup.Ports{{First: 22, Last: 22}, {First: 8000, Last: 8002}}, false,
		},
		// it stops at its own members
		{[]types.IpPermission{tcp(22, 22), allFrom(own), tcp(8000, 8000)}, ports(22), false},
		{[]types.IpPermission{allFrom(own), allFrom(other)}, nil, false}, // and misses the other group
		{[]types.IpPermission{tcp(22, 22), allFrom(other)}, ports(22), true},
	} {
		seen, all := readToAllTraffic(types.SecurityGroup{GroupId: aws.String(own), IpPermissions: test.listed})
		if all != test.all || !cmp.Equal(seen.ranges(), test.seen) {
			t.Errorf("read %v, %v; want %v, %v", seen.ranges(), all, test.seen, test.all)
		}
	}
}

// TestNaiveAlone: one launch opens ports without other writers.
func TestNaiveAlone(t *testing.T) {
	account := fakeaws.New(fakeaws.Options{})
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: groupID(0), Rules: []fakeaws.Rule{
		{Protocol: "tcp", FromPort: 9004, ToPort: 9004, Peer: "10.0.0.0/8"},
	}})
	n := &naive{client: ec2.NewFromConfig(embedded.Clients(account))}
	l := launch{
		group: groupID(0), ports: []secgroup.Ports{{First: 9000, Last: 9007}}, from: []string{worldIPv4, worldIPv6},
	}
	for range 2 {
		if err := n.open(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := rulesOf(account, groupID(0))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		if e.Rule.Direction == secgroup.Ingress {
			got = append(got, e.Rule.String())
		}
	}
	want := []string{ // 9004 counts as open, though not to the world
		"tcp 9000-9003 from 0.0.0.0/0", "tcp 9000-9003 from ::/0", "tcp 9004 from 10.0.0.0/8",
		"tcp 9005-9007 from 0.0.0.0/0", "tcp 9005-9007 from ::/0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if isOpen(l, secgroup.Rules(entries)) {
		t.Error("the launch counts as open, though 9004 is not")
	}
}
