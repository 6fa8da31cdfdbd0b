package dynamo

import (
	"fmt"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// BenchmarkDecode reads the items of 20,000 requests of three rules, which share 50.
func BenchmarkDecode(b *testing.B) {
	g := claim.Group{Account: "111122223333", Region: "us-east-1", ID: "sg-0123456789abcdef0"}
	var items []item
	for i := range 20_000 {
		e := events.Request{Launch: claim.Launch{Account: g.Account, Name: fmt.Sprintf("%064d", i)}}
		for n := range 3 {
			text := fmt.Sprintf("tcp %d from 10.0.0.0/8", 10000+2*((i+n)%50))
			e.Rules = append(e.Rules, secgroup.Entry{Rule: secgroup.MustParseRule(text), Description: "model server"})
		}
		items = append(items, encodeRequest(e.On(g, time.Now())))
	}
	b.ReportAllocs()
	for b.Loop() {
		var asked groupItems
		for _, it := range items {
			if new(stored).add(it) {
				b.Fatal("a request is no part of a ledger")
			}
			if err := asked.add(it); err != nil {
				b.Fatal(err)
			}
		}
	}
}
