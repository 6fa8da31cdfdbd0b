package ec2sg

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// entriesOf translates EC2's rules. It fails for a rule that it does not understand, because
// ensure must not decide without that rule.
func entriesOf(rules []types.SecurityGroupRule) ([]secgroup.Entry, error) {
	entries := make([]secgroup.Entry, len(rules))
	for i := range rules {
		entry, err := entryOf(&rules[i])
		if err != nil {
			return nil, err
		}
		entries[i] = entry
	}
	return entries, nil
}

// entryOf translates one rule. Its error names the rule.
func entryOf(r *types.SecurityGroupRule) (secgroup.Entry, error) {
	rule, err := ruleOf(r)
	if err != nil {
		return secgroup.Entry{}, fmt.Errorf("rule %s: %w", aws.ToString(r.SecurityGroupRuleId), err)
	}
	e := secgroup.Entry{Rule: rule, ID: aws.ToString(r.SecurityGroupRuleId), Description: aws.ToString(r.Description)}
	if e.ID == "" {
		return secgroup.Entry{}, fmt.Errorf("rule %q has no SecurityGroupRuleId", rule)
	}
	if len(r.Tags) > 0 {
		e.Tags = make(map[string]string, len(r.Tags))
	}
	for _, tag := range r.Tags {
		e.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return e, nil
}

func ruleOf(r *types.SecurityGroupRule) (secgroup.Rule, error) {
	if r.IsEgress == nil {
		return secgroup.Rule{}, errors.New("IsEgress is absent")
	}
	direction := secgroup.Ingress
	if *r.IsEgress {
		direction = secgroup.Egress
	}
	protocol, err := secgroup.ParseProtocol(aws.ToString(r.IpProtocol))
	if err != nil {
		return secgroup.Rule{}, err
	}
	peer, err := peerOf(r)
	if err != nil {
		return secgroup.Rule{}, err
	}
	return secgroup.New(direction, protocol, secgroup.Ports{First: port(r.FromPort), Last: port(r.ToPort)}, peer), nil
}

// port returns a port, or -1 if EC2 leaves it out.
func port(p *int32) int32 {
	if p == nil {
		return -1
	}
	return *p
}

// peerOf reads a rule's peer. It fails unless the rule has exactly one.
func peerOf(r *types.SecurityGroupRule) (peer secgroup.Peer, err error) {
	peers := 0
	for _, cidr := range []*string{r.CidrIpv4, r.CidrIpv6} {
		if cidr == nil {
			continue
		}
		prefix, err := netip.ParsePrefix(*cidr)
		if err != nil {
			return secgroup.Peer{}, err
		}
		peer, peers = secgroup.CIDR(prefix), peers+1
	}
	if r.PrefixListId != nil {
		peer, peers = secgroup.PrefixList(*r.PrefixListId), peers+1
	}
	if ref := r.ReferencedGroupInfo; ref != nil && ref.GroupId != nil {
		peer, peers = secgroup.GroupOf(aws.ToString(ref.UserId), *ref.GroupId), peers+1
	}
	if peers != 1 {
		return secgroup.Peer{}, fmt.Errorf("%d peers of a known kind, want one", peers)
	}
	return peer, nil
}
