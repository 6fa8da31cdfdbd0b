package ensure_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	pretty "github.com/jedib0t/go-pretty/v6/table"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// maxItem is DynamoDB's limit on an item, in bytes.
const maxItem = 400 << 10

// load is one way in which a launch, a group or an end grows, up to its wall.
type load struct {
	Name string // the growing quantity
	Size int    // at the wall
	Wall string // the limit that makes the wall
	At   string // the behaviour at the wall

	// run puts the load on a group, and measures a step of the group's work.
	run func(t *testing.T, n int) cost
	// slow: the row takes long at full size, so it then runs only with -walls.
	slow bool
	// beyond, if it is not nil, goes past the wall and checks the behaviour in At.
	beyond func(t *testing.T)
}

// cost is the cost of a load.
type cost struct {
	Size   int
	Item   int // the largest item, in bytes
	Head   int // the largest head item, in bytes
	Event  int // the largest event, in bytes
	Read   int // bytes of the table's replies to the measured step
	Reads  int // its read units
	Writes int // its write units
	EC2    int // its calls
	Table  int // its calls of DynamoDB
}

// loads are the rows of the table.
var loads = []load{
	{
		Name: "rules in a launch", Size: events.MaxRules,
		Wall: "1,000 rules a request, by the contract; the group's rule quota, 60 by default, comes first",
		At:   "the launch is refused; the reason names the limit",
		run:  openLarge, beyond: refusesTooMany,
	},
	{
		Name: "live requests on a group", Size: 2000,
		Wall: "none; the head names up to 1,000 recent requests, and pages name more",
		At:   "launches are served",
		run:  openAmong, beyond: headIsLargest,
	},
	{
		Name: "live requests on a group", Size: 20_000,
		Wall: "DynamoDB reads 3,000 units a second from a partition; a round reads each live request",
		At:   "launches are served; from about 33,000 on, a round reads for more than a second",
		run:  openAmong, slow: true,
	},
	{
		Name: "groups of an end", Size: 500,
		Wall: "EC2's token bucket: 50 revokes, and 5 a second",
		At:   "the end is answered; sweeps close the ports in the groups that it has not reached",
		run:  endInGroups, slow: true,
	},
	{
		Name: "launches on a group each day", Size: 72_000,
		Wall: "100 a minute: a sweep archives a launch of the group or, an hour later, deletes its end",
		At:   "launches are served; beyond it, rounds read ever more launches that wait to be archived",
		run:  comeAndGo, slow: true,
	},
	{
		Name: "rules made and revoked in 15 minutes", Size: 31_000,
		Wall: "32,000 recently revoked rules, by sgkeeper; a round reads all of them, some 1.1 MB",
		At:   "further revokes wait for a later round, for at most 15 minutes",
		run:  openAfterChurn,
	},
}

// TestWalls prints the behaviour at each wall, and the cost of a part of that load. In CI it
// runs a tenth, and the rows at full size that are not slow, and with -walls all of them. With -record
// it writes the figures of docs/performance.md.
func TestWalls(t *testing.T) {
	notRaced(t)
	t.Parallel()
	var all []measured
	known := make(map[string]cost) // by load and size: two rows share one
	for _, l := range loads {
		row := measured{load: l}
		t.Run(fmt.Sprint(l.Name, ", ", l.Size), func(t *testing.T) {
			sizes := []int{l.Size / proof.Pick(t, 10, 40, 40)}
			if proof.Of(t) >= proof.Full && !l.slow || *walls || *records != "" {
				sizes = append(sizes, l.Size)
			}
			for _, n := range sizes {
				began, key := time.Now(), fmt.Sprint(l.Name, n)
				c, found := known[key]
				if !found {
					synctest.Test(t, func(t *testing.T) { c = l.run(t, n) })
					c.Size = n
					c.check(t)
					known[key] = c
				}
				row.Costs = append(row.Costs, c)
				t.Logf("%d took %s", n, time.Since(began).Round(10*time.Millisecond))
			}
			if l.beyond != nil {
				synctest.Test(t, l.beyond)
			}
		})
		all = append(all, row)
	}
	fmt.Println(wallsTable(all))
	record(t, "walls", all)
}

// measured is a row of the table.
type measured struct {
	load
	Costs []cost
}

