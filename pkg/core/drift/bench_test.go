package drift

import (
	"fmt"
	"runtime"
	"testing"
)

func BenchmarkCompare(b *testing.B) {
	for _, n := range []int{60, 1000} {
		b.Run(fmt.Sprint(n, " rules"), func(b *testing.B) {
			f, p := world(filled(n - n/10))
			p.Limit = 2000
			for i := range n / 10 {
				f.Entries = append(f.Entries, entry(fmt.Sprint("u", i),
					fmt.Sprintf("tcp %d from 192.0.2.%d/32", 100+i, i%256)))
			}
			b.ReportAllocs()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for b.Loop() {
				if _, drifts := Compare(f, p, now); len(drifts) != n/10 {
					b.Fatalf("%d drifts:\n%s", len(drifts), details(drifts))
				}
			}
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "rules/s")
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N), "B/group")
		})
	}
}
