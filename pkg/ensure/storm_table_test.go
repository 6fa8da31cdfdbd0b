package ensure_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

var records = flag.String("record", "",
	"run TestStorm, TestScale and TestWalls at the size of docs/performance.md, "+
		"and write their tables to this `folder`")

// storm is a number of launches within a time, spread evenly at random over a number of
// groups. EC2's throttle is on.
type storm struct {
	Title    string
	Launches int
	Groups   int
	Within   time.Duration
}

// storms returns the rows of the table. The first ones have 200 launches/s, the steady ones
// 50. Outside CI, the longer ones end sooner.
func storms(t *testing.T) []storm {
	const every, steadily = 5 * time.Millisecond, 20 * time.Millisecond
	part := proof.Pick[time.Duration](t, 1, 16, 40)
	steady := 2 * time.Minute / part
	if proof.Of(t) == proof.Alone {
		steady = 10 * time.Minute
	}
	return []storm{
		{"at once", 1, 1, 0},
		{"at once", 10, 1, 10 * every},
		{"at once", 100, 1, 100 * every},
		{"at once", 1000 / int(part), 1, 1000 * every / part},
		{"at once", 1000 / int(part), 100, 1000 * every / part},
		{"steady", 1500 / int(part), 1, 30 * time.Second / part},
		{"steady", int(steady / steadily), 100, steady},
	}
}

// passed is the cost of a storm, and the outcome of its launches.
type passed struct {
	storm
	Way         string
	Served      int
	EC2         int
	DynamoDB    int
	Bus         int // calls of PutEvents
	Throttled   int // of EC2
	Rounds      int
	Invocations int
	Median, P99 time.Duration // from the launch's event to its answer
	Last        time.Duration // from the first launch to the last answer
	Read        float64       // units of DynamoDB
	Written     float64
	PeakRead    int // units in the busiest second
	PeakWritten int

	waited []time.Duration
}

// String returns the row in printed form.
func (p passed) String() string {
	return fmt.Sprintf("storm: %d launches, %d groups, %d EC2 calls, %d DynamoDB calls, p99 %v",
		p.Launches, p.Groups, p.EC2, p.DynamoDB, p.P99.Round(time.Millisecond))
}

// TestStorm sends storms of launches to groups in virtual time, with EC2's throttle and the
// latencies of calls within a Region. It checks the cost of each storm against a formula.
func TestStorm(t *testing.T) {
	t.Parallel()
	var table []passed
	for _, s := range storms(t) {
		t.Run(fmt.Sprintf("%s, %d launches, %d groups", s.Title, s.Launches, s.Groups), func(t *testing.T) {
			p := s.through(t, bySgkeeper)
			fmt.Println(p)
			p.check(t)
			table = append(table, p)
			defer func() { record(t, "storms", table) }()
			if *records == "" || s.Launches > 1500 {
				return // a lock that thousands of launches wait for costs millions of calls
			}
			for _, way := range []way{byNaive, byLock} {
				table = append(table, s.through(t, way))
			}
		})
	}
}

// record writes a table for docs/performance.md.
func record(t *testing.T, name string, table any) {
	if *records == "" {
		return
	}
	text, err := json.MarshalIndent(table, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(*records, name+".json"), append(text, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// through runs a storm one way, in virtual time.
func (s storm) through(t *testing.T, w way) (p passed) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, s, fakeaws.Options{Latency: regional(7), Seed: 7})
		p = f.run(w, 7)
	})
	return p
}

// arrivals returns the arrival times of the launches.
func (s storm) arrivals(seed uint64) []time.Duration {
	random := rand.New(rand.NewPCG(seed, 7))
	times := make([]time.Duration, s.Launches)
	for i := range times {
		times[i] = upTo(random, s.Within+1)
	}
	slices.Sort(times)
	return times
}

// check fails the test if a storm costs more than it may.
func (p passed) check(t *testing.T) {
	if p.Served != p.Launches {
		t.Errorf("%d of %d launches were served", p.Served, p.Launches)
	}
	if p.Launches == 1 && (p.EC2 != 2 || p.DynamoDB != 4) {
		t.Errorf("one launch: %d calls of EC2 and %d of DynamoDB, want 2 and 4", p.EC2, p.DynamoDB)
	}
	if p.Groups == 1 && p.Title == "at once" && p.EC2 > 12 {
		t.Errorf("%d calls of EC2, want a dozen at most", p.EC2)
	}
	if most := 2*p.Rounds + p.Throttled; p.EC2 > most {
		t.Errorf("%d calls of EC2 in %d rounds, %d of them throttled, want at most %d", p.EC2, p.Rounds, p.Throttled,
			most)
	}
	// Each launch costs a claim and a ring. Each round costs a load and a release, and a read
	// of the head if the release was refused. Sweeps load, and find little other work.
	if least, most := 2*p.Launches+p.Rounds, 2*p.Launches+3*p.Rounds+4*(p.Invocations-p.Launches); p.DynamoDB < least ||
		p.DynamoDB > most {
		t.Errorf("%d calls of DynamoDB in %d rounds, want %d to %d", p.DynamoDB, p.Rounds, least, most)
	}
}
