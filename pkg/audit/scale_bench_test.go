package audit_test

import (
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
)

var heavy = flag.Bool("heavy", false, "have BenchmarkAudit audit 100,000 groups too, which takes minutes")

// limit is the memory of a function for which the figures hold: half of that of the function.
const limit = 256 << 20

// BenchmarkAudit audits very many groups, as the function does: with the report of the audit before,
// and with all objects in S3. It reports rules and processor seconds, bytes allocated for each group,
// and the peak of the heap. It measures the heap at each call to AWS, and for each megabyte of a body.
// The processor seconds include those of the simulated AWS.
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
			recorder := e.recorder()
			e.audit(b, recorder) // so that the next one has an earlier report
			e.reset()
			b.ReportAllocs()
			b.ResetTimer()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			busy := processorTime(b)
			for b.Loop() {
				e.audit(b, recorder)
			}
			busy = processorTime(b) - busy
			runtime.ReadMemStats(&after)
			b.ReportMetric(busy.Seconds()/float64(b.N), "cpu-s")
			b.ReportMetric(float64(size.groups*size.rules*b.N)/b.Elapsed().Seconds(), "rules/s")
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N*size.groups), "B/group")
			b.ReportMetric(float64(e.peak)/(1<<20), "peak-MiB")
			b.ReportMetric(float64(e.calls["ec2"])/float64(b.N), "ec2-calls")
			b.ReportMetric(float64(e.calls["dynamodb"])/float64(b.N), "table-calls")
		})
	}
}

// audit audits the whole estate.
func (e *estate) audit(tb testing.TB, recorder *audit.Recorder) {
	tb.Helper()
	record, err := recorder.Begin(tb.Context(), audit.Scope{All: true})
	if err != nil {
		tb.Fatal(err)
	}
	if r := record.Report; len(r.Groups) != e.groups || len(r.Drifts) != (e.groups+drifting-1)/drifting {
		tb.Fatalf("%d groups and %d drifts", len(r.Groups), len(r.Drifts))
	}
}

// processorTime returns the time for which this process has used processors.
func processorTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
