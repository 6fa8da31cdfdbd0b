package conformance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// TestDifferentialEC2 makes the same random calls to moto and to the embedded account, each on
// its own group. It avoids calls on which they are known to differ; see TestEC2. After each
// call both must describe the same rules.
func TestDifferentialEC2(t *testing.T) {
	clients := [2]*ec2.Client{ec2.NewFromConfig(moto.config(t)), ec2.NewFromConfig(embedded.config(t))}
	vpcs := [2]string{newVPC(t, moto, clients[0]), newVPC(t, embedded, clients[1])}
	proof.Checks(t, 25, 25, 25) // a call to moto takes 20 ms
	sequences, calls := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		sequences++
		var sides [2]*ec2Client
		for i := range sides {
			sides[i] = newEC2Client(t, clients[i], vpcs[i])
		}
		there := make(map[string]bool)
		for range 20 {
			calls++
			call := drawEC2Call(rt, there)
			want, got := call.on(sides[0]), call.on(sides[1])
			if want != got {
				rt.Fatalf("%s\nmoto answers             %s\nembedded account answers %s", call.text, want, got)
			}
		}
	})
	if !t.Failed() {
		ran.add("EC2 differential", moto, sequences, 0)
		ran.say("differential ec2: %d sequences, %d calls to moto %s and the embedded account, 0 differences",
			sequences, calls, moto.version)
	}
}

// ec2Call is a call that can be made on each side.
type ec2Call struct {
	text string
	do   func(*ec2Client) error
}

// on makes the call, and returns its code and the rules and permissions after it.
func (c ec2Call) on(d *ec2Client) string {
	err := c.do(d)
	return codeOf(err) + "\n  rules: " + d.common(d.show(d.rules(d.group))) + "\n  permissions: " +
		d.common(d.permissions())
}

// common removes the owners of groups, which moto does not return.
func (d *ec2Client) common(text string) string {
	return strings.NewReplacer("nobody's ", "", "own ", "").Replace(text)
}