// wallsTable returns two tables: the behaviour at each wall, and the costs of loads.
func wallsTable(all []measured) string {
	at, costs := pretty.NewWriter(), pretty.NewWriter()
	at.AppendHeader(pretty.Row{"load", "wall", "limit", "behaviour at the wall"})
	costs.AppendHeader(pretty.Row{"load", "measured at", "wall", "largest item", "head", "largest event", "read",
		"read units", "write units", "EC2 calls", "DynamoDB calls"})
	for _, row := range all {
		at.AppendRow(pretty.Row{row.Name, row.Size, row.Wall, row.At})
		for _, c := range row.Costs {
			costs.AppendRow(pretty.Row{row.Name, c.Size, row.Size, c.Item, c.Head, c.Event, c.Read, c.Reads, c.Writes,
				c.EC2, c.Table})
		}
	}
	return at.RenderMarkdown() + "\n\n" + costs.RenderMarkdown() + "\n"
}

// check fails the test if a cost exceeds the limits for any load.
func (c cost) check(t *testing.T) {
	t.Helper()
	if c.Head >= maxHead {
		t.Errorf("%d: the head item has %d bytes, want less than %d", c.Size, c.Head, maxHead)
	}
	if c.Item >= maxItem {
		t.Errorf("%d: an item has %d bytes, want less than %d", c.Size, c.Item, maxItem)
	}
	if c.Event >= maxEvent {
		t.Errorf("%d: an event has %d bytes, want less than %d", c.Size, c.Event, maxEvent)
	}
}

// rounds is how many calls of EC2 a round may make that opens and closes rules of one
// direction (table in docs/protocol.md). The group holds few other rules.
func rounds(opened, closed int) int { return 1 + closed/1000 + (opened+63)/64 + min(closed, 1) }

// scale is a rig that measures the function.
type scale struct {
	*rig
	way    *tableMeter
	events *sizes
	cost
}

// tableMeter is a client of AWS that counts the bytes and units of the table.
type tableMeter struct {
	*meter
	bytes atomic.Int64
}

func (m *tableMeter) Do(r *http.Request) (*http.Response, error) {
	reply, err := m.meter.Do(r)
	if err == nil && strings.HasPrefix(r.Header.Get(target), "DynamoDB") {
		m.bytes.Add(max(0, reply.ContentLength))
	}
	return reply, err
}

// newScale returns a rig with an account that allows many rules a group.
func newScale(t *testing.T) *scale {
	t.Helper()
	r := newRig(t, fakeaws.Options{Latency: everyCall, RulesPerGroup: 1100})
	s := &scale{way: &tableMeter{meter: newMeter(r.account)}, events: r.measure()}
	s.rig = r.over(s.way)
	s.handler = handler.New(handler.Config{
		Config: runtime.Config{Table: table, Quota: 1100, Account: r.account.ID(), Bus: "launches"},
		Mode:   handler.Enforce,
	}, s.config, r.log)
	return s
}

// step runs a step with at most the given number of EC2 calls. The first step is measured.
func (s *scale) step(maxEC2 int, do func()) {
	s.t.Helper()
	s.weigh()
	before, bytes, read, written := s.account.Calls(), s.way.bytes.Load(), s.way.read, s.way.written
	do()
	calls := s.account.Calls().Since(before)
	if got := calls.Of("ec2"); got > maxEC2 {
		s.t.Errorf("%d calls of EC2, want at most %d: %v", got, maxEC2, calls)
	}
	if s.Table == 0 {
		s.EC2, s.Table, s.Read = calls.Of("ec2"), calls.Of("dynamodb"), int(s.way.bytes.Load()-bytes)
		s.Reads, s.Writes = int(s.way.read-read), int(s.way.written-written)
	}
	s.weigh()
}

// weigh records the sizes of the items, and of the events so far.
func (s *scale) weigh() {
	s.t.Helper()
	for _, it := range s.items() {
		n := sizeOf(it)
		s.Item = max(s.Item, n)
		if textOf(it["sk"]) == "HEAD" {
			s.Head = max(s.Head, n)
		}
	}
	s.Event = max(s.Event, s.events.largest)
}

// far is a peer with a long text.
const far = "2001:db8:1234:5678:9abc:def0:1234:5678/128"

// widest returns a request of n rules with the longest peer and description.
func widest(name string, n int) []byte {
	return request(name, shared, rule{"ports": apart(n), "from": []string{far},
		"description": strings.Repeat("d", 255)})
}

