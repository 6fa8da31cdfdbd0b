package audit_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/aws/s3store"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// estate answers as EC2 and DynamoDB do for very many groups. It computes each page when it is
// read and stores nothing, so the memory in use is the audit's. Each group has the given
// number of rules, which three launches requested, and one more: one group of five has a foreign rule
// that is open to the world, the others EC2's egress rule.
type estate struct {
	groups, rules int
	asked         []claim.Request // of each group

	bucket *bucket // of the reports
	live   bool    // measure only bytes in use that are not garbage, at some calls

	mu    sync.Mutex
	peak  uint64         // bytes in use on the heap, at any call
	seen  []uint64       // bytes in use on the heap, at each look
	calls map[string]int // by service
	looks int
}

// looksEach is the number of calls for which the live heap is measured once.
const looksEach = 8

const (
	launches = 3
	drifting = 5 // one group of so many has a drift
)

func newEstate(groups, rules int) *estate {
	e := &estate{groups: groups, rules: rules, calls: make(map[string]int)}
	e.bucket = &bucket{look: e.look}
	for l := range launches {
		r := claim.Request{Launch: claim.Launch{Account: account, Name: fmt.Sprint("launch-", l)},
			Received: time.Now().Add(-time.Hour), Status: claim.Open}
		for i := l; i < rules; i += launches {
			r.Rules = append(r.Rules, secgroup.Entry{Rule: e.rule(i)})
		}
		r.Rules = secgroup.Merge(r.Rules)
		e.asked = append(e.asked, r)
	}
	return e
}

func (e *estate) rule(i int) secgroup.Rule {
	return secgroup.MustParseRule(fmt.Sprintf("tcp %d from 10.%d.0.0/16", 8000+2*i, i%250))
}

// recorder returns a recorder of audits of the estate, with the real SDK. It publishes nothing.
func (e *estate) recorder() *audit.Recorder {
	cfg := aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient: e, RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired}
	reader := ec2sg.NewReader(ec2sg.One(ec2.NewFromConfig(cfg), account, region))
	a := &audit.Auditor{
		EC2: reader, Table: dynamo.New(dynamodb.NewFromConfig(cfg), "sgkeeper"), Places: []audit.Place{place},
		Policy: drift.Policy{Installation: string(us), ManagedTag: tag, Sensitive: drift.SensitivePorts(), Limit: 2000},
	}
	store := s3store.New(s3.NewFromConfig(cfg), "reports")
	return &audit.Recorder{Auditor: a, Store: store, Log: slog.New(slog.DiscardHandler)}
}

// Do answers a request, and measures the heap.
func (e *estate) Do(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Host, "reports.s3.") {
		return e.bucket.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	text := ""
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		e.count("dynamodb")
		text, err = e.table(target, body)
	} else {
		e.count("ec2")
		text, err = e.ec2(string(body))
	}
	if err != nil {
		return nil, err
	}
	e.look()
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text)),
		ContentLength: int64(len(text)), Request: r}, nil
}

func (e *estate) count(service string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls[service]++
}

func (e *estate) look() {
	if e.live {
		e.mu.Lock()
		e.looks++
		skip := e.looks%looksEach != 0
		e.mu.Unlock()
		if skip {
			return
		}
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.peak = max(e.peak, m.HeapAlloc)
	e.seen = append(e.seen, m.HeapAlloc)
}

// held returns the most bytes that were in use in twelve looks in a row. So it leaves out the pages and
// batches that were under way at one look only.
func (e *estate) held() (most uint64) {
	for looks := e.seen; len(looks) >= 12; looks = looks[1:] {
		most = max(most, slices.Min(looks[:12]))
	}
	return most
}

// reset forgets the peak and the calls.
func (e *estate) reset() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.peak, e.seen, e.calls = 0, nil, make(map[string]int)
}

func (e *estate) ec2(form string) (string, error) {
	values, err := url.ParseQuery(form)
	if err != nil {
		return "", err
	}
	start, _ := strconv.Atoi(values.Get("NextToken"))
	size, _ := strconv.Atoi(values.Get("MaxResults"))
	op := values.Get("Action")
	var b strings.Builder
	fmt.Fprintf(&b, `<%sResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">`, op)
	total := 0
	switch op {
	case "DescribeSecurityGroups":
		total = e.groups
		b.WriteString("<securityGroupInfo>")
		for n := start; n < min(total, start+size); n++ {
			e.writeGroup(&b, n)
		}
		b.WriteString("</securityGroupInfo>")
	case "DescribeSecurityGroupRules":
		ids := named(values)
		total = len(ids) * (e.rules + 1)
		b.WriteString("<securityGroupRuleSet>")
		for n := start; n < min(total, start+size); n++ {
			e.writeRule(&b, ids[n/(e.rules+1)], n%(e.rules+1))
		}
		b.WriteString("</securityGroupRuleSet>")
	}
	if start+size < total {
		fmt.Fprintf(&b, "<nextToken>%d</nextToken>", start+size)
	}
	fmt.Fprintf(&b, "</%sResponse>", op)
	return b.String(), nil
}

// named returns the ids in a filter.
func named(values url.Values) (ids []string) {
	for i := 1; ; i++ {
		id := values.Get(fmt.Sprint("Filter.1.Value.", i))
		if id == "" {
			return ids
		}
		ids = append(ids, id)
	}
}

