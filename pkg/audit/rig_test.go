package audit_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

const (
	account = "111122223333"
	region  = "us-east-1"
	vpc     = "vpc-0123456789abcdef0"
	tag     = "sgkeeper:managed=true"
	us      = plan.Installation("here")
)

var (
	managed = map[string]string{"sgkeeper:managed": "true"}
	place   = audit.Place{Account: account, Region: region}
)

// rig runs an auditor with the real SDK against an embedded account.
type rig struct {
	*testing.T
	account *fakeaws.Account
	client  *dynamodb.Client
	table   *dynamo.Table
	reader  *ec2sg.Reader
	auditor *audit.Auditor
	now     time.Time
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{T: t, account: fakeaws.New(fakeaws.Options{}), now: time.Now()}
	cfg := aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient: r.account, RetryMaxAttempts: 1}
	r.client = dynamodb.NewFromConfig(cfg)
	if _, err := r.client.CreateTable(t.Context(), dynamo.Definition("sgkeeper")); err != nil {
		t.Fatal(err)
	}
	r.table = dynamo.New(r.client, "sgkeeper")
	r.reader = ec2sg.NewReader(ec2sg.One(ec2.NewFromConfig(cfg), account, region))
	r.auditor = &audit.Auditor{
		EC2: r.reader, Table: r.table, Places: []audit.Place{place},
		Policy: drift.Policy{Installation: string(us), ManagedTag: tag, Sensitive: drift.SensitivePorts()},
		Now:    func() time.Time { return r.now },
	}
	return r
}

// groupID returns the id of the n-th group.
func groupID(n int) string { return fmt.Sprintf("sg-%017x", n) }

func groupOf(n int) claim.Group { return claim.Group{Account: account, Region: region, ID: groupID(n)} }

// group adds a managed group without rules.
func (r *rig) group(n int) {
	r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: groupID(n), Name: fmt.Sprint("web-", n),
		VPC: vpc, Tags: managed, NoEgress: true})
}

// asks adds a request of a launch, made an hour ago.
func (r *rig) asks(launch string, n int, rules ...string) claim.Request {
	r.Helper()
	request := claim.Request{Launch: claim.Launch{Account: account, Name: launch}, Group: groupOf(n),
		Received: r.now.Add(-time.Hour).Truncate(time.Millisecond), Status: claim.Open}
	for _, text := range rules {
		request.Rules = append(request.Rules, secgroup.Entry{Rule: secgroup.MustParseRule(text)})
	}
	if _, _, err := r.table.Claim(context.Background(), request); err != nil {
		r.Fatal(err)
	}
	return request
}

// holds adds a TCP rule to a group: our rule for a launch or, with "", a foreign one.
func (r *rig) holds(n int, launch string, port int, peer string) string {
	r.Helper()
	rule := fakeaws.Rule{Protocol: "tcp", FromPort: port, ToPort: port, Peer: peer}
	if launch != "" {
		e := secgroup.Entry{Rule: secgroup.MustParseRule(fmt.Sprintf("tcp %d from %s", port, peer))}
		rule.Tags, rule.Description = sealing(groupID(n)).Tagged(stamp, []secgroup.Entry{e})[0].Tags, "sgkeeper "+launch
		r.keyed(groupOf(n))
	}
	id, err := r.account.AddRule(groupID(n), rule)
	if err != nil {
		r.Fatal(err)
	}
	return id
}

// stamp is when the rules of ours were made.
var stamp = plan.Stamp{Ticket: 1, Span: "AAAAAAAA"}

// sealing marks rules of ours in a group.
func sealing(group string) plan.Owner {
	return plan.Owner{Installation: us, Group: group, Keys: []claim.Key{"key"}}
}

// keyed gives a group the key that seals its rules, in the span in which they were made.
func (r *rig) keyed(g claim.Group) {
	r.Helper()
	_, err := r.client.UpdateItem(r.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String("sgkeeper"),
		Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: "SG#" + g.Account + "#" + g.Region + "#" + g.ID},
			"sk": &types.AttributeValueMemberS{Value: "HEAD"},
		},
		UpdateExpression:         aws.String("SET v = :v, #keys = :keys, #span = :span"),
		ExpressionAttributeNames: map[string]string{"#keys": "keys", "#span": "span"},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":v":    &types.AttributeValueMemberN{Value: "2"},
			":keys": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberS{Value: "key"}}},
			":span": &types.AttributeValueMemberS{Value: stamp.Span},
		},
	})
	if err != nil {
		r.Fatal(err)
	}
}

func (r *rig) audit(s audit.Scope, previous *drift.Report) *drift.Report {
	r.Helper()
	report, err := r.auditor.Audit(r.Context(), s, previous)
	if err != nil {
		r.Fatal(err)
	}
	return report
}

func (r *rig) auditAll() *drift.Report { return r.audit(audit.Scope{All: true}, nil) }

// finds checks a report's drifts. Each is a kind and the id of a group, or a kind and a
// subject.
func (r *rig) finds(report *drift.Report, want ...string) {
	r.Helper()
	var got []string
	for _, d := range report.Drifts {
		about := d.Group.ID
		if about == "" {
			about = d.Subject
		}
		got = append(got, string(d.Kind)+" "+about)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		r.Errorf("found %q, want %q", got, want)
		for _, d := range report.Drifts {
			r.Log(d.Detail)
		}
	}
}
