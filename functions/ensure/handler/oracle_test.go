package handler_test

import (
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

var (
	oracleRequests = flag.Int("requests", 100_000, "number of requests that TestOracle sends")
	oracleFirst    = flag.Uint64("sequence", 0, "seed of the first sequence of TestOracle, to run it in parts")
)

// TestOracle sends sequences of events from several accounts through two functions. After each
// step, it compares the live requests and the open rules with the model. A thousand requests
// take about two seconds of a CPU.
func TestOracle(t *testing.T) {
	want := *oracleRequests
	if proof.Of(t) != proof.Alone {
		want = min(want, proof.Pick(t, 30_000, 1_000, 500))
	}
	files := railsIn(t)
	sent, refused, sequences := 0, 0, 0
	for seed := *oracleFirst; sent < want && !t.Failed(); seed++ {
		dice := rand.New(rand.NewPCG(seed, 16))
		synctest.Test(t, func(t *testing.T) {
			s := newSequence(t, seed, files, dice.IntN)
			for range 16 {
				s.step()
			}
			s.rest()
			sent, refused, sequences = sent+s.sent, refused+s.refusals, sequences+1
		})
	}
	if refused < sent/10 || refused > sent*9/10 {
		t.Errorf("%d of %d requests are refused: the sequences are not well mixed", refused, sent)
	}
	disagreements := 0
	if t.Failed() {
		disagreements = 1
	}
	fmt.Printf("oracle: %d requests in %d sequences, %d refused, %d disagreements\n", sent, sequences, refused,
		disagreements)
}

// FuzzSequences takes its choices from the input. See TestOracle.
func FuzzSequences(f *testing.F) {
	for seed := range uint64(8) {
		dice := rand.New(rand.NewPCG(seed, 16))
		var input []byte
		for range 100 {
			input = binary.LittleEndian.AppendUint64(input, dice.Uint64())
		}
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		files := railsIn(t)
		synctest.Test(t, func(t *testing.T) {
			s := newSequence(t, 0, files, func(n int) int {
				if len(input) == 0 {
					return 0
				}
				choice := int(input[0]) % n
				input = input[1:]
				return choice
			})
			for range 100 {
				if len(input) > 0 {
					s.step()
				}
			}
			s.rest()
		})
	})
}

