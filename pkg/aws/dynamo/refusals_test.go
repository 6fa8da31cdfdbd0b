package dynamo_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// The contract of ensure.Refusals.

var _ ensure.Refusals = (*dynamo.Table)(nil)

const groupRefusals = "DG" + ofGroup

// refusal returns a refusal of a launch's event, on the group of most tests.
func refusal(name, event string, ms int64) claim.Refusal {
	return claim.Refusal{
		Launch:    claim.Launch{Account: account, Name: name},
		Group:     claim.GroupRef{Account: group.Account, Region: group.Region, ID: group.ID},
		Publisher: account,
		Event:     event,
		Sent:      at(ms),
		At:        at(ms + 500),
		Rules:     []secgroup.Rule{secgroup.MustParseRule("tcp 22 from 0.0.0.0/0")},
		More:      3,
		Digest:    "0123456789abcdef0123456789abcdef",
		Reasons:   claim.Faults{{Field: "/rules/0/from/0", Problem: "SSH"}},
	}
}

func (b *bench) record(refusals ...claim.Refusal) {
	b.Helper()
	if err := b.Record(b.Context(), refusals...); err != nil {
		b.Fatal(err)
	}
}

// refusedOn fails the test unless these are the refusals on the group.
func (b *bench) refusedOn(since time.Time, want ...claim.Refusal) {
	b.Helper()
	got, err := b.RefusalsOn(b.Context(), group, since)
	if diff := cmp.Diff(want, got, values); err != nil || diff != "" {
		b.Errorf("RefusalsOn: %v (-want +got):\n%s", err, diff)
	}
}

func (b *bench) refusedOf(name string, want ...claim.Refusal) {
	b.Helper()
	got, err := b.RefusalsOf(b.Context(), claim.Launch{Account: account, Name: name}, time.Time{})
	if diff := cmp.Diff(want, got, values); err != nil || diff != "" {
		b.Errorf("RefusalsOf(%q): %v (-want +got):\n%s", name, err, diff)
	}
}

func TestRefusalIsRead(t *testing.T) {
	onEach(t, func(b *bench) {
		first, later := refusal(launch, "e1", 0), refusal(launch, "e2", 1000)
		nameless, named := refusal("", "e3", 2000), refusal("other", "e4", 3000)
		nameless.Group.ID = ""
		nameless.Rules, nameless.More, nameless.Digest = nil, 0, ""
		named.Group.ID, named.Group.Name, named.Group.VPC, named.End = "", "web", "vpc-0d000000000000000", true
		b.record(later, first, nameless, named)
		b.refusedOn(time.Time{}, first, later)
		b.refusedOn(at(1000), later)
		b.refusedOn(at(1001))
		b.refusedOf(launch, first, later)
		b.refusedOf("", nameless)
		b.refusedOf("other", named)
		sk := "D#1790000000000#444455556666#sg-0123456789abcdef0#e1"
		want := map[string]string{
			"v": "N 1", "publisher": "S 444455556666", "launch": "S 444455556666#llama4-7f3a",
			"group": "S 111122223333#us-east-1#sg-0123456789abcdef0", "event": "S e1",
			"sent": "N 1790000000000", "at": "N 1790000000500",
			"rules": "L [M {rule S tcp 22 from 0.0.0.0/0}]", "more": "N 3",
			"digest":  "S 0123456789abcdef0123456789abcdef",
			"reasons": "L [M {field S /rules/0/from/0, problem S SSH}]", "ttl": "N 1793888000",
		}
		b.item("L#444455556666#llama4-7f3a", sk, want)
		b.item(groupRefusals, sk, want)
		b.item("DN#444455556666", "2026-09-21", map[string]string{"v": "N 1", "n": "N 4", "ttl": "N 1793888001"})
		all, unrecorded, err := b.AllRefusals(b.Context())
		if err != nil || len(all) != 4 || len(unrecorded) != 0 {
			b.Errorf("AllRefusals: %d refusals, %v, %v; want 4 and none without a record", len(all), unrecorded, err)
		}
	})
}

