package dynamo

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// RefusalsADay is how many refusals of one publisher the table keeps for one day in UTC. It
// only counts further ones. So a publisher has at most 9,000 records in 45 days.
const RefusalsADay = 200

// maxRecorded is how many refusals one transaction writes. DynamoDB takes 100 items
// (TransactWriteItems), and each refusal is at most two.
const maxRecorded = 50

// Record implements ensure.Refusals. One update counts the refusals of a publisher, and
// transactions write those that fit. Record rejects a refusal that decodeRefusal could not
// read back, because it would hide all others of its launch.
func (t *Table) Record(ctx context.Context, refusals ...claim.Refusal) error {
	counted := make(map[key][]claim.Refusal)
	known := make(map[key]bool)
	var errs []error
	for _, r := range refusals {
		r = r.Bounded()
		k := refusalKey(r)
		if _, err := decodeRefusal(refusalItem(k, r)); err != nil {
			errs = append(errs, fmt.Errorf("record: %w", err))
			continue
		}
		if !known[k] {
			known[k] = true
			counted[countKey(r)] = append(counted[countKey(r)], r)
		}
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	for k, refusals := range counted {
		all.Go(func() {
			if err := t.record(ctx, k, refusals); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, fmt.Errorf("record refusals of %s: %w", k, err))
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// record counts the refusals of one publisher and day, and writes as many as fit.
func (t *Table) record(ctx context.Context, count key, refusals []claim.Refusal) error {
	room, err := t.countRefusals(ctx, count, len(refusals), refusals[0].At)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(refusals[:min(room, len(refusals))], maxRecorded) {
		var puts []types.TransactWriteItem
		for _, r := range chunk {
			for _, it := range encodeRefusal(r) {
				puts = append(puts, types.TransactWriteItem{Put: &types.Put{TableName: &t.name, Item: it}})
			}
		}
		if err := t.transact(ctx, puts...); err != nil {
			return err
		}
	}
	return nil
}

// countRefusals adds n to a count, and returns how many of the n fit.
func (t *Table) countRefusals(ctx context.Context, k key, n int, at time.Time) (room int, err error) {
	it, failed, err := t.update(ctx, k, change{
		"SET v = :v, #ttl = :ttl ADD #n :n",
		known,
		map[string]string{"#ttl": TTL, "#n": "n"},
		item{":v": number(version), ":ttl": ttl(at), ":n": number(n)},
	})
	switch {
	case err != nil:
		return 0, err
	case failed:
		return 0, errors.New("the item is of a newer schema than this sgkeeper knows; use a newer one")
	}
	r := reader{item: it}
	return max(0, RefusalsADay-(int(r.number("n"))-n)), r.err
}

// RefusalsOf returns the refusals of a launch for events sent at since or later, by a strongly
// consistent read. For a launch without a name, it returns the account's refusals that named
// no launch.
func (t *Table) RefusalsOf(ctx context.Context, l claim.Launch, since time.Time) ([]claim.Refusal, error) {
	return t.refusals(ctx, launchPK(l), since)
}

// RefusalsOn returns the refusals of requests on a group, like RefusalsOf.
func (t *Table) RefusalsOn(ctx context.Context, g claim.Group, since time.Time) ([]claim.Refusal, error) {
	return t.refusals(ctx, refusedPK(g), since)
}

func (t *Table) refusals(ctx context.Context, pk string, since time.Time) (refusals []claim.Refusal, err error) {
	from := refusalPrefix
	if !since.IsZero() {
		from += sortable(since)
	}
	values := item{":pk": text(pk), ":from": text(from), ":to": text(refusalEnd)}
	err = t.read(ctx, true, "pk = :pk AND sk BETWEEN :from AND :to", values, func(it item) error {
		r, err := decodeRefusal(it)
		refusals = append(refusals, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("refusals of %s: %w", pk, err)
	}
	return refusals, nil
}

// AllRefusals returns the refusals of all publishers in no order, and how many more of each
// publisher were only counted. Like AllRequests, it scans the whole table.
func (t *Table) AllRefusals(ctx context.Context) (refusals []claim.Refusal, unrecorded map[string]int, err error) {
	unrecorded = make(map[string]int)
	filter := "begins_with(pk, :launch) AND begins_with(sk, :refusal) OR begins_with(pk, :count)"
	values := item{":launch": text("L#"), ":refusal": text(refusalPrefix), ":count": text(countPrefix)}
	err = t.scanWhere(ctx, filter, values, func(it item) error {
		if publisher, isCount := strings.CutPrefix(keyOf(it).pk, countPrefix); isCount {
			return addUnrecorded(unrecorded, publisher, it)
		}
		r, err := decodeRefusal(it)
		refusals = append(refusals, r)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("refusals of all publishers: %w", err)
	}
	return refusals, unrecorded, nil
}

// Unrecorded returns how many refusals of each publisher were only counted in the last 45
// days. It leaves out publishers with no such refusals.
func (t *Table) Unrecorded(ctx context.Context, publishers ...string) (map[string]int, error) {
	unrecorded := make(map[string]int)
	for _, publisher := range slices.Compact(slices.Sorted(slices.Values(publishers))) {
		err := t.query(ctx, countPrefix+publisher, "", func(it item) error {
			return addUnrecorded(unrecorded, publisher, it)
		})
		if err != nil {
			return nil, fmt.Errorf("count of the refusals of %s: %w", publisher, err)
		}
	}
	return unrecorded, nil
}

func addUnrecorded(unrecorded map[string]int, publisher string, count item) error {
	r := reader{item: count}
	r.version(version)
	if over := int(r.number("n")) - RefusalsADay; over > 0 {
		unrecorded[publisher] += over
	}
	if r.err != nil {
		return fmt.Errorf("item %s: %w", keyOf(count), r.err)
	}
	return nil
}

// Parts of keys. A refusal's sk lies between refusalPrefix and refusalEnd. The others begin
// the pk of a group's refusals and of a publisher's counts.
const (
	refusalPrefix = "D#"
	refusalEnd    = "D$"
	refusedPrefix = "DG#"
	countPrefix   = "DN#"
)

func refusedPK(g claim.Group) string { return refusedPrefix + groupText(g) }

// countKey returns the key of the count of a publisher's refusals on one day.
func countKey(r claim.Refusal) key {
	return key{countPrefix + r.Publisher, r.At.UTC().Format(time.DateOnly)}
}

// sortable formats a time in milliseconds so that it sorts as text, until the year 2286.
func sortable(t time.Time) string { return fmt.Sprintf("%013d", max(0, t.UnixMilli())) }

// refusalKey returns the key of a refusal in the partition of its launch. A redelivery of the
// event has the same key.
func refusalKey(r claim.Refusal) key {
	event := r.Event
	if event == "" {
		sum := sha256.Sum256([]byte(r.Launch.Name + "\n" + r.Reasons.Error()))
		event = hex.EncodeToString(sum[:8])
	}
	sk := []string{sortable(r.Sent), r.Publisher, r.Group.ID, event}
	return key{launchPK(r.Launch), refusalPrefix + strings.Join(sk, "#")}
}

// encodeRefusal returns the item of a refusal in the partition of its launch. If the group's
// id is known, it also returns one in the partition of the group.
func encodeRefusal(r claim.Refusal) []item {
	k := refusalKey(r)
	items := []item{refusalItem(k, r)}
	if r.Group.ID != "" {
		g := claim.Group{Account: r.Group.Account, Region: r.Group.Region, ID: r.Group.ID}
		items = append(items, refusalItem(key{refusedPK(g), k.sk}, r))
	}
	return items
}

func refusalItem(k key, r claim.Refusal) item {
	it := k.item()
	it["v"], it[TTL] = number(version), ttl(r.At)
	it["publisher"], it["at"], it["sent"] = text(r.Publisher), millis(r.At), millis(r.Sent)
	it["launch"] = text(r.Launch.Owner() + "#" + r.Launch.Name)
	it["group"] = text(groupText(claim.Group{Account: r.Group.Account, Region: r.Group.Region, ID: r.Group.ID}))
	optional := map[string]string{"name": r.Group.Name, "vpc": r.Group.VPC, "event": r.Event, "digest": r.Digest}
	for name, value := range optional {
		if value != "" {
			it[name] = text(value)
		}
	}
	encodeWhy(it, r.Origin, r.Purpose)
	if r.End {
		it["end"] = &types.AttributeValueMemberBOOL{Value: true}
	}
	if len(r.Rules) > 0 {
		it["rules"] = list(r.Rules, func(r secgroup.Rule) item { return item{"rule": text(r.String())} })
	}
	if r.More > 0 {
		it["more"] = number(r.More)
	}
	it["reasons"] = list(r.Reasons, encodeFault)
	return it
}

// decodeRefusal is the inverse of refusalItem.
func decodeRefusal(it item) (claim.Refusal, error) {
	r := reader{item: it}
	r.version(version)
	owner, launch, _ := strings.Cut(r.text("launch"), "#")
	group := strings.SplitN(cmp.Or(r.text("group"), "##"), "#", 3)
	if len(group) != 3 {
		r.fail("group is %q; want <account>#<region>#<id>", r.text("group"))
		group = make([]string, 3)
	}
	refusal := claim.Refusal{
		Launch: claim.LaunchOf(owner, launch),
		Group: claim.GroupRef{Account: group[0], Region: group[1], ID: group[2], Name: r.text("name"),
			VPC: r.text("vpc")},
		Publisher: r.text("publisher"),
		Origin:    decodeOrigin(&r),
		Purpose:   decodePurpose(&r),
		Event:     r.text("event"),
		Sent:      r.time("sent"),
		At:        r.time("at"),
		End:       r.has("end"),
		Rules:     elements(&r, "rules", decodeRule),
		More:      int(r.number("more")),
		Digest:    r.text("digest"),
		Reasons:   elements(&r, "reasons", decodeFault),
	}
	if r.err != nil {
		return claim.Refusal{}, fmt.Errorf("item %s: %w", keyOf(it), r.err)
	}
	return refusal, nil
}