// permissions shows the permissions that DescribeSecurityGroups returns, one a peer.
func (d *ec2Client) permissions() string {
	out, err := d.client.DescribeSecurityGroups(d.ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{d.group}})
	if err != nil || len(out.SecurityGroups) != 1 {
		return codeOf(err)
	}
	var all []string
	for direction, ps := range map[string][]types.IpPermission{"in": out.SecurityGroups[0].IpPermissions,
		"out": out.SecurityGroups[0].IpPermissionsEgress} {
		for _, p := range ps {
			for _, peer := range d.peersOf(p) {
				all = append(all, fmt.Sprintf("%s %s %s-%s %s", direction, aws.ToString(p.IpProtocol),
					showPort(p.FromPort), showPort(p.ToPort), peer))
			}
		}
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

func (d *ec2Client) peersOf(p types.IpPermission) (peers []string) {
	for _, r := range p.IpRanges {
		peers = append(peers, aws.ToString(r.CidrIp)+" "+aws.ToString(r.Description))
	}
	for _, r := range p.Ipv6Ranges {
		peers = append(peers, aws.ToString(r.CidrIpv6)+" "+aws.ToString(r.Description))
	}
	for _, g := range p.UserIdGroupPairs {
		peers = append(peers, strings.NewReplacer(d.group, "self", d.peer, "peer").Replace(aws.ToString(g.GroupId)))
	}
	return peers
}

// ec2Rule is a rule of the random calls. The peers "peer" and "self" are groups of the side.
type ec2Rule struct {
	egress   bool
	protocol string
	from, to int32
	peer     string
}

func drawRule(t *rapid.T) ec2Rule {
	ports := rapid.SampledFrom([][2]int32{{22, 22}, {80, 443}, {8000, 8000}}).Draw(t, "ports")
	r := ec2Rule{
		egress: rapid.Bool().Draw(t, "egress"), protocol: rapid.SampledFrom([]string{"tcp", "udp", "icmp",
			"-1"}).Draw(t, "protocol"),
		from: ports[0], to: ports[1], peer: rapid.SampledFrom([]string{"0.0.0.0/0", "10.0.0.0/8", "::/0", "peer",
			"self"}).Draw(t, "peer"),
	}
	switch r.protocol {
	case "icmp":
		r.from, r.to = 3, 4
	case "-1":
		r.from, r.to = absent, absent
	}
	return r
}

func (r ec2Rule) permission(d *ec2Client, description string) types.IpPermission {
	p := permission(r.protocol, r.from, r.to, map[string]string{"peer": d.peer, "self": d.group}[r.peer])
	if r.peer != "peer" && r.peer != "self" {
		p = permission(r.protocol, r.from, r.to, r.peer)
	}
	if description != "" && r.peer != "peer" && r.peer != "self" { // moto drops descriptions there
		p = described(p, description)
	}
	return p
}

// drawEC2Call draws a call on a group with the rules in there, and updates there.
func drawEC2Call(t *rapid.T, there map[string]bool) ec2Call {
	rule := drawRule(t)
	name := fmt.Sprint(rule)
	switch rapid.IntRange(0, 5).Draw(t, "call") {
	case 0, 1:
		there[name] = true
		return authorizeCall(rapid.SampledFrom([]string{"", "vLLM"}).Draw(t, "description"), rule)
	case 2: // the batch may contain no existing rule
		batch := []ec2Rule{rule}
		batch = append(batch, rapid.SliceOfN(rapid.Custom(drawRule), 0, 3).Draw(t, "more")...)
		return authorizeCall("", fresh(batch, there)...)
	case 3:
		if rule.egress && !there[name] {
			break // moto answers OK: see TestEC2
		}
		delete(there, name)
		return ec2Call{fmt.Sprint("revoke by properties ", rule),
			func(d *ec2Client) error { return d.revokeOf(rule.egress, nil, rule.permission(d, "")) }}
	case 4:
		if there[name] {
			delete(there, name)
			return ec2Call{fmt.Sprint("revoke by id ", rule),
				func(d *ec2Client) error { return d.revokeOf(rule.egress, d.idsOf(rule)) }}
		}
	}
	return ec2Call{"describe", func(*ec2Client) error { return nil }}
}

// fresh returns the rules of a batch that are new, and of the first rule's direction. It adds
// them to there.
func fresh(batch []ec2Rule, there map[string]bool) (rules []ec2Rule) {
	for _, r := range batch {
		if r.egress == batch[0].egress && !there[fmt.Sprint(r)] {
			there[fmt.Sprint(r)] = true
			rules = append(rules, r)
		}
	}
	return rules
}

func authorizeCall(description string, rules ...ec2Rule) ec2Call {
	return ec2Call{fmt.Sprint("authorize ", rules, " ", description), func(d *ec2Client) (err error) {
		var ps []types.IpPermission
		for _, r := range rules {
			ps = append(ps, r.permission(d, description))
		}
		switch {
		case len(rules) == 0:
		case rules[0].egress:
			_, err = d.authorizeEgress(ps...)
		default:
			_, err = d.authorize(ps...)
		}
		return err
	}}
}

func (d *ec2Client) revokeOf(egress bool, ids []string, ps ...types.IpPermission) (err error) {
	if egress {
		_, err = d.client.RevokeSecurityGroupEgress(d.ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &d.group,
			SecurityGroupRuleIds: ids, IpPermissions: ps})
	} else {
		_, err = d.client.RevokeSecurityGroupIngress(d.ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &d.group,
			SecurityGroupRuleIds: ids, IpPermissions: ps})
	}
	return err
}

// idsOf returns a rule's ids on this side.
func (d *ec2Client) idsOf(rule ec2Rule) (ids []string) {
	for _, r := range d.rules(d.group) {
		peer := aws.ToString(r.CidrIpv4) + aws.ToString(r.CidrIpv6)
		if g := r.ReferencedGroupInfo; g != nil {
			peer = strings.NewReplacer(d.group, "self", d.peer, "peer").Replace(aws.ToString(g.GroupId))
		}
		ports := rule.protocol == "-1" || aws.ToInt32(r.FromPort) == rule.from && aws.ToInt32(r.ToPort) == rule.to
		if aws.ToBool(r.IsEgress) == rule.egress && aws.ToString(r.IpProtocol) == rule.protocol && peer == rule.peer &&
			ports {
			ids = append(ids, aws.ToString(r.SecurityGroupRuleId))
		}
	}
	return ids
}
