package assumerole

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestRoleARN: a role is in the partition of its installation.
func TestRoleARN(t *testing.T) {
	for region, want := range map[string]string{
		"eu-west-1":     "arn:aws:iam::222233334444:role/infra/keeper",
		"cn-north-1":    "arn:aws-cn:iam::222233334444:role/infra/keeper",
		"us-gov-east-1": "arn:aws-us-gov:iam::222233334444:role/infra/keeper",
	} {
		c := New(aws.Config{Region: region}, Members{Role: "infra/keeper"})
		if got := c.arn("222233334444"); got != want {
			t.Errorf("in %s the role is %s, want %s", region, got, want)
		}
	}
}
