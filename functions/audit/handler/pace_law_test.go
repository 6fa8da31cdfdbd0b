package handler_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	audithandler "github.com/sgkeeper/sgkeeper/functions/audit/handler"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

var paceSeed = flag.Uint64("pace-seed", 0, "run TestPaceLaw for one seed alone")

// weather is how EC2 answers.
type weather struct {
	page     int // EC2's largest page; a smaller one is allowed
	latency  [2]time.Duration
	throttle [2]float64           // the share of throttled calls
	limit    func() time.Duration // of the next invocation
}

func (w weather) String() string {
	return fmt.Sprintf("pages of %d, calls of %v, throttled %v", w.page, w.latency, w.throttle)
}

// TestPaceLaw: at random deadlines and with random throttling and slowness of EC2, in two accounts,
// the report of an audit is the report of an undisturbed audit. The number of invocations is
// bounded by the number of calls that the undisturbed audit makes.
func TestPaceLaw(t *testing.T) {
	seeds := proof.Pick[uint64](t, 100, 5, 3)
	first := uint64(1)
	if *paceSeed != 0 {
		first, seeds = *paceSeed, 1
	}
	invocations, most := 0, 0
	for seed := first; seed < first+seeds; seed++ {
		draws := rand.New(rand.NewPCG(seed, 7))
		w := weather{page: []int{5, 20, 1000}[draws.IntN(3)]}
		calm := weather{page: w.page, limit: func() time.Duration { return 5 * time.Minute }}
		for i := range w.latency {
			w.latency[i] = []time.Duration{0, time.Second, 30 * time.Second, 100 * time.Second}[draws.IntN(4)]
			if w.page == 5 { // a group may need two pages, of one invocation
				w.latency[i] = min(w.latency[i], 30*time.Second)
			}
			if w.latency[i] <= time.Second { // EC2 answers a call within most invocations
				w.throttle[i] = []float64{0, 0.5, 0.8}[draws.IntN(3)]
			}
		}
		w.limit = func() time.Duration { return 3*time.Minute + time.Duration(draws.IntN(120))*time.Second }
		var want, got string
		var calls, n int
		synctest.Test(t, func(t *testing.T) { want, calls, _ = auditIn(t, seed, calm) })
		synctest.Test(t, func(t *testing.T) { got, _, n = auditIn(t, seed, w) })
		if want != got {
			at := 0
			for at < min(len(got), len(want)) && got[at] == want[at] {
				at++
			}
			at = max(0, at-300)
			t.Fatalf("seed %d, %v: the report differs after %d invocations\n got %.900s\nwant %.900s", seed, w, n,
				got[at:], want[at:])
		}
		if n > 3*(calls+1) {
			t.Errorf("seed %d, %v: %d invocations, and %d calls undisturbed", seed, w, n, calls)
		}
		invocations, most = invocations+n, max(most, n)
	}
	t.Logf("pace: %d seeds, %d invocations, at most %d for one audit, 0 violations", seeds, invocations, most)
}

// auditIn audits a world and returns the report, the calls to EC2 and the number of invocations.
func auditIn(t *testing.T, seed uint64, w weather) (report string, calls, invocations int) {
	t.Helper()
	accounts := make([]*fakeaws.Account, len(w.latency))
	calmly := true
	for i, id := range []string{account, member} {
		accounts[i] = fakeaws.New(fakeaws.Options{ID: id, Seed: seed, RulesPerGroup: 2000,
			Latency: func(op fakeaws.Op) time.Duration {
				if op.Service != "ec2" || calmly {
					return 0
				}
				return w.latency[i]
			}})
	}
	r := newRigIn(t, accounts[0])
	r.joinedBy(accounts[1], w.page)
	for i, a := range accounts {
		r.populate(a, rand.New(rand.NewPCG(seed, uint64(i))))
		throttle(a, w.throttle[i], seed)
		a.ResetCalls()
	}
	calmly = false
	for next := []string{`{"sgkeeper":"audit"}`}; len(next) > 0; next = r.received(r.queue) {
		reply, err := r.audit.Invoke(r.mapped(w.limit()), []byte(batch(next[0])))
		if err != nil || string(reply) != `{"batchItemFailures":[]}` {
			t.Fatalf("seed %d, %v, invocation %d: %s, %v\n%.3000s", seed, w, invocations, reply, err, r.log)
		}
		if invocations++; invocations > 300 {
			t.Fatalf("seed %d, %v: it does not end\n%.3000s", seed, w, r.log)
		}
	}
	latest := r.latest()
	text, err := json.Marshal(timeless(latest))
	if err != nil {
		t.Fatal(err)
	}
	return string(text), accounts[0].Calls().Of("ec2") + accounts[1].Calls().Of("ec2"), invocations
}

