package fakeaws_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// EC2 applies a write, its reply is lost, and EC2 refuses the SDK's own retry.
func Example() {
	account := fakeaws.New(fakeaws.Options{})
	group := account.AddSecurityGroup(fakeaws.SecurityGroup{Name: "shared", NoEgress: true})
	account.Inject(func(op fakeaws.Op) (bool, error) {
		if op.Action() == "ec2:AuthorizeSecurityGroupIngress" && op.Nth == 1 {
			return true, errors.New("connection reset by peer")
		}
		return true, nil
	})

	client := ec2.NewFromConfig(aws.Config{
		Region:      "us-east-1",
		Credentials: aws.AnonymousCredentials{},
		HTTPClient:  account,
	})
	_, err := client.AuthorizeSecurityGroupIngress(context.Background(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: aws.String(group),
		IpPermissions: []types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(8000), ToPort: aws.Int32(8000),
			IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
		}},
	})

	refusal, _ := errors.AsType[smithy.APIError](err)
	fmt.Println(refusal.ErrorMessage())
	fmt.Println(len(account.Rules(group)), "rule after", account.Calls().Of("ec2"), "calls")
	// Output:
	// the specified rule "peer: 0.0.0.0/0, TCP, from port: 8000, to port: 8000, ALLOW" already exists
	// 1 rule after 2 calls
}
