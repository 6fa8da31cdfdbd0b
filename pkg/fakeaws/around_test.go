package fakeaws_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func TestNetworkInterfaces(t *testing.T) {
	_, client := newAccount(fakeaws.Options{})
	run := func(n int32, groups ...string) string {
		out, err := client.RunInstances(t.Context(), &ec2.RunInstancesInput{ImageId: aws.String("ami-1"), MinCount: &n,
			MaxCount: &n, SecurityGroupIds: groups})
		must(t, err)
		return *out.Instances[0].InstanceId
	}
	run(6, web)
	both := run(1, web, peer)
	count := func(in *ec2.DescribeNetworkInterfacesInput) (n int) {
		pages := ec2.NewDescribeNetworkInterfacesPaginator(client, in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			must(t, err)
			n += len(page.NetworkInterfaces)
		}
		return n
	}
	for _, row := range []struct {
		in   *ec2.DescribeNetworkInterfacesInput
		want int
	}{
		{&ec2.DescribeNetworkInterfacesInput{MaxResults: aws.Int32(5)}, 7},
		{&ec2.DescribeNetworkInterfacesInput{Filters: byGroup(peer)}, 1},
		{&ec2.DescribeNetworkInterfacesInput{Filters: byGroup(web, peer)}, 7},
	} {
		if got := count(row.in); got != row.want {
			t.Errorf("%d interfaces, want %d", got, row.want)
		}
	}
	_, err := client.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{both}})
	must(t, err)
	if got := count(&ec2.DescribeNetworkInterfacesInput{Filters: byGroup(peer)}); got != 0 {
		t.Errorf("%d interfaces of a terminated instance", got)
	}
	_, err = client.DescribeNetworkInterfaces(t.Context(),
		&ec2.DescribeNetworkInterfacesInput{Filters: filters("colour", "red")})
	wantCode(t, "unknown filter", err, "InvalidParameterValue")
}

func TestStaleGroups(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	for _, r := range []fakeaws.Rule{
		{Protocol: "tcp", FromPort: 80, ToPort: 80, Peer: peer},
		{Protocol: "-1", FromPort: -1, ToPort: -1, Peer: peer, Egress: true},
		{Protocol: "tcp", FromPort: 80, ToPort: 80, Peer: "10.0.0.0/8"},
	} {
		if _, err := account.AddRule(web, r); err != nil {
			t.Fatal(err)
		}
	}
	stale := func() *ec2.DescribeStaleSecurityGroupsOutput {
		out, err := client.DescribeStaleSecurityGroups(t.Context(),
			&ec2.DescribeStaleSecurityGroupsInput{VpcId: aws.String(vpc), MaxResults: aws.Int32(255)})
		must(t, err)
		return out
	}
	if got := stale().StaleSecurityGroupSet; len(got) != 0 {
		t.Errorf("%d stale groups before a group is removed", len(got))
	}
	account.RemoveSecurityGroup(peer)
	got := stale().StaleSecurityGroupSet
	if len(got) != 1 || *got[0].GroupId != web || len(got[0].StaleIpPermissions) != 1 ||
		len(got[0].StaleIpPermissionsEgress) != 1 {
		t.Fatalf("stale: %+v, want web with a rule each way", got)
	}
	if in := got[0].StaleIpPermissions[0]; *in.FromPort != 80 || *in.UserIdGroupPairs[0].GroupId != peer {
		t.Errorf("stale ingress %+v", in)
	}
	for name, in := range map[string]*ec2.DescribeStaleSecurityGroupsInput{
		"InvalidVpcID.Malformed": {VpcId: aws.String("")},
		"InvalidParameterValue":  {VpcId: aws.String(vpc), MaxResults: aws.Int32(256)},
	} {
		_, err := client.DescribeStaleSecurityGroups(t.Context(), in)
		wantCode(t, name, err, name)
	}
}

func TestPrefixListEntriesPaged(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	l := fakeaws.PrefixList{ID: "pl-0123456789abcdef0", Name: "offices"}
	for i := range 7 {
		l.Entries = append(l.Entries, fakeaws.PrefixListEntry{CIDR: string(rune('1'+i)) + ".0.0.0/8"})
	}
	account.AddPrefixList(l)
	pages := ec2.NewGetManagedPrefixListEntriesPaginator(client,
		&ec2.GetManagedPrefixListEntriesInput{PrefixListId: &l.ID, MaxResults: aws.Int32(5),
			TargetVersion: aws.Int64(1)})
	n := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		n += len(page.Entries)
	}
	if n != 7 {
		t.Errorf("%d entries, want 7", n)
	}
	_, err := client.GetManagedPrefixListEntries(t.Context(),
		&ec2.GetManagedPrefixListEntriesInput{PrefixListId: &l.ID, TargetVersion: aws.Int64(2)})
	wantCode(t, "a future version", err, "InvalidParameterValue")
}
