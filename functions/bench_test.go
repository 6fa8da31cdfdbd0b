// Package functions_test measures the functions as Lambda runs them, each beside
// a program that makes the same clients and does nothing.
package functions_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sgkeeper/sgkeeper/pkg/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
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

const (
	table = "sgkeeper"
	group = "sg-0123456789abcdef0"
)

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

// serveAccount is an embedded account on loopback with a table and a group, as
// the environment of a function.
func serveAccount(b *testing.B) (environment []string, closeAccount func()) {
	b.Helper()
	account := fakeaws.New(fakeaws.Options{})
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: group, Tags: map[string]string{"sgkeeper:managed": "true"}})
	clients := aws.Config{Region: account.Region(), Credentials: aws.AnonymousCredentials{}, HTTPClient: account}
	if _, err := dynamodb.NewFromConfig(clients).CreateTable(context.Background(), dynamo.Definition(table)); err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(account)
	return []string{"AWS_ENDPOINT_URL=" + server.URL, "SGKEEPER_TABLE=" + table}, server.Close
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
	environment, closeAccount := serveAccount(b)
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
	process := p.start(b)
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
	b.ReportMetric(float64(p.zipped)/1e6, prefix+"zip-MB")
}

func median[T time.Duration | float64](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}