func (e *estate) writeGroup(b *strings.Builder, n int) {
	fmt.Fprintf(b,
		`<item><groupId>%s</groupId><groupName>web-%d</groupName><vpcId>%s</vpcId><tagSet><item><key>sgkeeper:managed</key><value>true</value></item></tagSet><ipPermissions>`, groupID(n), n, vpc)
	for i := range e.rules {
		fmt.Fprintf(b,
			`<item><ipProtocol>tcp</ipProtocol><fromPort>%d</fromPort><toPort>%d</toPort><ipRanges><item><cidrIp>10.0.0.0/16</cidrIp><description>sgkeeper</description></item></ipRanges></item>`, 8000+2*i, 8000+2*i)
	}
	b.WriteString("</ipPermissions><ipPermissionsEgress><item><ipProtocol>-1</ipProtocol>")
	b.WriteString("<ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item></ipPermissionsEgress></item>")
}

// writeRule writes one of a group's rules. The last is the egress rule that EC2 makes, or a foreign
// rule.
func (e *estate) writeRule(b *strings.Builder, id string, i int) {
	if i == e.rules {
		rule := `<isEgress>true</isEgress><ipProtocol>-1</ipProtocol><fromPort>-1</fromPort><toPort>-1</toPort><cidrIpv4>0.0.0.0/0</cidrIpv4>`
		if n, _ := strconv.ParseInt(id[len("sg-"):], 16, 64); n%drifting == 0 {
			rule = `<isEgress>false</isEgress><ipProtocol>tcp</ipProtocol><fromPort>7000</fromPort><toPort>7000</toPort><cidrIpv4>0.0.0.0/0</cidrIpv4>`
		}
		fmt.Fprintf(b,
			`<item><securityGroupRuleId>sgr-%s%03x</securityGroupRuleId><groupId>%s</groupId>%s<tagSet/></item>`,
			id[3:17], i, id, rule)
		return
	}
	rule := e.rule(i)
	prefix, _ := rule.Peer.Prefix()
	fmt.Fprintf(b,
		`<item><securityGroupRuleId>sgr-%s%03x</securityGroupRuleId><groupId>%s</groupId><isEgress>false</isEgress><ipProtocol>tcp</ipProtocol><fromPort>%d</fromPort><toPort>%d</toPort><cidrIpv4>%s</cidrIpv4><description>sgkeeper launch-%d</description><tagSet>`,
		id[len(id)-14:], i, id, rule.Ports.First, rule.Ports.Last, prefix, i%launches)
	for key, value := range sealing(id).Tagged(stamp, []secgroup.Entry{{Rule: rule}})[0].Tags {
		fmt.Fprintf(b, "<item><key>%s</key><value>%s</value></item>", key, value)
	}
	b.WriteString("</tagSet></item>")
}

// table answers a scan of one segment, or a query of one group.
func (e *estate) table(target string, body []byte) (string, error) {
	var in struct {
		Segment, TotalSegments, Limit int
		ExclusiveStartKey             map[string]map[string]string
		ExpressionAttributeValues     map[string]map[string]string
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return "", err
	}
	var items []string
	if strings.HasSuffix(target, ".Query") {
		pk := in.ExpressionAttributeValues[":pk"]["S"]
		for part := range parts {
			items = append(items, e.item(pk, part))
		}
		return fmt.Sprintf(`{"Items":[%s],"Count":%d}`, strings.Join(items, ","), parts), nil
	}
	start, _ := strconv.Atoi(in.ExclusiveStartKey["pk"]["S"])
	next, last := start, e.groups*parts
	for ; next < last && len(items) < in.Limit; next++ {
		if n := next / parts; n%in.TotalSegments == in.Segment {
			items = append(items, e.item("SG#"+account+"#"+region+"#"+groupID(n), next%parts))
		}
	}
	more := ""
	if next < last {
		more = fmt.Sprintf(`,"LastEvaluatedKey":{"pk":{"S":"%d"},"sk":{"S":"x"}}`, next)
	}
	return fmt.Sprintf(`{"Items":[%s],"Count":%d%s}`, strings.Join(items, ","), len(items), more), nil
}

// parts is how many items a group has: its head, and a request of each launch.
const parts = 1 + launches

// item is an item of a group. The first is its head.
func (e *estate) item(pk string, part int) string {
	if part == 0 {
		return fmt.Sprintf(`{"pk":{"S":%q},"sk":{"S":"HEAD"},"v":{"N":"2"},"keys":{"L":[{"S":"key"}]},"span":{"S":"AAAAAAAA"}}`, pk)
	}
	r := e.asked[part-1]
	var rules []string
	for _, entry := range r.Rules {
		rules = append(rules, fmt.Sprintf(`{"M":{"rule":{"S":%q}}}`, entry.Rule))
	}
	return fmt.Sprintf(`{"pk":{"S":%q},"sk":{"S":"R#%s"},"v":{"N":"1"},"st":{"S":"open"},"received":{"N":"%d"},"rules":{"L":[%s]}}`,
		pk, r.Key(), r.Received.UnixMilli(), strings.Join(rules, ","))
}
