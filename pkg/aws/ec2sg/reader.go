package ec2sg

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Clients returns the client for an account's Region.
type Clients func(ctx context.Context, account, region string) (*ec2.Client, error)

// One returns the client for one account and Region. It fails for any other.
func One(client *ec2.Client, account, region string) Clients {
	return func(_ context.Context, a, r string) (*ec2.Client, error) {
		if a != account || r != region {
			return nil, fmt.Errorf("account %s in Region %s is not served here, only %s in %s", a, r, account, region)
		}
		return client, nil
	}
}

// Reader reads an audit's facts from EC2, in each account and Region with a client. It
// implements audit.EC2.
type Reader struct {
	// PageSize is the page size of a describe, 5 to 1000. A call with a lower maximum uses that
	// maximum.
	PageSize int32

	clients Clients
}

// NewReader returns a reader with EC2's largest pages.
func NewReader(clients Clients) *Reader { return &Reader{PageSize: 1000, clients: clients} }

func (r *Reader) client(ctx context.Context, p audit.Place) (*ec2.Client, error) {
	return r.clients(ctx, p.Account, p.Region)
}

// Find implements audit.EC2.
func (r *Reader) Find(ctx context.Context, p audit.Place, w audit.Which) ([]audit.Found, error) {
	client, err := r.client(ctx, p)
	if err != nil {
		return nil, err
	}
	pages := ec2.NewDescribeSecurityGroupsPaginator(client, &ec2.DescribeSecurityGroupsInput{
		Filters: filtersOf(w), MaxResults: &r.PageSize,
	})
	var found []audit.Found
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return found, fmt.Errorf("describe groups: %w", err)
		}
		found = append(found, foundIn(page.SecurityGroups)...)
	}
	return found, nil
}

// Managed implements audit.EC2.
func (r *Reader) Managed(ctx context.Context, p audit.Place, tag, token string) ([]audit.Found, string, error) {
	client, err := r.client(ctx, p)
	if err != nil {
		return nil, "", err
	}
	key, value, _ := strings.Cut(tag, "=")
	page, err := client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters:    []types.Filter{filter("tag:"+key, literal(value))},
		MaxResults: &r.PageSize, NextToken: optional(token),
	})
	if err != nil {
		return nil, "", fmt.Errorf("describe groups: %w", err)
	}
	return foundIn(page.SecurityGroups), aws.ToString(page.NextToken), nil
}

func filtersOf(w audit.Which) []types.Filter {
	switch {
	case w.Name != "" && w.VPC == "":
		return []types.Filter{filter("group-name", literal(w.Name))}
	case w.Name != "":
		return []types.Filter{filter("group-name", literal(w.Name)), filter("vpc-id", w.VPC)}
	}
	return []types.Filter{filter("group-id", w.IDs...)}
}

func filter(name string, values ...string) types.Filter {
	return types.Filter{Name: &name, Values: values}
}