// timeless returns the verdicts of a report without the times at which it found them.
func timeless(r drift.Report) any {
	for i := range r.Groups {
		r.Groups[i].At, r.Groups[i].Begun = time.Time{}, time.Time{}
	}
	for i := range r.Drifts {
		r.Drifts[i].Since = time.Time{}
	}
	return []any{r.Groups, r.Drifts, r.Closed, r.Lists, r.Counts()}
}

// joinedBy makes the function audit a second account, too, with smaller pages of EC2.
func (r *rig) joinedBy(theirs *fakeaws.Account, page int) {
	r.Helper()
	cloud := fakeaws.NewCloud(r.account, theirs)
	cloud.AddRole(fakeaws.Role{Account: member, Name: "sgkeeper-member", Trusts: account, ExternalID: "secret-1"})
	clients := r.clients
	clients.HTTPClient = shortPages{cloud, page}
	c, err := audithandler.Load([]string{
		"SGKEEPER_TABLE=" + table, "SGKEEPER_REPORTS=" + bucket + "/sgkeeper", "SGKEEPER_AUDIT_QUEUE=" + r.queue,
		"SGKEEPER_EVENT_QUEUE=" + queueARN, "SGKEEPER_MEMBER_ACCOUNTS=" + member, "SGKEEPER_EXTERNAL_ID=secret-1",
	})
	if err != nil {
		r.Fatal(err)
	}
	r.audit = audithandler.New(c, clients, r.log)
}

// shortPages makes EC2 return at most so many results on a page, as EC2 may do.
type shortPages struct {
	aws.HTTPClient
	page int
}

func (s shortPages) Do(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		return s.HTTPClient.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	if n, err := strconv.Atoi(form.Get("MaxResults")); err == nil {
		form.Set("MaxResults", strconv.Itoa(min(n, s.page)))
		body = []byte(form.Encode())
	}
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return s.HTTPClient.Do(r)
}

// populate adds groups with rules of all kinds of peers, requests, and interfaces.
func (r *rig) populate(a *fakeaws.Account, draws *rand.Rand) {
	r.Helper()
	const list = "pl-0aaaaaaaaaaaaaaaa"
	entries := make([]fakeaws.PrefixListEntry, 120)
	for i := range entries {
		entries[i].CIDR = fmt.Sprintf("198.51.%d.0/24", i)
	}
	a.AddPrefixList(fakeaws.PrefixList{ID: list, Name: "offices", MaxEntries: 200, Entries: entries})
	peers := []string{"10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", list, ""}
	vpcs, gone := make([]string, 3), make([]string, 3)
	for i := range vpcs {
		vpcs[i], gone[i] = fmt.Sprintf("vpc-%017d", i), fmt.Sprintf("sg-0dddddddddddddd%02d", i)
		a.AddSecurityGroup(fakeaws.SecurityGroup{ID: gone[i], VPC: vpcs[i]})
	}
	requests := dynamo.New(dynamodb.NewFromConfig(r.clients), table)
	var made []string
	for n := range 5 + draws.IntN(40) {
		g := claim.Group{Account: a.ID(), Region: region, ID: fmt.Sprintf("sg-%017x", n+1)}
		vpc := draws.IntN(len(vpcs))
		peers[4] = gone[vpc] // a reference to it is stale once it is gone
		sg := fakeaws.SecurityGroup{ID: g.ID, Name: fmt.Sprint("web-", n), VPC: vpcs[vpc]}
		if draws.IntN(5) > 0 {
			sg.Tags = map[string]string{"sgkeeper:managed": "true"}
		}
		for i := range draws.IntN(6) {
			sg.Rules = append(sg.Rules, fakeaws.Rule{Protocol: "tcp", FromPort: 20 + i, ToPort: 22 + i,
				Peer: peers[draws.IntN(len(peers))]})
		}
		if draws.IntN(10) > 0 {
			a.AddSecurityGroup(sg)
			made = append(made, g.ID)
		}
		if draws.IntN(3) == 0 {
			rule := secgroup.MustParseRule(fmt.Sprintf("tcp %d from %s", 80+draws.IntN(3), peers[draws.IntN(4)]))
			_, _, err := requests.Claim(r.Context(), claim.Request{
				Launch: claim.Launch{Account: account, Name: "a"}, Group: g, Status: claim.Open,
				Received: time.Now().Add(-time.Hour), Rules: []secgroup.Entry{{Rule: rule}},
			})
			if err != nil {
				r.Fatal(err)
			}
		}
	}
	some := int32(7)
	client := ec2.NewFromConfig(aws.Config{Region: region, Credentials: r.clients.Credentials, HTTPClient: a})
	for _, id := range made[:min(len(made), 2)] {
		_, err := client.RunInstances(r.Context(), &ec2.RunInstancesInput{ImageId: aws.String("ami-1"), MinCount: &some,
			MaxCount: &some, SecurityGroupIds: []string{id}})
		if err != nil {
			r.Fatal(err)
		}
	}
	for _, id := range gone {
		a.RemoveSecurityGroup(id)
	}
}
