package plan

import (
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

func TestUsage(t *testing.T) {
	q := Quota{Limit: 60, Weights: map[string]int{"pl-aaaaaaaa": 20}}
	for _, test := range []struct {
		rules []string
		want  Usage // ingress IPv4 and IPv6, egress IPv4 and IPv6
	}{
		{nil, Usage{0, 0, 0, 0, true}},
		{[]string{"tcp 1 from 10.0.0.0/8"}, Usage{1, 0, 0, 0, true}},
		{[]string{"tcp 1 from 2001:db8::/32"}, Usage{0, 1, 0, 0, true}},
		{[]string{"tcp 1 to 10.0.0.0/8", "all to ::/0"}, Usage{0, 0, 1, 1, true}},
		{[]string{"tcp 1 from sg-0aaaaaaaaaaaaaaaa"}, Usage{1, 1, 0, 0, true}}, // a group counts in both
		{[]string{"tcp 1 from self"}, Usage{1, 1, 0, 0, true}},
		{[]string{"tcp 1 from pl-aaaaaaaa"}, Usage{20, 20, 0, 0, true}}, // the list's weight
		{[]string{"tcp 1 to pl-bbbbbbbb"}, Usage{0, 0, 1, 1, true}},     // an unnamed list counts 1
		{[]string{"tcp 1-9 from 10.0.0.0/8", "udp 1-9 from 10.0.0.0/8", "tcp 1 from pl-aaaaaaaa", "icmp from ::/0"},
			Usage{22, 21, 0, 0, true}},
	} {
		p := Make(Input{Entries: existing(test.rules...), Quota: q})
		if p.Usage != test.want {
			t.Errorf("usage of %q = %+v, want %+v", test.rules, p.Usage, test.want)
		}
		asked := Make(Input{Requests: []claim.Request{ask(1, "a", test.rules...)}, Quota: q})
		if asked.Usage != test.want {
			t.Errorf("usage if %q is desired = %+v, want %+v", test.rules, asked.Usage, test.want)
		}
	}
}

func TestRefusalNamesEachQuotaAndByHowMuch(t *testing.T) {
	r := ask(1, "a", "tcp 1 from 10.0.0.0/8", "tcp 3 from 10.0.0.0/8", "tcp 1 from ::/0", "tcp 3 to ::/0",
		"tcp 5 to ::/0", "tcp 7 to ::/0")
	p := Make(Input{Requests: []claim.Request{r}, Quota: limit(1)})
	if len(p.Refused) != 1 || len(p.Refused[0].Reasons) != 2 {
		t.Fatalf("Refused = %v, want one request for two reasons", p.Refused)
	}
	for i, want := range []string{"ingress IPv4 quota of 1 rules would be exceeded by 1;",
		"egress IPv6 quota of 1 rules would be exceeded by 2;"} {
		if reason := p.Refused[0].Reasons[i]; reason.Field != "/rules" || !strings.Contains(reason.Problem, want) {
			t.Errorf("reason %d = %v, want %q at /rules", i, reason, want)
		}
	}
}

func TestUsageCountsRefusedRequests(t *testing.T) {
	p := Make(Input{
		Entries: existing("tcp 1 from 10.0.0.0/8"),
		Requests: []claim.Request{ask(1, "a", "tcp 3 from 10.0.0.0/8"), ask(2, "b", "tcp 5 from 10.0.0.0/8"),
			ask(3, "c", "tcp 3 from 10.0.0.0/8")},
		Quota: limit(2),
	})
	if want := (Usage{3, 0, 0, 0, false}); p.Usage != want {
		t.Errorf("Usage = %+v, want %+v", p.Usage, want)
	}
	same(t, "Refused", refusedLaunches(p.Refused), []string{"b"})
}