// literal escapes the wildcards of a filter.
func literal(s string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`).Replace(s)
}

func foundIn(groups []types.SecurityGroup) []audit.Found {
	found := make([]audit.Found, len(groups))
	for i := range groups {
		found[i] = foundOf(&groups[i])
	}
	return found
}

func foundOf(g *types.SecurityGroup) audit.Found {
	f := audit.Found{
		ID: aws.ToString(g.GroupId), Name: strings.Clone(aws.ToString(g.GroupName)),
		VPC:   strings.Clone(aws.ToString(g.VpcId)),
		Tags:  make(map[string]string, len(g.Tags)),
		Rules: peersIn(g.IpPermissions) + peersIn(g.IpPermissionsEgress),
	}
	for _, t := range g.Tags {
		f.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return f
}

// peersIn returns the number of rules in permissions.
func peersIn(permissions []types.IpPermission) (n int) {
	for _, p := range permissions {
		n += len(p.IpRanges) + len(p.Ipv6Ranges) + len(p.PrefixListIds) + len(p.UserIdGroupPairs)
	}
	return n
}

// Rules implements audit.EC2.
func (r *Reader) Rules(ctx context.Context, p audit.Place, ids []string,
	each func(id string, e secgroup.Entry, err error)) error {
	client, err := r.client(ctx, p)
	if err != nil {
		return err
	}
	pages := ec2.NewDescribeSecurityGroupRulesPaginator(client, &ec2.DescribeSecurityGroupRulesInput{
		Filters: []types.Filter{filter("group-id", ids...)}, MaxResults: &r.PageSize,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("describe rules: %w", err)
		}
		for i := range page.SecurityGroupRules {
			rule := &page.SecurityGroupRules[i]
			e, err := entryOf(rule)
			each(aws.ToString(rule.GroupId), e, err)
		}
	}
	return nil
}

// GroupsOf returns the groups of rules by the rules' ids. It leaves out rules that EC2 does not
// know.
func (r *Reader) GroupsOf(ctx context.Context, p audit.Place, rules []string) (map[string]string, error) {
	client, err := r.client(ctx, p)
	if err != nil {
		return nil, err
	}
	groups := make(map[string]string)
	for some := range slices.Chunk(rules, maxFilterValues) {
		pages := ec2.NewDescribeSecurityGroupRulesPaginator(client, &ec2.DescribeSecurityGroupRulesInput{
			Filters: []types.Filter{filter("security-group-rule-id", some...)}, MaxResults: &r.PageSize,
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("describe rules: %w", err)
			}
			for _, rule := range page.SecurityGroupRules {
				groups[aws.ToString(rule.SecurityGroupRuleId)] = aws.ToString(rule.GroupId)
			}
		}
	}
	return groups, nil
}

// Attached implements audit.EC2.
func (r *Reader) Attached(ctx context.Context, p audit.Place, ids []string, token string) (map[string]int, string,
	error) {
	client, err := r.client(ctx, p)
	if err != nil {
		return nil, "", err
	}
	in := &ec2.DescribeNetworkInterfacesInput{MaxResults: &r.PageSize, NextToken: optional(token)}
	if len(ids) > 0 {
		in.Filters = []types.Filter{filter("group-id", ids...)}
	}
	page, err := client.DescribeNetworkInterfaces(ctx, in)
	if err != nil {
		return nil, "", fmt.Errorf("describe interfaces: %w", err)
	}
	attached := make(map[string]int)
	for i := range page.NetworkInterfaces {
		for _, g := range page.NetworkInterfaces[i].Groups {
			attached[aws.ToString(g.GroupId)]++
		}
	}
	return attached, aws.ToString(page.NextToken), nil
}

// Maximum page sizes of the calls with less than 1000 (EC2 API reference).
const (
	stalePage = 255 // DescribeStaleSecurityGroups
	listPage  = 100 // GetManagedPrefixListEntries
)

// Stale implements audit.EC2.
func (r *Reader) Stale(ctx context.Context, p audit.Place, vpc, token string) (map[string][]secgroup.Rule, string,
	error) {
	client, err := r.client(ctx, p)
	if err != nil {
		return nil, "", err
	}
	page, err := client.DescribeStaleSecurityGroups(ctx, &ec2.DescribeStaleSecurityGroupsInput{
		VpcId: &vpc, MaxResults: aws.Int32(min(r.PageSize, stalePage)), NextToken: optional(token),
	})
	if err != nil {
		return nil, "", fmt.Errorf("describe stale groups of %s: %w", vpc, err)
	}
	stale := make(map[string][]secgroup.Rule)
	for _, g := range page.StaleSecurityGroupSet {
		in, err := staleOf(secgroup.Ingress, g.StaleIpPermissions)
		if err != nil {
			return nil, "", fmt.Errorf("stale rules of %s: %w", aws.ToString(g.GroupId), err)
		}
		out, err := staleOf(secgroup.Egress, g.StaleIpPermissionsEgress)
		if err != nil {
			return nil, "", fmt.Errorf("stale rules of %s: %w", aws.ToString(g.GroupId), err)
		}
		stale[aws.ToString(g.GroupId)] = append(in, out...)
	}
	return stale, aws.ToString(page.NextToken), nil
}

func staleOf(d secgroup.Direction, permissions []types.StaleIpPermission) (rules []secgroup.Rule, err error) {
	for _, p := range permissions {
		protocol, err := secgroup.ParseProtocol(aws.ToString(p.IpProtocol))
		if err != nil {
			return nil, err
		}
		for _, pair := range p.UserIdGroupPairs {
			peer := secgroup.Group(aws.ToString(pair.GroupId))
			rules = append(rules, secgroup.New(d, protocol, secgroup.Ports{First: port(p.FromPort),
				Last: port(p.ToPort)}, peer))
		}
	}
	return rules, nil
}

// List implements audit.EC2.
func (r *Reader) List(ctx context.Context, p audit.Place, id string) (drift.Contents, error) {
	client, err := r.client(ctx, p)
	if err != nil {
		return drift.Contents{}, err
	}
	list, err := describeList(ctx, client, id)
	if err != nil {
		return drift.Contents{}, fmt.Errorf("describe %s: %w", id, err)
	}
	return drift.Contents{
		Account: p.Account, Region: p.Region, ID: id, Version: aws.ToInt64(list.Version),
		MaxEntries: int(aws.ToInt32(list.MaxEntries)),
	}, nil
}

// Entries implements audit.EC2. A page has at most 100 CIDRs.
func (r *Reader) Entries(ctx context.Context, p audit.Place, id string, version int64, token string) ([]string,
	string, error) {
	client, err := r.client(ctx, p)
	if err != nil {
		return nil, "", err
	}
	in := &ec2.GetManagedPrefixListEntriesInput{
		PrefixListId: &id, MaxResults: aws.Int32(min(r.PageSize, listPage)), NextToken: optional(token),
	}
	if version != 0 {
		in.TargetVersion = &version
	}
	page, err := client.GetManagedPrefixListEntries(ctx, in)
	if err != nil {
		return nil, "", fmt.Errorf("read %s: %w", id, err)
	}
	cidrs := make([]string, len(page.Entries))
	for i := range page.Entries {
		cidrs[i] = aws.ToString(page.Entries[i].Cidr)
	}
	return cidrs, aws.ToString(page.NextToken), nil
}