// railsIn writes the guardrails to files and returns their names; "" for the built-in ones.
func railsIn(t *testing.T) []string {
	t.Helper()
	files := make([]string, len(railsFiles))
	for i, text := range railsFiles[1:] {
		files[i+1] = filepath.Join(t.TempDir(), fmt.Sprint("rails", i, ".yaml"))
		if err := os.WriteFile(files[i+1], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// sequence is a group, the two functions that serve it, and the model.
type sequence struct {
	*testing.T
	model
	seed      uint64
	one       func(n int) int // a choice among n
	account   *fakeaws.Account
	functions [2]*handler.Handler
	table     *dynamo.Table
	steps     int
	sent      int // requests
	refusals  int
	log       []string
}

func newSequence(t *testing.T, seed uint64, files []string, one func(int) int) *sequence {
	t.Helper()
	s := &sequence{T: t, seed: seed, one: one, account: fakeaws.New(fakeaws.Options{RulesPerGroup: 1000})}
	s.model = model{
		rails: one(len(files)), entries: make(map[string][]string), ended: make(map[owner]bool),
		refused: make(map[string]bool), claimed: make(map[owner]bool),
	}
	s.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: group})
	c := aws.Config{Region: s.account.Region(), HTTPClient: s.account, Credentials: aws.AnonymousCredentials{}}
	if _, err := dynamodb.NewFromConfig(c).CreateTable(t.Context(), dynamo.Definition(table)); err != nil {
		t.Fatal(err)
	}
	s.table = dynamo.New(dynamodb.NewFromConfig(c), table)
	for i := range s.functions {
		s.functions[i] = handler.New(handler.Config{
			Config: runtime.Config{
				Table: table, Quota: 1000, Account: home, Guardrails: files[s.rails],
				Members: runtime.Members{Accounts: []string{second, operator}, Role: "r", ExternalID: "7f3a"},
			},
			Mode: handler.Enforce, Feed: runtime.Feed{EventQueues: []string{eventQueue}, QueueQualifier: "queue"},
		}, c, io.Discard)
	}
	s.change(listA)
	s.change(listB)
	return s
}

var contents = [][]string{
	{"198.51.100.7/32"}, {"52.0.0.0/9"}, {"52.0.0.0/8"}, {"53.0.0.0/8"}, {"0.0.0.0/1", "128.0.0.0/1"}, {"10.0.0.0/8"},
}

// change replaces a prefix list's entries. A minute later, every function has read them.
func (s *sequence) change(id string) {
	s.entries[id] = contents[s.one(len(contents))]
	l := fakeaws.PrefixList{ID: id, Name: id, MaxEntries: 2}
	for _, cidr := range s.entries[id] {
		l.Entries = append(l.Entries, fakeaws.PrefixListEntry{CIDR: cidr})
	}
	s.account.AddPrefixList(l)
	time.Sleep(time.Minute)
	s.log = append(s.log, fmt.Sprint(id, " holds ", s.entries[id]))
}

// sent is one event: a request, or the end of a launch.
type sent struct {
	by   string
	end  bool
	name string
	modelRequest
}

// step sends some events to one or both functions, and compares with the model.
func (s *sequence) step() {
	s.steps++
	if s.one(8) == 0 {
		s.change([]string{listA, listB}[s.one(2)])
	}
	time.Sleep(time.Duration(1+s.one(20)) * time.Second)
	n := 1
	if s.one(4) > 0 {
		n = 2 + s.one(60)
	}
	all := make([]sent, n)
	for i := range all {
		all[i] = s.event()
	}
	cut := n
	if n > 1 && s.one(2) == 0 {
		cut = n / 2
	}
	s.deliver(all[:cut], all[cut:])
	s.compare(all)
	if s.one(6) == 0 {
		s.rest()
	}
}

var (
	ports = []modelRule{
		{"tcp", 22, 22, ""}, {"tcp", 22, 22, ""}, {"tcp", 20, 22, ""}, {"tcp", 22, 23, ""}, {"udp", 22, 22, ""},
		{"all", 0, 0, ""},
		{"tcp", 80, 80, ""}, {"tcp", 3389, 3389, ""}, {"tcp", 9000, 9001, ""}, {"tcp", 9001, 9002, ""},
		{"tcp", 9000, 9001, ""}, {"tcp", 9001, 9002, ""},
	}
	peers = []string{
		"52.0.0.0/8", "52.0.0.0/9", "52.128.0.0/9", "53.0.0.0/8", "53.0.0.0/9", "54.0.0.0/9", "10.0.0.0/8",
		"198.51.100.7/32",
		"0.0.0.0/1", "2600::/16", "2600::/17", "2601::/16", "2001:db8::1/128", "fd00::/8", listA, listA, listB,
		listGone,
	}
	publishers = []string{home, second, operator}
)

// event draws an event of some publisher.
func (s *sequence) event() sent {
	e := sent{by: publishers[s.one(len(publishers))], end: s.one(5) == 0}
	e.name = fmt.Sprint([]string{"a", "b"}[s.one(2)], s.steps/2+s.one(3))
	if s.one(6) == 0 {
		e.name = publishers[s.one(len(publishers))] + "/" + e.name
	}
	e.owner = s.speaks(e.by, e.name)
	if e.end {
		return e
	}
	for range 1 + s.one(2) {
		rule := ports[s.one(len(ports))]
		rule.peer = peers[s.one(len(peers))]
		e.rules = append(e.rules, rule)
	}
	s.sent++
	return e
}

// envelope is the event in EventBridge's envelope. It is an hour old, so that no part of it
// counts as recent.
func (e sent) envelope() string {
	kind, detail := events.LaunchEnded, fmt.Sprintf(`{"launch":%q}`, e.name)
	if !e.end {
		rules := make([]string, len(e.rules))
		for i, r := range e.rules {
			rules[i] = r.event()
		}
		kind = events.LaunchRequested
		detail = fmt.Sprintf(`{"launch":%q,"group":{"id":%q,"account":%q},"rules":[%s]}`,
			e.name, group, home, strings.Join(rules, ","))
	}
	return fmt.Sprintf(`{"version":"0","id":"7bf73129-1428-4cd3-a780-95db273d1602","detail-type":%q,"source":"launcher",`+
		`"account":%q,"time":%q,"region":"us-east-1","resources":[],"detail":%s}`,
		kind, e.by, time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), detail)
}

