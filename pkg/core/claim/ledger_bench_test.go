package claim

import (
	"fmt"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// largeLedger returns a ledger with n made rules, n untagged rules and n revoked rules. A
// tenth of the made rules are known only from a Duplicate error.
func largeLedger(n int, prefix string) (l Ledger) {
	for i := range n {
		rule := secgroup.MustParseRule(fmt.Sprintf("tcp %d from 10.%d.0.0/16", 1000+i%60_000, i/60_000))
		m := Made{Rule: rule, At: now.Add(-time.Minute)}
		if i%10 > 0 {
			m.ID = fmt.Sprintf("%s-made-%d", prefix, i)
			l.Untagged = append(l.Untagged, Untagged{ID: m.ID})
		}
		l.Made = append(l.Made, m)
		l.Revoked = append(l.Revoked, Revoked{fmt.Sprintf("%s-gone-%d", prefix, i), now.Add(-2 * time.Minute)})
	}
	return l
}

func BenchmarkLedger(b *testing.B) {
	for _, n := range []int{1000, 4000, 16_000} {
		head, ours := largeLedger(n, "head"), largeLedger(n, "ours")
		b.Run(fmt.Sprint("Join/", n), func(b *testing.B) {
			for b.Loop() {
				head.Join(ours)
			}
		})
		b.Run(fmt.Sprint("Assumed/", n), func(b *testing.B) {
			for b.Loop() {
				head.Assumed(nil, now)
			}
		})
	}
}
