// Package functions_test runs the functions as Lambda does, and measures each
// beside a program that makes the same clients and does nothing.
package functions_test

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// subject is one function, and the events that it is measured with.
type subject struct {
	name string
	// quick is an event that the function answers without a call, and work one
	// that it calls AWS for; with what their answers hold.
	quick, quickWant string
	work             func(i int) string
	workWant         string
}

var subjects = []subject{
	{
		name:      "ensure",
		quick:     ask("refused", 22),
		quickWant: `"rejected"`,
		work:      func(i int) string { return ask(fmt.Sprint("launch-", i), 8000+i%40) },
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

func ask(launch string, port int) string {
	return fmt.Sprintf(`{"detailType":"Launch Requested","launch":%q,"group":%q,"rules":[{"ports":%d,"from":["0.0.0.0/0"]}]}`, launch, group, port)
}

// BenchmarkFunctions starts each function and the bare one in turn, and reports
// medians: from the start of the process until it asks for an event (init-ms),
// from there until its first answer (first-ms), a warm invocation that calls
// nobody (quick-us) and one that opens a port, by calls to an account on
// loopback (work-ms); the most memory after all that, and sizes.
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

// figures are what starts of one program took.
type figures struct {
	asked                      int
	init, first, quick, worked []time.Duration
	memory                     []float64
}

const warm = 10 // invocations of each kind that a process serves

// measure gives a process an account of its own.
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
	f.asked++
	return s.work(f.asked)
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