// deliver makes both functions serve their events at the same time. It delivers failed events
// once more.
func (s *sequence) deliver(batches ...[]sent) {
	var all sync.WaitGroup
	again := make([][]sent, len(batches))
	for i, batch := range batches {
		if len(batch) > 0 {
			all.Go(func() { again[i] = s.invoke(i, batch) })
		}
	}
	all.Wait()
	left := slices.Concat(again...)
	for tries := 0; len(left) > 0 && tries < 5; tries++ {
		time.Sleep(30 * time.Second)
		left = s.invoke(0, left)
	}
	if len(left) > 0 {
		s.fail("%d events fail repeatedly, the first by %s: %s", len(left), left[0].by, left[0].envelope())
	}
}

// invoke makes a function serve events, and returns those to deliver again.
func (s *sequence) invoke(function int, all []sent) (again []sent) {
	bodies := make([]string, len(all))
	for i, e := range all {
		bodies[i] = e.envelope()
	}
	reply, err := s.functions[function].Invoke(byQueue(s.T), []byte(batch(eventQueue, bodies...)))
	if err != nil {
		s.fail("invoke: %v", err)
		return nil
	}
	var failures struct {
		BatchItemFailures []struct{ ItemIdentifier string }
	}
	if err := json.Unmarshal(reply, &failures); err != nil {
		s.fail("reply %s: %v", reply, err)
	}
	for _, f := range failures.BatchItemFailures {
		var i int
		if _, err := fmt.Sscanf(f.ItemIdentifier, "m%d", &i); err == nil {
			again = append(again, all[i])
		}
	}
	return again
}

// compare compares the live requests in the table with the model, and copies them to it.
func (s *sequence) compare(all []sent) {
	before := s.live
	now, rejected := s.loaded()
	is := make(map[string]bool)
	for _, r := range now {
		is[r.key()] = true
	}
	ended := make(map[owner]bool)
	var requested, passing []modelRequest
	for _, e := range all {
		s.log = append(s.log, fmt.Sprintf("%s by %s: %v, end %v", e.name, e.by, e.rules, e.end))
		if e.end {
			ended[e.owner] = true
		} else {
			requested = append(requested, e.modelRequest)
		}
	}
	for _, r := range requested {
		if ended[r.owner] || r.names(listGone) {
			passing = append(passing, r) // it may have been live in between
		}
		if r.names(listGone) && !s.unread(r) {
			s.claimed[r.owner] = true // EC2 may have rejected it after the claim
		}
	}
	was := make(map[string]bool)
	for _, r := range before {
		was[r.key()] = true
		if is[r.key()] == ended[r.owner] {
			s.fail("the request %s is live: %v, and its owner ended it: %v", r.key(), is[r.key()], ended[r.owner])
		}
	}
	for _, r := range requested {
		switch key := r.key(); {
		case s.forbids(r, nil):
			if is[key] && !was[key] {
				s.fail("the request %s is forbidden alone, and live", key)
			}
			s.refusals++
		case s.ended[r.owner] || ended[r.owner]:
			if is[key] {
				s.fail("the launch of %s has ended, and the request is live", key)
			}
		case was[key]:
		case s.refused[key]:
			if is[key] {
				s.fail("the request %s was refused for good, and is live", key)
			}
			s.refusals++
		case is[key]:
			if s.forbids(r, now) {
				s.fail("the request %s is forbidden beside the others, and live", key)
			}
		case !s.forbids(r, slices.Concat(before, now, passing)):
			s.fail("the request %s may be live, and is refused", key)
		default:
			s.refused[key], s.claimed[r.owner] = true, true
			s.refusals++
		}
	}
	for o := range rejected {
		if !s.claimed[o] {
			s.fail("a request of %s was written to the table, although it is forbidden alone", o)
		}
	}
	for _, r := range now {
		asked := func(q modelRequest) bool { return q.key() == r.key() }
		if !was[r.key()] && !slices.ContainsFunc(requested, asked) {
			s.fail("no event requested %s", r.key())
		}
	}
	for o := range ended {
		s.ended[o] = true
	}
	s.live = now
}

