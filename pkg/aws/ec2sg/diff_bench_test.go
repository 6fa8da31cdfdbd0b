package ec2sg

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// BenchmarkDiff compares a group's desired rules with the rules of a describe. The timer
// includes the translation of EC2's structures, their order and the comparison. The desired set
// is ready. The rules are those on which other controllers agree: IPv4, canonical, without
// cover. Nine of ten are present, and another rule replaces the tenth.
func BenchmarkDiff(b *testing.B) {
	for _, n := range []int{10, 60, 200, 1000, 10_000} {
		desired, described := plainRules(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			want := secgroup.SetOf(desired...)
			b.ReportAllocs()
			for b.Loop() {
				have, err := rulesOf(described)
				if err != nil {
					b.Fatal(err)
				}
				if d := secgroup.Compare(want, have); len(d.Missing) != n/10 || len(d.Undesired) != n/10 {
					b.Fatalf("%d missing, %d undesired, want %d each", len(d.Missing), len(d.Undesired), n/10)
				}
			}
		})
	}
}

// plainRules returns n desired rules, and the rules of a describe in no order.
func plainRules(n int) (desired []secgroup.Rule, described []types.SecurityGroupRule) {
	for i := range n {
		port, cidr := int32(8000+i%40), fmt.Sprintf("10.%d.%d.0/24", i/250, i%250)
		desired = append(desired, secgroup.MustParseRule(fmt.Sprintf("tcp %d from %s", port, cidr)))
		if i%10 == 9 {
			cidr = fmt.Sprintf("172.16.%d.%d/32", i/250, i%250)
		}
		described = append(described, types.SecurityGroupRule{
			SecurityGroupRuleId: aws.String(fmt.Sprintf("sgr-%017x", i)), IsEgress: aws.Bool(false),
			GroupId: aws.String("sg-0123456789abcdef0"), GroupOwnerId: aws.String("111122223333"),
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(port), ToPort: aws.Int32(port),
			CidrIpv4: aws.String(cidr),
		})
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) { described[i], described[j] = described[j], described[i] })
	return desired, described
}

func rulesOf(described []types.SecurityGroupRule) (secgroup.Set, error) {
	rules := make([]secgroup.Rule, len(described))
	for i := range described {
		rule, err := ruleOf(&described[i])
		if err != nil {
			return secgroup.Set{}, err
		}
		rules[i] = rule
	}
	return secgroup.SetOf(rules...), nil
}
