package ensure_test

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func launchOf(r *rig, name string) claim.Launch {
	return claim.Launch{Account: r.account.ID(), Name: name}
}

// TestRetire: a sweep, and not the launch's own path, archives finished requests and sets
// their TTL. It does so, too, in a group without requests of the launch.
func TestRetire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		r.ensured(launch("a", shared, 8000))
		r.ensured(launch("a", shared, 8002))
		r.ensured(launch("b", shared, 8002))
		r.released(end("a"))
		r.released(end("never-asked", shared))
		r.sweeps(20 * time.Minute)
		for k, ttl := range r.dates() {
			if dated, want := ttl != "", !strings.Contains(k, "#b#"); dated != want {
				t.Errorf("%s has a ttl: %v, want %v", k, dated, want)
			}
			if strings.HasPrefix(k, "R#") && !strings.Contains(k, "#b#") {
				t.Errorf("%s is read in every round still", k)
			}
		}
		r.forget(50 * 24 * time.Hour)
		if left := r.dates(); len(left) != 1 {
			t.Errorf("after 50 days %v are left, want the request of b alone", left)
		}
		r.sweep()
		r.has("tcp 8002 from 0.0.0.0/0")
		r.hasNot("tcp 8000 from 0.0.0.0/0")
	})
}

// TestRoundsReadWhatLives ends a hundred launches: a round reads as little as
// before them.
func TestRoundsReadWhatLives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		r.ensured(launch("lives", shared, 8000))
		for i := range 100 {
			name := "short-" + strconv.Itoa(i)
			r.ensured(launch(name, shared, 8000+i))
			r.released(end(name))
		}
		r.sweeps(20 * time.Minute)
		asked, err := r.table().Load(t.Context(), r.group())
		over := claim.ArchivableSince(claim.ApplyEnds(asked.Requests, asked.Ends), nil)
		if err != nil || len(asked.Requests) != 1 || !over.IsZero() {
			t.Errorf("a round reads %d requests, with more to archive since %v, %v; want 1 and none",
				len(asked.Requests), over, err)
		}
		all, err := r.table().Requests(t.Context(), r.group())
		if err != nil || len(all) != 101 {
			t.Errorf("%d requests are kept, %v, want 101", len(all), err)
		}
	})
}

// TestForgottenInAnyOrder deletes the items of an ended launch one by one. No request becomes
// live again.
func TestForgottenInAnyOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		r.ensured(launch("a", shared, 8000))
		r.released(end("a"))
		r.sweeps(20 * time.Minute)
		for k, ttl := range r.dates() {
			if strings.HasPrefix(k, "RX#") && ttl != "" {
				r.remove(k)
			}
		}
		r.ensured(launch("b", shared, 9000)) // a round
		r.hasNot("tcp 8000 from 0.0.0.0/0")
	})
}

// TestNameComesAgain reuses a launch's name after DynamoDB has deleted its end, while another
// item of the end remains.
func TestNameComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		r.ensured(launch("a", shared, 8000))
		r.released(end("a"))
		r.sweeps(20 * time.Minute)
		left := r.dates()
		r.forget(46 * 24 * time.Hour)
		for k := range left {
			if strings.HasPrefix(k, "RX#") {
				r.restore(k, time.Now().Add(-46*24*time.Hour))
			}
		}
		r.ensured(launch("a", shared, 8000))
		r.has("tcp 8000 from 0.0.0.0/0")
		r.released(end("a"))
		r.hasNot("tcp 8000 from 0.0.0.0/0")
		r.sweeps(20 * time.Minute)
		for k, ttl := range r.dates() {
			if ttl == "" {
				t.Errorf("%s has no ttl", k)
			}
		}
	})
}

// dates returns the ttl of each item of requests and ends in the shared group,
// by its sort key.
func (r *rig) dates() map[string]string {
	r.t.Helper()
	dates := make(map[string]string)
	for _, it := range r.items() {
		pk, sk := it["pk"].(*types.AttributeValueMemberS).Value, it["sk"].(*types.AttributeValueMemberS).Value
		if pk == r.groupPK() && sk != "HEAD" && !strings.HasPrefix(sk, "LEDGER") {
			dates[sk] = ""
			if ttl, ok := it[dynamo.TTL].(*types.AttributeValueMemberN); ok {
				dates[sk] = ttl.Value
			}
		}
	}
	return dates
}

// items returns all items of the table.
func (r *rig) items() (all []map[string]types.AttributeValue) {
	r.t.Helper()
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(r.config), &dynamodb.ScanInput{TableName: new(table)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, page.Items...)
	}
	return all
}

// forget advances the clock, and deletes the items with a TTL that has passed.
func (r *rig) forget(after time.Duration) {
	r.t.Helper()
	time.Sleep(after)
	for _, it := range r.items() {
		var seconds int64
		if ttl, ok := it[dynamo.TTL].(*types.AttributeValueMemberN); ok {
			seconds = parseSeconds(r.t, ttl.Value)
		}
		if seconds > 0 && time.Unix(seconds, 0).Before(time.Now()) {
			r.removeItem(it["pk"], it["sk"])
		}
	}
}

func (r *rig) remove(sk string) {
	r.t.Helper()
	r.removeItem(&types.AttributeValueMemberS{Value: r.groupPK()}, &types.AttributeValueMemberS{Value: sk})
}

func (r *rig) removeItem(pk, sk types.AttributeValue) {
	r.t.Helper()
	_, err := dynamodb.NewFromConfig(r.config).DeleteItem(r.t.Context(), &dynamodb.DeleteItemInput{
		TableName: new(table), Key: map[string]types.AttributeValue{"pk": pk, "sk": sk},
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) groupPK() string {
	return "SG#" + r.account.ID() + "#" + r.account.Region() + "#" + shared
}

// restore puts back the end of a launch that DynamoDB deletes late.
func (r *rig) restore(sk string, at time.Time) {
	r.t.Helper()
	_, err := dynamodb.NewFromConfig(r.config).PutItem(r.t.Context(), &dynamodb.PutItemInput{
		TableName: new(table), Item: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: r.groupPK()}, "sk": &types.AttributeValueMemberS{Value: sk},
			"v": numberOf(1), "at": numberOf(at.UnixMilli()), dynamo.TTL: numberOf(at.Add(claim.Kept).Unix()),
		},
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

func numberOf(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: string(marshal(n))}
}

func parseSeconds(t testing.TB, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
