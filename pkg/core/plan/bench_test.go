package plan

import (
	"fmt"
	"testing"
)

// BenchmarkMake plans n launches of three ports each on a group in which nine of ten are open.
// Time should grow little faster than n.
func BenchmarkMake(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			in := crowd(n)
			b.ResetTimer()
			for b.Loop() {
				if p := Make(in); len(p.Accepted) != n {
					b.Fatalf("%d accepted, want %d", len(p.Accepted), n)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/launch")
		})
	}
}

func crowd(n int) Input {
	in := Input{Quota: limit(1000 * n), Ours: ours.Owns}
	var open []string
	for i := range n {
		var asked []string
		for _, port := range []int{8000, 8002, 8004} {
			asked = append(asked, fmt.Sprintf("tcp %d from 10.%d.%d.0/24", port, i/250, i%250))
		}
		if i%10 > 0 {
			open = append(open, asked...)
		}
		in.Requests = append(in.Requests, ask(1, fmt.Sprint("launch-", i), asked...))
	}
	in.Entries = made(ours, open...)
	return in
}

// BenchmarkMakeFull plans n launches on a group with room for half of them.
func BenchmarkMakeFull(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			in := Input{Quota: limit(n / 2)}
			for i := range n {
				in.Requests = append(in.Requests, ask(i, fmt.Sprint("launch-", i),
					fmt.Sprintf("tcp %d from 0.0.0.0/0", i)))
			}
			b.ResetTimer()
			for b.Loop() {
				if p := Make(in); len(p.Refused) != n/2 {
					b.Fatalf("%d refused, want %d", len(p.Refused), n/2)
				}
			}
		})
	}
}