// openLarge opens n rules for one launch, and closes them again.
func openLarge(t *testing.T, n int) cost {
	s := newScale(t)
	s.step(rounds(n, 0), func() { s.ensured(widest("a", n)) })
	time.Sleep(time.Hour)
	s.step(rounds(0, n), func() { s.released(end("a", shared)) })
	if got := len(s.account.Rules(shared)); got != 3 {
		t.Errorf("the group has %d rules after the end, want the 3 foreign ones", got)
	}
	return s.cost
}

// refusesTooMany requests one rule more than each limit allows.
func refusesTooMany(t *testing.T) {
	s := newScale(t)
	for _, row := range []struct {
		launch, reason string
		ports          int
		quota          int
	}{
		{"by an event", "at most 1000", events.MaxRules + 1, 1100},
		{"by the quota", "quota of 60 rules", 61, 60},
	} {
		r := s.with(quotaOf(row.quota))
		o := r.ask(large(strings.ReplaceAll(row.launch, " ", "-"), shared, row.ports, "10.0.0.0/8"))
		reasons := claim.Faults(o.Reasons).Error()
		if o.Status != events.Rejected || !strings.Contains(reasons, row.reason) {
			t.Errorf("%d rules, %s: %s %s, want it rejected with %q", row.ports, row.launch, o.Status, reasons,
				row.reason)
		}
	}
	o := s.with(quotaOf(60), onBus).ask(widest("refused", events.MaxRules))
	if o.Status != events.Rejected {
		t.Errorf("1000 rules where 60 fit: %s, want it rejected", o.Status)
	}
	s.weigh()
	s.check(t)
	s.ensured(launch("good", shared, 8000))
}

