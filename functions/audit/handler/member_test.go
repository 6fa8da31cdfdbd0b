package handler_test

import (
	"testing"

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
	cloud.AddRole(fakeaws.Role{Account: member, Name: "sgkeeper-member", Trusts: account, ExternalID: externalID})
	clients := r.clients
	clients.HTTPClient = cloud
	c, err := handler.Load([]string{
		"SGKEEPER_TABLE=" + table, "SGKEEPER_BUS=launches", "SGKEEPER_REPORTS=" + bucket + "/sgkeeper", "SGKEEPER_SECURITY_HUB=on",
		"SGKEEPER_MEMBER_ACCOUNTS=" + member, "SGKEEPER_EXTERNAL_ID=secret-1",
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
	if carried := r.latest().Carried; len(carried) != 1 || carried[0].Group.ID != memberGroup {
		t.Errorf("carried %+v, want what was found there", carried)
	}
}
