package ensure_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// scales returns rates in launches a minute, over 1,000 groups in ten accounts for two
// minutes. Unless the figures are recorded, it returns less.
func scales() (rates []int, accounts, groups int, minutes time.Duration) {
	if *records == "" {
		return []int{120}, 2, 10, 1
	}
	return []int{1000, 2500, 5000, 10_000, 20_000}, 10, 1000, 2
}

// TestScale raises the rate of launches, spread evenly at random over groups in several
// accounts. Each account has token buckets of its own. Here it has a table of its own, too,
// which changes nothing, because no two groups share a partition.
func TestScale(t *testing.T) {
	rates, accounts, groups, minutes := scales()
	var table []passed
	for _, rate := range rates {
		t.Run(fmt.Sprintf("%d launches a minute", rate), func(t *testing.T) {
			s := storm{fmt.Sprintf("%d a minute", rate), rate * int(minutes), groups, minutes * time.Minute}
			p := s.over(t, accounts)
			fmt.Printf("scale: %d launches a minute, %d groups in %d accounts: median %v, p99 %v, "+
				"%d EC2 calls, %d throttled\n",
				rate, groups, accounts, p.Median.Round(time.Millisecond), p.P99.Round(time.Millisecond), p.EC2, p.Throttled)
			if p.Served != p.Launches {
				t.Errorf("%d of %d launches were served", p.Served, p.Launches)
			}
			table = append(table, p)
			record(t, "scales", table)
		})
	}
}

// over runs a storm that is spread evenly over accounts.
func (s storm) over(t *testing.T, accounts int) passed {
	total := passed{storm: s, Way: string(bySgkeeper)}
	synctest.Test(t, func(t *testing.T) {
		var all sync.WaitGroup
		var mu sync.Mutex
		for i := range accounts {
			seed := uint64(i + 1)
			part := storm{s.Title, s.Launches / accounts, s.Groups / accounts, s.Within}
			f := newFleet(t, part, fakeaws.Options{ID: fmt.Sprint(111122223330 + i), Latency: regional(seed),
				Seed: seed})
			all.Go(func() {
				p := f.run(bySgkeeper, seed)
				mu.Lock()
				defer mu.Unlock()
				total.add(p)
			})
		}
		all.Wait()
	})
	total.settle()
	return total
}

// add adds the cost of another account's part of a storm.
func (p *passed) add(q passed) {
	p.Served += q.Served
	p.EC2 += q.EC2
	p.DynamoDB += q.DynamoDB
	p.Bus += q.Bus
	p.Throttled += q.Throttled
	p.Rounds += q.Rounds
	p.Invocations += q.Invocations
	p.Last = max(p.Last, q.Last)
	p.Read += q.Read
	p.Written += q.Written
	p.PeakRead += q.PeakRead // the sum assumes that their peaks coincide
	p.PeakWritten += q.PeakWritten
	p.waited = append(p.waited, q.waited...)
}