// loaded returns the live requests in the table, and the launches of refused ones.
func (s *sequence) loaded() (live []modelRequest, refused map[owner]bool) {
	asked, err := s.table.Load(s.Context(), claim.Group{Account: home, Region: "us-east-1", ID: group})
	if err != nil {
		s.fail("load: %v", err)
	}
	refused = make(map[owner]bool)
	for _, r := range claim.ApplyEnds(asked.Requests, asked.Ends) {
		m := modelRequest{owner: owner{r.Launch.Account, r.Launch.Name}}
		switch r.Status {
		case claim.Refused:
			refused[m.owner] = true
			continue
		case claim.Open:
		default:
			continue
		}
		for _, e := range r.Rules {
			m.rules = append(m.rules, ruleOf(e.Rule))
		}
		live = append(live, m)
	}
	return live, refused
}

func ruleOf(r secgroup.Rule) modelRule {
	m := modelRule{protocol: r.Protocol.String(), first: int(r.Ports.First), last: int(r.Ports.Last),
		peer: r.Peer.String()}
	if r.Protocol == secgroup.All {
		m = modelRule{protocol: "all", peer: m.peer}
	}
	return m
}

// rest sweeps until no work is left, and checks each address and port. A port is open to an
// address if and only if a live request opens it.
func (s *sequence) rest() {
	for range 3 {
		time.Sleep(time.Minute)
		if _, err := s.functions[0].Invoke(lambda(s.T), []byte(`{"sgkeeper":"sweep"}`)); err != nil {
			s.fail("sweep: %v", err)
		}
	}
	rules := s.account.Rules(group)
	for _, p := range []point{
		{"tcp", 21}, {"tcp", 22}, {"tcp", 23}, {"tcp", 80}, {"tcp", 3389}, {"tcp", 9000}, {"tcp", 9001}, {"tcp", 9002},
		{"udp", 22}, {"udp", 53},
	} {
		for _, a := range samples {
			if open, want := s.isOpen(rules, p, a.addr), s.opens(p, a.addr); open != want {
				s.fail("%s %d is open to %s: %v; a live request opens it: %v", p.protocol, p.port, a.addr, open, want)
			}
		}
	}
}

// isOpen reports whether EC2 admits an address at a point.
func (s *sequence) isOpen(rules []fakeaws.Rule, p point, a netip.Addr) bool {
	return slices.ContainsFunc(rules, func(r fakeaws.Rule) bool {
		protocol := r.Protocol == "-1" || r.Protocol == p.protocol && r.FromPort <= p.port && p.port <= r.ToPort
		return !r.Egress && protocol && s.holds(r.Peer, a)
	})
}

// fail fails the test with the steps before the failure.
func (s *sequence) fail(format string, args ...any) {
	s.Helper()
	if !s.Failed() {
		s.Errorf("seed %d, step %d, guardrails %d: %s\n%s", s.seed, s.steps, s.rails, fmt.Sprintf(format, args...),
			strings.Join(s.log, "\n"))
	}
}