// claims puts n live requests into the table, like functions before they ring. The launches
// have names of 64 characters. Each needs three of 50 shared ports.
func (s *scale) claims(n int) {
	s.t.Helper()
	var all sync.WaitGroup
	table := s.rig.table()
	for part := range 8 {
		all.Go(func() {
			for i := part; i < n; i += 8 {
				r := claim.Request{
					Launch:   launchOf(s.rig, longName(i)),
					Group:    s.group(),
					Rules:    shares(i),
					Received: time.Now(),
				}.Live()
				if _, _, err := table.Claim(s.t.Context(), r); err != nil {
					s.t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func longName(i int) string { return fmt.Sprintf("%064d", i) }

// shares returns three rules of fifty.
func shares(i int) (rules []secgroup.Entry) {
	for n := range 3 {
		text := fmt.Sprintf("tcp %d from 10.0.0.0/8", 10000+2*((i+n)%50))
		rules = append(rules, secgroup.Entry{Rule: parsed(text), Description: "model server"})
	}
	return rules
}

// openAmong opens a port beside n live requests that one round has served.
func openAmong(t *testing.T, n int) cost {
	s := newScale(t)
	s.claims(n)
	s.ensured(launch("first", shared, 8000)) // its round serves all
	s.weigh()
	if got := len(s.account.Rules(shared)); got != 54 {
		t.Errorf("the group has %d rules, want the 3 foreign ones and 51", got)
	}
	s.noneWaits()
	time.Sleep(time.Hour)
	s.sweep()
	s.step(rounds(1, 0), func() { s.ensured(launch("next", shared, 8002)) })
	s.noneWaits()
	return s.cost
}

// headIsLargest adds about as many recent requests as the head may name.
func headIsLargest(t *testing.T) {
	c := openAmong(t, 990)
	c.check(t)
	if c.Head < 7<<10 {
		t.Errorf("the head item has %d bytes, want it to name 990 requests", c.Head)
	}
}

// noneWaits fails the test unless each live request was served and the lease is free.
func (s *scale) noneWaits() {
	s.t.Helper()
	asked, err := s.rig.table().Load(s.t.Context(), s.group())
	if err != nil {
		s.t.Fatal(err)
	}
	waiting := 0
	for _, r := range claim.OpenOf(claim.ApplyEnds(asked.Requests, asked.Ends)) {
		if !asked.Ledger.Served.Has(r) {
			waiting++
		}
	}
	if waiting > 0 || asked.Head.Owner != lease.Nobody {
		s.t.Errorf("%d requests wait, and %v holds the lease; want none", waiting, asked.Head.Owner)
	}
}

// endInGroups ends a launch in n groups, through the queue and with EC2's token buckets.
func endInGroups(t *testing.T, n int) cost {
	s := newScale(t)
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("sg-0%016x", i)
		s.addGroup(ids[i])
		s.ensured(launch("a", ids[i], 8000))
	}
	time.Sleep(time.Hour)
	s.account.Throttle(true)
	m := queued(end("a"))
	s.step(7*n, func() { // some calls are throttled, and sweeps serve each group again
		s.work(16, m...)
		for range 5 { // the next sweep serves a throttled group
			_, _ = s.invoke([]byte(`{"sgkeeper":"sweep"}`))
			time.Sleep(time.Minute)
		}
	})
	m[0].wants(t, events.Queued, maxDeliveries)
	for _, id := range ids {
		if got := len(s.account.Rules(id)); got != 1 {
			t.Errorf("%s has %d rules, want none of ours", id, got)
		}
	}
	return s.cost
}

// comeAndGo begins and ends n launches a day for 80 minutes, with a sweep each minute. One
// launch of each minute goes through the function, which serves the others.
func comeAndGo(t *testing.T, n int) cost {
	s := newScale(t)
	perMinute := n / (24 * 60)
	for minute := range 80 {
		for i := range perMinute - 1 {
			s.claimsAndEnds(fmt.Sprintf("m%02d-%d", minute, i))
		}
		last := fmt.Sprintf("m%02d-last", minute)
		s.ensured(launch(last, shared, 8000))
		s.released(end(last, shared))
		time.Sleep(time.Minute)
		s.sweep()
	}
	s.step(rounds(1, 0), func() { s.ensured(launch("next", shared, 8002)) })
	for prefix, most := range map[string]int{"R#": 3 * perMinute, "RX#": 65 * perMinute} {
		if got := s.itemsOf(prefix); got > most {
			t.Errorf("%d a day: rounds read %d items %s, want at most %d", n, got, prefix, most)
		}
	}
	return s.cost
}

// claimsAndEnds writes a launch and its end into the table, like functions before they ring.
func (s *scale) claimsAndEnds(name string) {
	s.t.Helper()
	table := s.rig.table()
	r := claim.Request{Launch: launchOf(s.rig, name), Group: s.group(), Rules: shares(0), Received: time.Now()}.Live()
	if _, _, err := table.Claim(s.t.Context(), r); err != nil {
		s.t.Fatal(err)
	}
	if err := table.EndIn(s.t.Context(), r.Launch, s.group(), time.Now()); err != nil {
		s.t.Fatal(err)
	}
}

// itemsOf counts the items of the shared group with a sort key that begins with prefix.
func (s *scale) itemsOf(prefix string) (n int) {
	for sk := range s.dates() {
		if strings.HasPrefix(sk, prefix) {
			n++
		}
	}
	return n
}

// openAfterChurn opens and closes a port after n rules were made and revoked.
func openAfterChurn(t *testing.T, n int) cost {
	s := newScale(t)
	s.ensured(launch("stays", shared, 8000))
	s.revoked(n)
	s.step(rounds(1, 0)+rounds(0, 1), func() {
		s.ensured(launch("next", shared, 8002))
		s.released(end("next", shared))
	})
	s.noneWaits()
	if _, ledger := s.ledger(); len(ledger.Revoked) != n+1 {
		t.Errorf("the ledger holds %d revoked rules, want %d", len(ledger.Revoked), n+1)
	}
	return s.cost
}

// revoked fills the ledger with n recently revoked rules, like the releases of rounds that
// revoke 1,000 rules each.
func (s *scale) revoked(n int) {
	s.t.Helper()
	holder, table := lease.Start("churn", lease.Instant(time.Now().Add(time.Minute).UnixMilli())), s.rig.table()
	perform := func(op lease.Op, l *claim.Ledger) lease.Head {
		s.t.Helper()
		holder.Op = op
		reply, _, err := table.Perform(s.t.Context(), s.group(), holder, l)
		if err != nil || reply.Failed {
			s.t.Fatalf("%s: %v, %v", op, reply, err)
		}
		return reply.Head
	}
	for i := 0; i < n; {
		holder.Seen = perform(lease.Ring, nil).Want
		_, ledger := s.ledger()
		for end := min(n, i+1000); i < end; i++ {
			ledger.Revoked = append(ledger.Revoked, claim.Revoked{ID: fmt.Sprintf("sgr-0%016x", i), At: time.Now()})
		}
		perform(lease.Release, &ledger)
	}
}
