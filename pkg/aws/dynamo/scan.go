package dynamo

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"unique"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// Segments is how many parts of the table a scan reads in parallel.
const Segments = 4

// scanPage is how many items a page of a scan holds at most. A page of 1 MB would need ten
// times that in memory.
const scanPage = 200

// Scan implements audit.Table by a parallel scan of the whole table, with strong consistency.
// DynamoDB returns the items of a group together. If it did not, Scan would call each more
// than once for that group.
func (t *Table) Scan(ctx context.Context, each func(audit.TableGroup) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var one sync.Mutex
	serial := func(k audit.TableGroup) error {
		one.Lock()
		defer one.Unlock()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return each(k)
	}
	var segments sync.WaitGroup
	for i := range int32(Segments) {
		segments.Go(func() {
			if err := t.scanSegment(ctx, i, serial); err != nil {
				cancel(err)
			}
		})
	}
	segments.Wait()
	return context.Cause(ctx)
}

func (t *Table) scanSegment(ctx context.Context, segment int32, each func(audit.TableGroup) error) error {
	pages := dynamodb.NewScanPaginator(t.client, &dynamodb.ScanInput{
		TableName:                 &t.name,
		ConsistentRead:            aws.Bool(true),
		Segment:                   &segment,
		TotalSegments:             aws.Int32(Segments),
		FilterExpression:          aws.String("begins_with(pk, :group)"),
		ExpressionAttributeValues: item{":group": text("SG#")},
	}, func(o *dynamodb.ScanPaginatorOptions) {
		if o.Limit = t.PageSize; o.Limit == 0 {
			o.Limit = scanPage
		}
	})
	p := t.partition("")
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("scan the table: %w", err)
		}
		for _, it := range page.Items {
			if pk := keyOf(it).pk; pk != p.pk {
				if err := p.emit(each); err != nil {
					return err
				}
				p = t.partition(pk)
			}
			p.add(it)
		}
	}
	return p.emit(each)
}

// Of implements audit.Table.
func (t *Table) Of(ctx context.Context, g claim.Group) (audit.TableGroup, error) {
	p := t.partition(groupPK(g))
	err := t.query(ctx, p.pk, "", func(it item) error {
		p.add(it)
		return nil
	})
	if err != nil {
		return audit.TableGroup{}, fmt.Errorf("load %s: %w", p.pk, err)
	}
	known, _ := p.known()
	return known, nil
}

// HasGroup reports whether the table has anything about a group, by one strongly consistent read
// of one item.
func (t *Table) HasGroup(ctx context.Context, g claim.Group) (bool, error) {
	out, err := t.client.Query(ctx, &dynamodb.QueryInput{
		TableName:                 &t.name,
		ConsistentRead:            aws.Bool(true),
		KeyConditionExpression:    aws.String("pk = :pk"),
		ExpressionAttributeValues: item{":pk": text(groupPK(g))},
		Limit:                     aws.Int32(1),
	})
	if err != nil {
		return false, fmt.Errorf("look for %s: %w", groupPK(g), err)
	}
	return len(out.Items) > 0, nil
}

// partition collects all items of a group.
type partition struct {
	pk    string
	items groupItems
	*stored
	err error // the first item that cannot be read
}

func (t *Table) partition(pk string) partition { return partition{pk: pk, stored: t.stored()} }

func (p *partition) add(it item) {
	if p.stored.add(it) {
		return
	}
	if err := p.items.add(it); err != nil && p.err == nil {
		p.err = err
	}
}

func (p *partition) emit(each func(audit.TableGroup) error) error {
	if known, ok := p.known(); ok {
		return each(known)
	}
	return nil
}

// known returns the collected group. ok is false if the key names no group.
func (p *partition) known() (k audit.TableGroup, ok bool) {
	part := strings.Split(p.pk, "#")
	if len(part) != 4 {
		return audit.TableGroup{}, false
	}
	// The SDK's texts share the memory of a page, and an audit keeps the names of groups.
	k.Group = claim.Group{Account: unique.Make(part[1]).Value(), Region: unique.Make(part[2]).Value(),
		ID: strings.Clone(part[3])}
	head, ledger, err := p.heads()
	if p.err == nil {
		p.err = err
	}
	if p.err != nil {
		k.Unreadable = p.err.Error()
		return k, true
	}
	k.Lease, k.Ledger, k.Requests = head, ledger, p.items.all()
	return k, true
}
