package dynamo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// units counts the write units in an engine's replies.
type units struct {
	engine  aws.HTTPClient
	written float64
}

// Do implements aws.HTTPClient.
func (u *units) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	body = append([]byte(`{"ReturnConsumedCapacity":"TOTAL",`), bytes.TrimPrefix(body, []byte("{"))...)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	reply, err := u.engine.Do(r)
	if err != nil {
		return nil, err
	}
	if body, err = io.ReadAll(reply.Body); err != nil {
		return nil, err
	}
	reply.Body = io.NopCloser(bytes.NewReader(body))
	for _, c := range consumed(body) {
		u.written += c
	}
	return reply, nil
}

// consumed returns the capacity units of one reply. A transaction's reply has one figure a
// table.
func consumed(body []byte) []float64 {
	type capacity struct{ CapacityUnits float64 }
	var one struct{ ConsumedCapacity capacity }
	if json.Unmarshal(body, &one) == nil {
		return []float64{one.ConsumedCapacity.CapacityUnits}
	}
	var all struct{ ConsumedCapacity []capacity }
	if err := json.Unmarshal(body, &all); err != nil {
		panic(err)
	}
	var n []float64
	for _, c := range all.ConsumedCapacity {
		n = append(n, c.CapacityUnits)
	}
	return n
}

// releases rings, changes the stored ledger, and releases it. It returns the write units of
// the release.
func (b *bench) releases(do func(l *claim.Ledger)) int {
	b.Helper()
	head := b.ring(alice)
	_, l := b.peek()
	do(&l)
	meter := &units{engine: b.link.engine}
	b.link.engine = meter
	defer func() { b.link.engine = meter.engine }()
	if reply, _ := b.perform(lease.State{Op: lease.Release, Owner: alice, Seen: head.Want}, &l); reply.Failed {
		b.Fatalf("Release failed: %+v", reply)
	}
	return int(meter.written)
}

// churn revokes n rules with new ids, some seconds later each time.
func churn(l *claim.Ledger, n int) {
	for range n {
		i := len(l.Revoked)
		l.Revoked = append(l.Revoked, claim.Revoked{ID: fmt.Sprintf("sgr-%017x", i), At: at(int64(i / 100 * 1000))})
	}
}

// maxPages is the highest number of pages of a ledger. An older version writes or deletes all
// of them in a transaction, with the head and the item LEDGER.
const maxPages = 92

// TestReleaseWritesWhatChanges releases a ledger of many recently revoked rules, and adds
// some. The write units depend on the additions, and not on the size of the ledger.
func TestReleaseWritesWhatChanges(t *testing.T) {
	rounds := proof.Pick(t, 30, 10, 5)
	for _, size := range proof.Pick(t, []int{0, 15_000, 31_000}, []int{0, 6_000}, []int{0, 3_000}) {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			b := newBench(t, 1)
			for left := size; left > 0; left -= 3000 {
				b.releases(func(l *claim.Ledger) { churn(l, min(left, 3000)) })
			}
			for _, k := range []int{0, 1, 30} {
				total, most := 0, 0
				for range rounds {
					n := b.releases(func(l *claim.Ledger) { churn(l, k) })
					total, most = total+n, max(most, n)
				}
				t.Logf("a release that adds %d takes %d write units, and at most %d", k, total/rounds, most)
				if want := 12 + k/2; total/rounds > want {
					t.Errorf("a release that adds %d takes %d write units, want at most %d", k, total/rounds, want)
				}
				if most > 300 { // it has merged pages
					t.Errorf("one release that adds %d takes %d write units, want at most 300", k, most)
				}
				size += rounds * k
			}
			if n := len(b.pages()); n > maxPages {
				t.Errorf("the ledger has %d pages, want at most %d", n, maxPages)
			}
			if _, l := b.peek(); len(l.Revoked) != size {
				t.Errorf("the ledger holds %d revoked rules, want %d", len(l.Revoked), size)
			}
		})
	}
}

// TestReleaseOfMadeRules makes and describes rules beside 15,000 recently revoked ones.
func TestReleaseOfMadeRules(t *testing.T) {
	b := newBench(t, 1)
	for range 5 {
		b.releases(func(l *claim.Ledger) { churn(l, 3000) })
	}
	for i := range 30 {
		made := b.releases(func(l *claim.Ledger) {
			id := fmt.Sprintf("sgr-%017x", 1<<32+i)
			rule := secgroup.MustParseRule(fmt.Sprintf("tcp %d from 2001:db8:1234:5678:9abc:def0:1234:5678/128",
				8000+2*i))
			l.Made = append(l.Made, claim.Made{Rule: rule, ID: id, At: at(0), Listed: true})
		})
		described := b.releases(func(l *claim.Ledger) {
			for i := range l.Made {
				l.Made[i].Described = true
			}
		})
		if want := 16; made > want || described > want {
			t.Errorf("rule %d: %d write units as it is made and %d as it is described, want at most %d", i, made,
				described, want)
		}
	}
	if _, l := b.peek(); len(l.Made) != 30 || len(l.Revoked) != 15_000 {
		t.Errorf("the ledger holds %d made and %d revoked rules, want 30 and 15,000", len(l.Made), len(l.Revoked))
	}
}
