package dynamo

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// AllRequests returns the requests of all groups in no order, in the form of [Table.Requests].
// It scans the whole table with strong consistency, so it suits an operator's command and not
// a round. If some items cannot be read, it returns the others and an [UnreadableError].
func (t *Table) AllRequests(ctx context.Context) ([]claim.Request, error) {
	groups := make(map[string]*groupItems)
	var failed unreadable
	err := t.scan(ctx, "NOT sk BETWEEN :head AND :pages", func(it item) error {
		pk := keyOf(it).pk
		if groups[pk] == nil {
			groups[pk] = new(groupItems)
		}
		failed.add(groups[pk].add(it))
		return nil
	})
	if err == nil {
		err = failed.err()
	}
	if err != nil {
		err = fmt.Errorf("requests of all groups: %w", err)
	}
	var all []claim.Request
	for _, group := range groups {
		all = append(all, group.all()...)
	}
	return all, err
}

// Headed is a group with its lease and ledger.
type Headed struct {
	Group  claim.Group
	Head   lease.Head
	Ledger claim.Ledger
	Due    time.Time // when a sweep next serves the group; zero: only a ring makes it due
	Stuck  Stuck     // why no sweep could serve it
}

// AllHeads returns the leases and ledgers of all groups in no order. Like AllRequests it
// scans the whole table, and returns the groups that it can read.
func (t *Table) AllHeads(ctx context.Context) ([]Headed, error) {
	groups := make(map[string]*stored)
	err := t.scan(ctx, "sk BETWEEN :head AND :pages", func(it item) error {
		pk := keyOf(it).pk
		if groups[pk] == nil {
			groups[pk] = t.stored()
		}
		groups[pk].add(it)
		return nil
	})
	var all []Headed
	var failed unreadable
	for pk, s := range groups {
		headed, err := s.headed(pk)
		if err == nil {
			all = append(all, headed)
		}
		failed.add(err)
	}
	if err == nil {
		err = failed.err()
	}
	if err != nil {
		err = fmt.Errorf("leases of all groups: %w", err)
	}
	return all, err
}

func (s *stored) headed(pk string) (Headed, error) {
	group, ok := decodeGroup(pk)
	if !ok {
		return Headed{}, oddKey(key{pk, headSK}.item())
	}
	head, ledger, err := s.heads()
	if err != nil {
		return Headed{}, err
	}
	r := reader{item: s.head}
	h := Headed{Group: group, Head: head, Ledger: ledger}
	if stuck, applied := decodeStuck(&r); applied == head.Applied {
		h.Stuck = stuck
	}
	if r.has("due") {
		h.Due = r.time("due")
	}
	if r.err != nil {
		return Headed{}, fmt.Errorf("item %s: %w", key{pk, headSK}, r.err)
	}
	return h, nil
}

// scan calls each for the items of all groups that meet a condition. In the condition, :head
// and :pages are the first and the last sort key of leases and ledgers.
func (t *Table) scan(ctx context.Context, condition string, each func(item) error) error {
	values := item{":group": text("SG#"), ":head": text(headSK), ":pages": text(pagePrefix + "~")}
	return t.scanWhere(ctx, "begins_with(pk, :group) AND "+condition, values, each)
}

// scanWhere scans the whole table for items that meet a condition, with strong consistency.
func (t *Table) scanWhere(ctx context.Context, condition string, values item, each func(item) error) error {
	in := &dynamodb.ScanInput{
		TableName:                 &t.name,
		ConsistentRead:            aws.Bool(true),
		FilterExpression:          &condition,
		ExpressionAttributeValues: values,
	}
	pages := dynamodb.NewScanPaginator(t.client, in, func(o *dynamodb.ScanPaginatorOptions) { o.Limit = t.PageSize })
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, it := range page.Items {
			if err := each(it); err != nil {
				return err
			}
		}
	}
	return nil
}