// TestRefusalIsRecordedOnce repeats an event, later and in one batch.
func TestRefusalIsRecordedOnce(t *testing.T) {
	onEach(t, func(b *bench) {
		first := refusal(launch, "e1", 0)
		again := first
		again.At = again.At.Add(time.Hour)
		b.record(first, first)
		b.record(again)
		b.refusedOn(time.Time{}, again)
		b.refusedOf(launch, again)
	})
}

// TestRefusalsAreBounded: one publisher floods the table on two days.
func TestRefusalsAreBounded(t *testing.T) {
	onEach(t, func(b *bench) {
		day := 24 * time.Hour.Milliseconds()
		flood := func(from, n int, ms int64) {
			var refusals []claim.Refusal
			for i := range n {
				refusals = append(refusals, refusal(launch, fmt.Sprintf("%d-%d", ms, from+i), ms))
			}
			b.record(refusals...)
		}
		for i := range 100 {
			flood(10*i, 10, 0)
		}
		if n := b.calls(func() { flood(1000, 10, 0) }); n != 1 {
			b.Errorf("a batch for which there is no room takes %d requests, want 1", n)
		}
		flood(0, 195, day)
		if n := b.calls(func() { flood(195, 10, day) }); n != 2 {
			b.Errorf("a batch for which there is some room takes %d requests, want 2", n)
		}
		other := refusal(launch, "other", 0)
		other.Publisher, other.Launch.Account = "777788889999", "777788889999"
		b.record(other)
		on, err := b.RefusalsOn(b.Context(), group, time.Time{})
		if err != nil || len(on) != 2*dynamo.RefusalsADay+1 {
			b.Errorf("%d refusals are recorded, %v; want %d", len(on), err, 2*dynamo.RefusalsADay+1)
		}
		want := map[string]int{account: 1010 - dynamo.RefusalsADay + 5}
		got, err := b.Unrecorded(b.Context(), account, "777788889999", account)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			b.Errorf("Unrecorded: %v (-want +got):\n%s", err, diff)
		}
		if _, got, err := b.AllRefusals(b.Context()); err != nil || !cmp.Equal(want, got) {
			b.Errorf("AllRefusals: %v, %v; want %v that are only counted", got, err, want)
		}
	})
}

// TestRefusalSize writes the largest possible refusal.
func TestRefusalSize(t *testing.T) {
	b := newBench(t, 1)
	r := refusal(strings.Repeat("l", 128), strings.Repeat("é", 500), 0)
	r.Group.Name, r.Group.VPC, r.End = strings.Repeat("n", 255), "vpc-0123456789abcdef0", true
	r.Rules, r.Reasons = nil, nil
	long := strings.Repeat("é", 512)
	r.Purpose = claim.Purpose{Requester: long, Reason: long, Ticket: long}
	r.Origin = claim.Origin{Account: account, Source: long, DetailType: long, Event: long, Message: long, Sender: long}
	for i := range 1000 {
		rule := fmt.Sprintf("tcp 60000-60001 from 2001:db8:ffff:ffff:ffff:ffff:ffff:%x/128", 0xf000+i)
		r.Rules = append(r.Rules, secgroup.MustParseRule(rule))
		r.Reasons = append(r.Reasons, claim.Fault{Field: fmt.Sprintf("/rules/%d/from/0", i)})
	}
	for _, problem := range []string{strings.Repeat("x", 300<<10), strings.Repeat("x", 80)} {
		for i := range r.Reasons {
			r.Reasons[i].Problem = problem
		}
		b.record(r)
		for _, it := range b.all() {
			if n := itemBytes(it); n > 6<<10 {
				b.Errorf("item %s has %d bytes, want at most 6144", show(it["sk"]), n)
			} else if strings.HasPrefix(show(it["sk"]), "S D#") {
				b.Logf("%d bytes", n)
			}
		}
	}
}

