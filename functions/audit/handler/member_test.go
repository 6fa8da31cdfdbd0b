package handler_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/sgkeeper/sgkeeper/functions/audit/handler"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

const (
	member      = "444455556666"
	memberGroup = "sg-0bbbbbbbbbbbbbbbb"
)

// joins lets the audit function serve a member account that requires an external id.
func (r *rig) joins(cloud *fakeaws.Cloud, externalID string) {
	r.Helper()
	r.joinsBy(member, cloud, externalID)
}

// joinsBy sets how the member account is listed.
func (r *rig) joinsBy(accounts string, cloud *fakeaws.Cloud, externalID string) {
	r.Helper()
	cloud.AddRole(fakeaws.Role{Account: member, Name: "sgkeeper-member", Trusts: account, ExternalID: externalID})
	clients := r.clients
	clients.HTTPClient = cloud
	c, err := handler.Load([]string{
		"SGKEEPER_TABLE=" + table, "SGKEEPER_BUS=launches", "SGKEEPER_REPORTS=" + bucket + "/sgkeeper",
		"SGKEEPER_SECURITY_HUB=on", "SGKEEPER_EVENT_QUEUE=" + queueARN,
		"SGKEEPER_MEMBER_ACCOUNTS=" + accounts, "SGKEEPER_EXTERNAL_ID=secret-1",
		"SGKEEPER_OWN_ROLES=" + ownRole + ",arn:aws:iam::*:role/sgkeeper-member",
	})
	if err != nil {
		r.Fatal(err)
	}
	r.audit = handler.New(c, clients, r.log)
}

// TestMembers audits a member account's groups by its role, and sends the findings to that
// account's Security Hub. If the role is gone, the audit calls nothing there clean.
func TestMembers(t *testing.T) {
	r := newRig(t)
	theirs := fakeaws.New(fakeaws.Options{ID: member})
	theirs.AddSecurityGroup(fakeaws.SecurityGroup{
		ID: memberGroup, Tags: map[string]string{"sgkeeper:managed": "true"},
		Rules: []fakeaws.Rule{{Protocol: "tcp", FromPort: 3306, ToPort: 3306, Peer: "0.0.0.0/0"}},
	})
	cloud := fakeaws.NewCloud(r.account, theirs)
	r.joins(cloud, "secret-1")
	a := r.all()
	if a.Groups != 2 || a.Drifts["critical"] != 1 || a.Unreadable != 0 {
		t.Errorf("audit %+v, want both accounts' groups and the open database", a)
	}
	if d := r.latest().Drifts; len(d) != 1 || d[0].Group.Account != member || d[0].Group.ID != memberGroup {
		t.Errorf("drifts %+v, want that of the member", d)
	}
	if got := r.findings(theirs); got["ACTIVE"] != 1 || len(r.findings(r.account)) != 0 {
		t.Errorf("findings of the member %v, of the home account %v", got, r.findings(r.account))
	}
	r.joins(cloud, "changed")
	b := r.all()
	if b.Unreadable != 2 || len(b.Closed) != 0 {
		t.Errorf("without the role: %+v, want its groups and interfaces unknown, and nothing closed", b)
	}
	latest := r.latest()
	if d := latest.Drifts; len(d) != 3 || d[0].Group.ID != memberGroup || d[0].Unverified.IsZero() ||
		len(latest.Groups) != 2 || b.Drifts["critical"] != 1 {
		t.Errorf("drifts %+v of %d groups: want the drift found there, not verified", d, len(latest.Groups))
	}
}

// TestMembersOfAParameter audits the member accounts that an SSM parameter lists.
func TestMembersOfAParameter(t *testing.T) {
	r := newRig(t)
	theirs := fakeaws.New(fakeaws.Options{ID: member})
	theirs.AddSecurityGroup(fakeaws.SecurityGroup{ID: memberGroup, Tags: map[string]string{"sgkeeper:managed": "true"}})
	_, err := ssm.NewFromConfig(r.clients).PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: aws.String("/members"), Value: aws.String(member), Type: ssmtypes.ParameterTypeString,
	})
	if err != nil {
		t.Fatal(err)
	}
	cloud := fakeaws.NewCloud(r.account, theirs)
	r.joinsBy("ssm:/members", cloud, "secret-1")
	if a := r.all(); a.Groups != 2 || a.Unreadable != 0 {
		t.Errorf("audit %+v, want the groups of both accounts", a)
	}
	r.joinsBy("ssm:/none", cloud, "secret-1")
	if _, err := r.audit.Invoke(r.lambda(5*time.Minute), []byte(`{"sgkeeper":"audit"}`)); err == nil {
		t.Error("an audit without its list of members ends well, want it to come again")
	}
}

// TestMembersOwnChange: a change by sgkeeper's role in a member account starts no audit. The same
// name in another account, or below a path, is another role.
func TestMembersOwnChange(t *testing.T) {
	r := newRig(t)
	theirs := fakeaws.New(fakeaws.Options{ID: member})
	theirs.AddSecurityGroup(fakeaws.SecurityGroup{ID: memberGroup, Tags: map[string]string{"sgkeeper:managed": "true"}})
	r.joins(fakeaws.NewCloud(r.account, theirs), "secret-1")
	by := func(issuer string) string {
		return strings.ReplaceAll(changed("e-1", "x", issuer, `{"groupId":"`+memberGroup+`"}`), `"111122223333"`,
			`"`+member+`"`)
	}
	for issuer, audited := range map[string]bool{
		"arn:aws:iam::" + member + ":role/sgkeeper-member":      false,
		"arn:aws:iam::555566667777:role/sgkeeper-member":        true,
		"arn:aws:iam::" + member + ":role/evil/sgkeeper-member": true,
	} {
		before := theirs.Calls().Of("ec2")
		r.invoke(batch(by(issuer)))
		if got := theirs.Calls().Of("ec2") > before; got != audited {
			t.Errorf("a change by %s is audited: %v, want %v", issuer, got, audited)
		}
	}
}
