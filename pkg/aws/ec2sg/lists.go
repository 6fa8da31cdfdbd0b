package ec2sg

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// maxEntries is the number of entries of a prefix list after which Entries stops reading. A
// customer's list has at most 1,000 (VPC user guide, quotas). For its own lists, AWS documents
// only their weights.
const maxEntries = 5_000

// Entries implements ensure.Lists. It makes one call per 100 entries, and fails with
// ErrLongList if a list is too long.
func (g *Groups) Entries(ctx context.Context, account, region, id string) ([]netip.Prefix, error) {
	where := claim.Group{Account: account, Region: region, ID: id}
	client, err := g.clients(ctx, account, region)
	if err != nil {
		return nil, wrap("read the entries of", where, err)
	}
	pages := ec2.NewGetManagedPrefixListEntriesPaginator(client, &ec2.GetManagedPrefixListEntriesInput{
		PrefixListId: &id, MaxResults: aws.Int32(min(g.PageSize, listPage)),
	})
	var entries []netip.Prefix
	for pages.HasMorePages() {
		if len(entries) >= maxEntries {
			return nil, wrapAs("read the entries of", where, ensure.ErrLongList, fmt.Errorf("more than %d", maxEntries))
		}
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, wrap("read the entries of", where, err)
		}
		for _, e := range page.Entries {
			prefix, err := netip.ParsePrefix(aws.ToString(e.Cidr))
			if err != nil {
				return nil, wrap("read the entries of", where, err)
			}
			entries = append(entries, prefix.Masked())
		}
	}
	return entries, nil
}

// MaxEntries implements ensure.Lists by one call.
func (g *Groups) MaxEntries(ctx context.Context, account, region, id string) (int, error) {
	where := claim.Group{Account: account, Region: region, ID: id}
	client, err := g.clients(ctx, account, region)
	if err != nil {
		return 0, wrap("describe", where, err)
	}
	list, err := describeList(ctx, client, id)
	if err != nil {
		return 0, wrap("describe", where, err)
	}
	return int(aws.ToInt32(list.MaxEntries)), nil
}

// describeList describes one prefix list.
func describeList(ctx context.Context, client *ec2.Client, id string) (list types.ManagedPrefixList, err error) {
	out, err := client.DescribeManagedPrefixLists(ctx,
		&ec2.DescribeManagedPrefixListsInput{PrefixListIds: []string{id}})
	if err == nil && len(out.PrefixLists) != 1 {
		err = fmt.Errorf("EC2 answered about %d lists", len(out.PrefixLists))
	}
	if err != nil {
		return list, err
	}
	return out.PrefixLists[0], nil
}
