package report

import (
	"io"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

func BenchmarkPage(b *testing.B) {
	for _, size := range []struct {
		name string
		r    *drift.Report
	}{{"few", whole()}, {"many", huge(5000)}} {
		b.Run(size.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := Write(io.Discard, HTML, size.r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
