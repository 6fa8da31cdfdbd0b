package fakeaws_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

const theirs = "222233334444"

// newCloud returns the account of config and another one, with a role for the first.
func newCloud() (*fakeaws.Cloud, fakeaws.Role, *fakeaws.Account) {
	other := fakeaws.New(fakeaws.Options{ID: theirs})
	other.AddSecurityGroup(fakeaws.SecurityGroup{ID: web})
	cloud := fakeaws.NewCloud(fakeaws.New(fakeaws.Options{}), other)
	role := fakeaws.Role{Account: theirs, Name: "keeper", Trusts: "111122223333", ExternalID: "7f3a"}
	cloud.AddRole(role)
	return cloud, role, other
}

func cloudConfig(cloud *fakeaws.Cloud, key string) aws.Config {
	return aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider(key, "SECRET", ""),
		HTTPClient: cloud}
}

// TestAssumeRole checks that only a caller that the role trusts gets a session. The session
// acts in the role's account, and ends.
func TestAssumeRole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, role, other := newCloud()
		security := sts.NewFromConfig(cloudConfig(cloud, "AKID"))
		assume := func(arn, id string, seconds int32) (*sts.AssumeRoleOutput, error) {
			return security.AssumeRole(t.Context(), &sts.AssumeRoleInput{
				RoleArn: &arn, RoleSessionName: aws.String("test"), ExternalId: &id, DurationSeconds: &seconds,
			})
		}
		for _, row := range []struct {
			arn, id string
			seconds int32
			want    string
		}{
			{role.ARN(), "", 900, "AccessDenied"}, // no external id
			{role.ARN(), "7f3b", 900, "AccessDenied"},
			{"arn:aws:iam::222233334444:role/other", "7f3a", 900, "AccessDenied"},
			{role.ARN(), "7f3a", 899, "ValidationError"},
			{role.ARN(), "7f3a", 900, ""},
		} {
			_, err := assume(row.arn, row.id, row.seconds)
			wantCode(t, row.arn+" "+row.id, err, row.want)
		}
		given, err := assume(role.ARN(), "7f3a", 900)
		must(t, err)
		mine := cloudConfig(cloud, *given.Credentials.AccessKeyId)
		caller, err := sts.NewFromConfig(mine).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		must(t, err)
		if *caller.Account != theirs || *caller.Arn != "arn:aws:sts::222233334444:assumed-role/keeper/test" {
			t.Errorf("the session is %s of %s", *caller.Arn, *caller.Account)
		}
		client := ec2.NewFromConfig(mine)
		groups := &ec2.DescribeSecurityGroupsInput{GroupIds: []string{web}}
		_, err = client.DescribeSecurityGroups(t.Context(), groups)
		must(t, err)
		time.Sleep(15 * time.Minute)
		_, err = client.DescribeSecurityGroups(t.Context(), groups)
		wantCode(t, "after the session's end", err, "RequestExpired")
		if got := other.Calls().Op("sts", "AssumeRole"); got != 0 {
			t.Errorf("%d calls of AssumeRole in the role's account, want them in the caller's", got)
		}
	})
}

// TestCloudRegions checks that Regions and accounts are separate.
func TestCloudRegions(t *testing.T) {
	cloud, _, _ := newCloud()
	for region, want := range map[string]string{"us-east-1": "InvalidGroup.NotFound",
		"eu-west-1": "InvalidGroup.NotFound"} {
		c := cloudConfig(cloud, "AKID")
		c.Region = region
		_, err := ec2.NewFromConfig(c).DescribeSecurityGroups(t.Context(),
			&ec2.DescribeSecurityGroupsInput{GroupIds: []string{web}})
		wantCode(t, "another account's group, in "+region, err, want)
	}
}

// TestAloneAssumesNothing checks that an account outside a cloud has no roles.
func TestAloneAssumesNothing(t *testing.T) {
	security := sts.NewFromConfig(config(fakeaws.New(fakeaws.Options{})))
	_, err := security.AssumeRole(t.Context(),
		&sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::222233334444:role/keeper"),
			RoleSessionName: aws.String("test")})
	wantCode(t, "AssumeRole", err, "InvalidAction")
}
