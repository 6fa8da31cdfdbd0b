// Package functions_test runs the functions as Lambda does. It compares each with a bare
// program, which makes the same clients and does nothing else.
package functions_test

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// subject is one function, and the events to measure it with.
type subject struct {
	name string
	// quick is an event that needs no call to AWS, and work makes events that do. quickWant
	// and workWant are parts of their answers.
	quick, quickWant string
	work             func(i int) string
	workWant         string
}

var subjects = []subject{
	{
		name:      "ensure",
		quick:     requestOf("refused", 22),
		quickWant: `"rejected"`,
		work:      func(i int) string { return requestOf(fmt.Sprint("launch-", i), 8000+i%40) },
		workWant:  `"ensured"`,
	},
	{
		name:      "audit",
		quick:     `{"sgkeeper":"nothing"}`,
		quickWant: `"reasons":[{`,
		work:      func(int) string { return `{"sgkeeper":"audit"}` },
		workWant:  `"groups":1`,
	},
}

func requestOf(launch string, port int) string {
	return fmt.Sprintf(`{"detailType":"Launch Requested","launch":%q,"group":%q,"rules":[{"ports":%d,"from":["0.0.0.0/0"]}]}`, launch, group, port)
}

// BenchmarkFunctions starts each function and its bare program in turn. It reports medians:
//
//	init-ms   from the start of the process until it requests an event
//	first-ms  from there to the first answer
//	quick-us  a warm invocation without calls
//	work-ms   a warm invocation that opens a port in an account on loopback
//
// It also reports the peak memory after these, and the sizes of the programs.
func BenchmarkFunctions(b *testing.B) {
	for _, s := range subjects {
		b.Run(s.name, func(b *testing.B) {
			function, bare := build(b, "./"+s.name), build(b, "./testdata/bare/"+s.name)
			var of, ofBare figures
			for b.Loop() {
				of.measure(b, function, s)
				ofBare.measureBare(b, bare)
			}
			b.ReportMetric(0, "ns/op")
			of.report(b, function, "")
			ofBare.report(b, bare, "bare-")
		})
	}
}

// figures are the measurements of one program.
type figures struct {
	requests                   int // so far, each of a new launch
	init, first, quick, worked []time.Duration
	memory                     []float64
}

const warm = 10 // number of warm invocations of each kind

// measure measures one process, with an account of its own.
func (f *figures) measure(b *testing.B, p program, s subject) {
	_, environment, closeAccount := serveAccount(b)
	defer closeAccount()
	process := p.start(b, environment...)
	defer process.stop()
	f.init = append(f.init, process.ready().Sub(process.started))
	f.first = append(f.first, process.invoke(f.next(s), s.workWant))
	for range warm {
		process.ready()
		f.worked = append(f.worked, process.invoke(f.next(s), s.workWant))
	}
	for range warm {
		process.ready()
		f.quick = append(f.quick, process.invoke(s.quick, s.quickWant))
	}
	f.memory = append(f.memory, process.peak())
}

func (f *figures) next(s subject) string {
	f.requests++
	return s.work(f.requests)
}

func (f *figures) measureBare(b *testing.B, p program) {
	process := p.start(b, "AWS_REGION=us-east-1")
	defer process.stop()
	f.init = append(f.init, process.ready().Sub(process.started))
	f.first = append(f.first, process.invoke(`"event"`, "nothing"))
	for range 2 * warm {
		process.ready()
		f.quick = append(f.quick, process.invoke(`"event"`, "nothing"))
	}
	f.memory = append(f.memory, process.peak())
}

func (f *figures) report(b *testing.B, p program, prefix string) {
	for _, metric := range []struct {
		took []time.Duration
		in   time.Duration
		unit string
	}{
		{f.init, time.Millisecond, "init-ms"},
		{f.first, time.Millisecond, "first-ms"},
		{f.quick, time.Microsecond, "quick-us"},
		{f.worked, time.Millisecond, "work-ms"},
	} {
		if len(metric.took) > 0 {
			b.ReportMetric(float64(median(metric.took))/float64(metric.in), prefix+metric.unit)
		}
	}
	b.ReportMetric(median(f.memory), prefix+"peak-MB")
	b.ReportMetric(float64(p.binary)/1e6, prefix+"binary-MB")
	b.ReportMetric(float64(p.zipped(b))/1e6, prefix+"zip-MB")
}

func median[T time.Duration | float64](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}