// TestRefusalsAreNotLoaded: no reader of a group's requests reads its refusals.
func TestRefusalsAreNotLoaded(t *testing.T) {
	onEach(t, func(b *bench) {
		request := ask(launch, at(0), "tcp 443 from 10.0.0.0/8")
		b.claims(request, true)
		for i := range 20 {
			b.record(refusal(launch, fmt.Sprint("e", i), int64(i)))
		}
		for _, it := range b.all() {
			pk, sk := show(it["pk"]), show(it["sk"])
			if strings.HasPrefix(pk, "S SG#") && strings.HasPrefix(sk, "S D") {
				b.Errorf("%s/%s is among the items that rounds and audits read", pk, sk)
			}
		}
		b.holds(request)
		if all, err := b.AllRequests(b.Context()); err != nil || len(all) != 1 {
			b.Errorf("AllRequests: %d, %v; want 1", len(all), err)
		}
		if known := b.scanned(); len(known) != 1 || known[group].Unreadable != "" {
			b.Errorf("Scan: %+v", known)
		}
		if known, err := b.Of(b.Context(), group); err != nil || len(known.Requests) != 1 || known.Unreadable != "" {
			b.Errorf("Of: %+v, %v", known, err)
		}
		trace, err := b.Trace(b.Context(), request.Launch)
		if err != nil || trace.Ended || !slices.Equal(trace.Groups, []claim.Group{group}) {
			b.Errorf("Trace: %+v, %v", trace, err)
		}
		if known, err := b.Known(b.Context(), claim.Launch{Account: account, Name: "other"}); err != nil || known {
			b.Errorf("Known: %v, %v", known, err)
		}
		groups, err := b.End(b.Context(), request.Launch, at(60_000))
		if err != nil || !slices.Equal(groups, []claim.Group{group}) {
			b.Errorf("End: %v, %v", groups, err)
		}
		if err := b.archive(120_000); err != nil {
			b.Errorf("Archive: %v", err)
		}
	})
}

// TestRefusalOfNewerSchema: an older version refuses to read a newer refusal.
func TestRefusalOfNewerSchema(t *testing.T) {
	b := newBench(t, 1)
	b.record(refusal(launch, "e1", 0))
	b.set(groupRefusals, "D#1790000000000#444455556666#sg-0123456789abcdef0#e1", "v", number(2))
	_, err := b.RefusalsOn(b.Context(), group, time.Time{})
	wantError(t, "RefusalsOn", err, "schema version 2")
	b.set("DN#444455556666", "2026-09-21", "v", number(2))
	wantError(t, "Record", b.Record(b.Context(), refusal(launch, "e2", 0)), "newer schema")
}

// all returns all items of the table.
func (b *bench) all() []map[string]types.AttributeValue {
	b.Helper()
	out, err := b.client.Scan(b.Context(), &dynamodb.ScanInput{TableName: &b.name})
	if err != nil {
		b.Fatal(err)
	}
	return out.Items
}

// itemBytes returns the size of an item: names, texts, and numbers as texts. Each list and map
// adds three bytes, and each of their elements one (DynamoDB developer guide, "Item sizes and
// formats").
func itemBytes(it map[string]types.AttributeValue) (n int) {
	for name, value := range it {
		n += len(name) + valueBytes(value)
	}
	return n
}

func valueBytes(value types.AttributeValue) (n int) {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return len(v.Value)
	case *types.AttributeValueMemberL:
		for _, element := range v.Value {
			n += 1 + valueBytes(element)
		}
		return n + 3
	case *types.AttributeValueMemberM:
		return 3 + len(v.Value) + itemBytes(v.Value)
	}
	return 1
}

// TestRefusedRequestIsBounded refuses a request for a thousand reasons.
func TestRefusedRequestIsBounded(t *testing.T) {
	onEach(t, func(b *bench) {
		r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		b.claims(r, true)
		b.ring(alice)
		r.Finished = at(7)
		for i := range 1000 {
			r.Reasons = append(r.Reasons, claim.Fault{Field: fmt.Sprintf("/rules/%d", i), Problem: "no such peer"})
		}
		b.refuses(r, alice, nil)
		r.Status, r.Reasons = claim.Refused, claim.BoundReasons(r.Reasons)
		b.holds(r)
	})
}
