package ensure_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestPrefixListWeight counts a rule with a prefix list as the list's MaxEntries, before EC2 is
// asked. For example, a list of 41 entries beside a list of 20 exceeds a quota of 60.
func TestPrefixListWeight(t *testing.T) {
	const big, small = "pl-0aaaaaaaaaaaaaaaa", "pl-0bbbbbbbbbbbbbbbb"
	for _, test := range []struct {
		name    string
		list    fakeaws.PrefixList
		set     string // the setting of weights
		deny    bool   // the describe of lists
		ensured bool
		writes  int // calls to authorize
	}{
		{"fits", fakeaws.PrefixList{MaxEntries: 38}, "", false, true, 1},
		{"too large", fakeaws.PrefixList{MaxEntries: 39}, "", false, false, 0},
		{"the setting counts", fakeaws.PrefixList{MaxEntries: 38}, big + "=39", false, false, 0},
		// EC2 does not say the weight of its own list, or may not be asked: its refusal shows it.
		{"of AWS", fakeaws.PrefixList{MaxEntries: 39, Owner: "AWS"}, "", false, false, 1},
		{"of AWS, by the setting", fakeaws.PrefixList{MaxEntries: 39, Owner: "AWS"}, big + "=39", false, false, 0},
		{"no permission", fakeaws.PrefixList{MaxEntries: 39}, "", true, false, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fakeaws.Options{}, func(c *handler.Config) {
				if err := (*runtime.Config).SetWeights(&c.Config, test.set); err != nil {
					t.Fatal(err)
				}
			})
			test.list.ID, test.list.Name = big, "offices"
			r.account.AddPrefixList(test.list)
			r.account.AddPrefixList(fakeaws.PrefixList{ID: small, Name: "lab", MaxEntries: 20})
			r.outsider(shared, "tcp 8000 from "+small) // beside the group's two other rules
			if test.deny {
				r.account.Deny("ec2:DescribeManagedPrefixLists")
			}
			o := r.ask(request("a", shared, rule{"ports": 8000, "from": []string{big}}))
			if ensured := o.Status == events.Ensured; ensured != test.ensured {
				t.Fatalf("%s: %s %v, want ensured %v", test.name, o.Status, o.Reasons, test.ensured)
			}
			if !test.ensured && !strings.Contains(o.Reasons[0].Problem, "the group's ingress IPv4 quota of") {
				t.Errorf("%s: %v, want the quota", test.name, o.Reasons)
			}
			if writes := r.account.Calls().Op("ec2", "AuthorizeSecurityGroupIngress"); writes != test.writes {
				t.Errorf("%s: %d calls to authorize, want %d", test.name, writes, test.writes)
			}
			if denied := strings.Contains(r.log.String(), "counts as 1 rule"); denied != test.deny {
				t.Errorf("%s: the log says %q", test.name, r.log.String())
			}
		})
	}
}
