package e2e_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestThousandMembers deploys an installation with a thousand member accounts. The function reads
// their list from the stack's parameters.
func TestThousandMembers(t *testing.T) {
	t.Parallel()
	members := make([]string, 1000)
	for i := range members {
		members[i] = fmt.Sprint(600000000000 + i)
	}
	d := newProxy(fakeaws.New(fakeaws.Options{ID: account, Region: region}))
	w := &world{proxy: d, server: httptest.NewServer(d)}
	w.start(t)
	step(t, "the CDK CLI deploys the stack of a thousand member accounts", func(t *testing.T) {
		folder, rails := t.TempDir(), filepath.Join(t.TempDir(), "guardrails.yaml")
		if err := os.WriteFile(rails, []byte(`reach: [{accounts: ["*"], groups: ["*"]}]`), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := synth(folder, "memberAccounts="+strings.Join(members, ","), "organization=o-a1b2c3d4e5",
			"externalId=sgkeeper/7f3a", "guardrails="+rails); err != nil {
			t.Fatal(err)
		}
		w.deployFrom(t, folder)
	})
	if w.observer == nil {
		t.Fatal("there is nothing to try")
	}
	group := w.newGroup(t, "shared")
	in := func(account string) string {
		return fmt.Sprintf(`{"launch":%q,"group":{"id":%q,"account":%q},"rules":[{"ports":8000,"from":["10.0.0.0/8"]}]}`, "in-"+account, group, account)
	}
	step(t, "the last of the thousand is served", func(t *testing.T) {
		w.publish(t, requested, in(members[999]))
		w.observer.ensured(t, "in-"+members[999])
		w.wantIngress(t, group, "8000 from 10.0.0.0/8")
	})
	step(t, "a group of an unknown account is refused, in a short reason", func(t *testing.T) {
		w.publish(t, requested, in("555566667777"))
		refused := w.observer.until(t, "Launch Rejected", patience,
			func(p published) bool { return p.about("Launch Rejected", "in-555566667777") })
		if r := refused.Detail.Reasons; len(r) != 1 || r[0].Field != "/group/account" ||
			!strings.Contains(r[0].Problem, "and 991 more") || len(r[0].Problem) > 400 {
			t.Errorf("refused for %.600v, want ten of 1001 accounts named", r)
		}
	})
}
