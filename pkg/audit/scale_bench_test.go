package audit_test

import (
	"flag"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/report"
)

var heavy = flag.Bool("heavy", false, "have BenchmarkAudit audit 100,000 groups too, which takes minutes")

// limit is the memory of the function for which the figures hold.
const limit = 128 << 20

// BenchmarkAudit audits very many groups and writes the report as the function does. It
// reports rules per second, bytes allocated for each group, and the peak of the heap. It
// measures the heap at each call to AWS.
func BenchmarkAudit(b *testing.B) {
	type size struct{ groups, rules int }
	sizes := []size{{100, 60}, {100, 1000}, {10_000, 60}}
	if *heavy {
		sizes = append(sizes, size{100_000, 6})
	}
	for _, size := range sizes {
		b.Run(fmt.Sprint(size.groups, " groups of ", size.rules), func(b *testing.B) {
			defer debug.SetMemoryLimit(debug.SetMemoryLimit(limit * 8 / 10))
			e := newEstate(size.groups, size.rules)
			a := e.auditor()
			b.ReportAllocs()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for b.Loop() {
				r, err := a.Audit(b.Context(), audit.Scope{All: true}, nil)
				if err != nil || len(r.Groups) != size.groups || len(r.Drifts) != (size.groups+drifting-1)/drifting {
					b.Fatalf("%v, or %d groups and %d drifts", err, len(r.Groups), len(r.Drifts))
				}
				for _, f := range []report.Format{report.JSON, report.HTML} {
					if err := report.Write(io.Discard, f, r); err != nil {
						b.Fatal(err)
					}
					e.look()
				}
			}
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(size.groups*size.rules*b.N)/b.Elapsed().Seconds(), "rules/s")
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N*size.groups), "B/group")
			b.ReportMetric(float64(e.peak)/(1<<20), "peak-MiB")
			b.ReportMetric(float64(e.calls["ec2"])/float64(b.N), "ec2-calls")
			b.ReportMetric(float64(e.calls["dynamodb"])/float64(b.N), "table-calls")
		})
	}
}
