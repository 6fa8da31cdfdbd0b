package ec2sg

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// maxFilterValues is the maximum number of filter values in one call (EC2 API reference,
// DescribeSecurityGroups and DescribeInstances).
const maxFilterValues = 200

// Find returns the id of a VPC's group by its name, in the account and Region of in. It fails
// with ErrGroupNotFound if EC2 shows no such group, and with ErrAmbiguous if it shows several.
func (g *Groups) Find(ctx context.Context, in claim.Group, name, vpc string) (id string, err error) {
	found, err := g.FindAll(ctx, in.Account, in.Region, vpc, []string{name})
	if err != nil {
		return "", err
	}
	where := claim.Group{Account: in.Account, Region: in.Region, ID: vpc + "/" + name}
	switch ids := found[name]; len(ids) {
	case 0:
		return "", wrapAs("find", where, ensure.ErrGroupNotFound, nil)
	case 1:
		return ids[0], nil
	default:
		return "", wrapAs("find", where, ensure.ErrAmbiguous, fmt.Errorf("%s and %s", ids[0], ids[1]))
	}
}

// Named is a group with a name that was looked for.
type Named struct{ ID, VPC string }

// Named returns the groups with a name, in the account and Region of in. A VPC of "" is any.
func (g *Groups) Named(ctx context.Context, in claim.Group, name, vpc string) (all []Named, err error) {
	where := claim.Group{Account: in.Account, Region: in.Region, ID: name}
	client, err := g.clients(ctx, in.Account, in.Region)
	if err != nil {
		return nil, wrap("find", where, err)
	}
	by := []types.Filter{filter("group-name", literal(name))}
	if vpc != "" {
		by = append(by, filter("vpc-id", vpc))
	}
	described, err := describeGroups(ctx, client, by...)
	if err != nil {
		return nil, wrap("find", where, err)
	}
	for _, s := range described {
		if in.Account == "" || aws.ToString(s.OwnerId) == in.Account {
			all = append(all, Named{ID: aws.ToString(s.GroupId), VPC: aws.ToString(s.VpcId)})
		}
	}
	return all, nil
}

// FindAll implements ensure.Names. In a shared VPC, EC2 also shows groups of other accounts,
// which may have the same name.
func (g *Groups) FindAll(
	ctx context.Context, account, region, vpc string, names []string,
) (map[string][]string, error) {
	where := claim.Group{Account: account, Region: region, ID: vpc}
	client, err := g.clients(ctx, account, region)
	if err != nil {
		return nil, wrap("find groups in", where, err)
	}
	found := make(map[string][]string, len(names))
	for some := range slices.Chunk(names, maxFilterValues) {
		described, err := describeGroups(ctx, client, filter("group-name", literals(some)...), filter("vpc-id", vpc))
		if err != nil {
			return nil, wrap("find groups in", where, err)
		}
		for _, s := range described {
			if name := aws.ToString(s.GroupName); account == "" || aws.ToString(s.OwnerId) == account {
				found[name] = append(found[name], aws.ToString(s.GroupId))
			}
		}
	}
	return found, nil
}

func literals(texts []string) []string {
	all := make([]string, len(texts))
	for i, s := range texts {
		all[i] = literal(s)
	}
	return all
}

// describeGroups returns the groups that all of the filters select.
func describeGroups(
	ctx context.Context, client *ec2.Client, by ...types.Filter,
) (found []types.SecurityGroup, err error) {
	pages := ec2.NewDescribeSecurityGroupsPaginator(client, &ec2.DescribeSecurityGroupsInput{Filters: by})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		found = append(found, page.SecurityGroups...)
	}
	return found, nil
}
