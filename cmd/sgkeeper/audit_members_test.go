package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestAuditMembers audits two accounts in two Regions with one command. A place that cannot be read is
// not clean.
func TestAuditMembers(t *testing.T) {
	const member = "222233334444"
	open := func(id, region string, port int) *fakeaws.Account {
		a := fakeaws.New(fakeaws.Options{ID: id, Region: region})
		a.AddSecurityGroup(fakeaws.SecurityGroup{
			ID: fmt.Sprintf("sg-0000000000000%04d", port), Name: "web", NoEgress: true,
			Tags:  map[string]string{"sgkeeper:managed": "true"},
			Rules: []fakeaws.Rule{{Protocol: "tcp", FromPort: port, ToPort: port, Peer: "192.0.2.0/24"}},
		})
		return a
	}
	home := open("111122223333", "us-east-1", 1001)
	if _, err := embedded.Install(t.Context(), home, "", io.Discard); err != nil {
		t.Fatal(err)
	}
	cloud := fakeaws.NewCloud(home, open("111122223333", "eu-west-1", 1002), open(member, "us-east-1", 1003),
		open(member, "eu-west-1", 1004))
	cloud.AddRole(fakeaws.Role{Account: member, Name: "auditor", Trusts: "111122223333", ExternalID: "secret"})
	server := httptest.NewServer(cloud)
	defer server.Close()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "any",
		"AWS_SECRET_ACCESS_KEY": "any",
	} {
		t.Setenv(name, value)
	}
	all := []string{"audit", "--table", embedded.Table, "--member-accounts", member, "--member-regions", "eu-west-1"}
	audit := func(args ...string) (kinds []string, errText string) {
		t.Helper()
		var out, errOut bytes.Buffer
		if code := run(append(all, append(args, "--json")...), strings.NewReader(""), &out, &errOut); code == 1 {
			return nil, errOut.String()
		}
		var report struct {
			Drifts []struct {
				Kind  string
				Group struct{ Account, Region string }
				Rule  struct{ FromPort int }
			}
		}
		if err := json.Unmarshal(out.Bytes(), &report); err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
		for _, d := range report.Drifts {
			kinds = append(kinds, fmt.Sprint(d.Group.Account, " ", d.Group.Region, " ", d.Kind, " ", d.Rule.FromPort))
		}
		slices.Sort(kinds)
		return kinds, ""
	}
	got, errText := audit("--member-role", "auditor", "--external-id", "secret")
	want := []string{
		"111122223333 eu-west-1 unexpected 1002", "111122223333 us-east-1 unexpected 1001",
		"222233334444 eu-west-1 unexpected 1004", "222233334444 us-east-1 unexpected 1003",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q\n%s", got, want, errText)
	}
	got, errText = audit("--member-role", "auditor", "--external-id", "wrong")
	if !slices.Contains(got, "222233334444 us-east-1 unknown 0") || !slices.Contains(got, want[0]) {
		t.Errorf("without the right external id: %q, want unknown in the member account\n%s", got, errText)
	}
	for _, row := range []struct {
		args []string
		want string
	}{
		{nil, "--member-accounts needs --member-role"},
		{[]string{"--member-accounts", "1"}, `--member-accounts "1": want account ids`},
		{[]string{"--member-accounts", member}, "--member-accounts 222233334444: it is there twice"},
		{[]string{"--member-regions", "eu"}, `--member-regions "eu": want Regions`},
		{[]string{"--member-role", "a", "--group", "sg-0000000000001001"}, "--group is a group of the installation's"},
	} {
		if _, errText := audit(row.args...); !strings.Contains(errText, row.want) {
			t.Errorf("%q: %q, want %q", row.args, errText, row.want)
		}
	}
}
