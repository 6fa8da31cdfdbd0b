package declared

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

var web = claim.Group{Account: "111122223333", Region: "us-east-1", ID: "sg-0123456789abcdef0"}

func readFile(t *testing.T, name, stack string) File {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Read(data, stack)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// holding returns the group with those rules.
func holding(tags map[string]string, rules ...string) drift.Facts {
	f := drift.Facts{Group: web, Name: "web", Found: true, Tags: tags}
	for _, text := range rules {
		f.Entries = append(f.Entries, secgroup.Entry{ID: "sgr-" + text,
			Rule: secgroup.MustParseRule(text).In(web.Account, web.ID)})
	}
	return f
}

func audit(f drift.Facts, declarations ...drift.Declaration) (found []string) {
	policy := drift.Policy{Sensitive: drift.SensitivePorts(), Declared: declarations, Threshold: 1000}
	_, drifts := drift.Compare(f, policy, time.Now())
	for _, d := range drifts {
		found = append(found, fmt.Sprint(d.Kind, " ", d.Rule.Rule.Seen(web.ID)))
	}
	return found
}

// TestOnlyTheRuleByHand: of a group with all declared rules, as EC2 describes them, the only drift is the rule
// that somebody made by hand.
func TestOnlyTheRuleByHand(t *testing.T) {
	const hand = "tcp 8080 from 198.51.100.0/24"
	for _, test := range []struct {
		file, stack string
		tags        map[string]string
		rules       []string
	}{
		{"state.json", "", nil, []string{
			"tcp 443 from 10.0.0.0/8", "tcp 443 from 192.0.2.0/24", "tcp 443 from fd00::/8", "all from self",
			"all from sg-0bbbbbbbbbbbbbbbb", "tcp 5432 to 10.0.0.0/8", "tcp 5432 to pl-0123456789abcdef0",
			"icmp 8 from 10.0.0.0/8", "tcp 9100 from sg-0cccccccccccccccc", "tcp 8000 from 10.0.0.0/8",
			"tcp 8001 from 10.0.0.0/8", "udp 53 to 10.0.0.2/32"}},
		{"plan.json", "", nil, []string{"tcp 443 from 10.0.0.0/8"}},
		{"Web.template.json", "Web", map[string]string{
			"aws:cloudformation:stack-name": "Web", "aws:cloudformation:logical-id": "Sg29196201"}, []string{
			"icmp 252/86 to 255.255.255.255/32", "tcp 443 from 10.0.0.0/8", "tcp 443 from fd00::/8",
			"tcp 9100 from pl-0123456789abcdef0", "tcp 9200 from 999988887777/sg-0bbbbbbbbbbbbbbbb",
			"tcp 8000-8001 from self", "udp 53 to 10.0.0.2/32", "udp 1194 from 10.9.0.0/16",
			"tcp 83 from 10.7.0.0/16"}},
	} {
		declared := readFile(t, test.file, test.stack).Declarations
		f := holding(test.tags, append(test.rules, hand)...)
		if got := audit(f, declared...); !slices.Equal(got, []string{"unexpected " + hand}) {
			t.Errorf("%s: found %q, want the rule by hand alone", test.file, got)
		}
		f.Tags, f.Group.ID = nil, "sg-0dddddddddddddddd"
		if got := audit(f, declared...); len(got) != len(f.Entries) {
			t.Errorf("%s explains rules of another group: found %q", test.file, got)
		}
	}
	f := holding(map[string]string{"aws:cloudformation:stack-name": "Other",
		"aws:cloudformation:logical-id": "Sg29196201"}, "tcp 443 from 10.0.0.0/8")
	if got := audit(f, readFile(t, "Web.template.json", "Web").Declarations...); len(got) != 1 {
		t.Errorf("a template explains a rule of another stack: %q", got)
	}
}

// TestUnknown: a value that the file does not hold is unknown, and explains nothing.
func TestUnknown(t *testing.T) {
	for file, want := range map[string]map[string]string{
		"state.json": {},
		"plan.json": {
			"aws_vpc_security_group_ingress_rule.later": "cidr_ipv4 is known after apply",
			"aws_security_group.new":                    "id is known after apply",
		},
		"Web.template.json": {
			"SgfromBalancer":  "SourceSecurityGroupId is no literal value",
			"SgfromParameter": "CidrIp is no literal value",
			"SgfromRegion":    "CidrIp is no literal value",
			"SgfromSecret":    "CidrIp is no literal value",
			"SgfromStored":    "CidrIp is no literal value",
			"SgfromNets":      "CidrIp is no literal value",
			"SgIfProduction":  `it depends on the condition "Production"`,
		},
	} {
		got := readFile(t, file, "Web").Unknown
		if !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want))) {
			t.Errorf("%s: unknown %v, want %v", file, got, want)
		}
		for name, reason := range want {
			if !strings.HasPrefix(got[name], reason) {
				t.Errorf("%s: %s: %q, want %q", file, name, got[name], reason)
			}
		}
	}
	for properties, want := range map[string]string{
		`"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1`: "it has no peer",
		`"IpProtocol": "tcp", "FromPort": 2, "ToPort": 1, "CidrIp": "10.0.0.0/8"`: "2-1 is no range " +
			"of ports",
		`"IpProtocol": "tcp", "FromPort": "x", "ToPort": 1, "CidrIp": "10.0.0.0/8"`:  `"x" is no number`,
		`"IpProtocol": "icmp", "FromPort": 300, "ToPort": 1, "CidrIp": "10.0.0.0/8"`: "no ICMP type",
		`"IpProtocol": {"Ref": "P"}, "CidrIp": "10.0.0.0/8"`:                         "IpProtocol",
		`"IpProtocol": "-1", "CidrIp": "10.0.0.0/99"`:                                "10.0.0.0/99",
		`"IpProtocol": "-1", "CidrIp": "10.0.0.0/8", "FromPort": {"Fn::If": ["A", 1, 2]}`: "FromPort is no " +
			"literal",
		`"IpProtocol": "-1", "SourceSecurityGroupId": {"Fn::ImportValue": "x"}, "CidrIp": null`: "no literal value",
	} {
		file := `{"Resources": {"R": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"GroupId": "` + web.ID +
			`", ` + properties + `}}}}`
		if f, err := Read([]byte(file), ""); err != nil || len(f.Declarations) > 0 ||
			!strings.Contains(f.Unknown["R"], want) {
			t.Errorf("%s: %+v, %v, want unknown: %s", properties, f, err, want)
		}
	}
}

// TestDefaults: a file says which parameters it takes for their defaults.
func TestDefaults(t *testing.T) {
	got := readFile(t, "Web.template.json", "Web").Defaults
	if want := map[string]string{"Vpn": "10.9.0.0/16", "VpnPort": "1194", "Third": "7"}; !maps.Equal(got, want) {
		t.Errorf("defaults %v, want %v", got, want)
	}
}

// TestReadRefuses other files.
func TestReadRefuses(t *testing.T) {
	for _, file := range []string{``, `[]`, `{}`, `{"version": 4, "resources": []}`, `{"planned_values": {}}`} {
		if _, err := Read([]byte(file), ""); err == nil {
			t.Errorf("%s was read", file)
		}
	}
	for file, want := range map[string]string{
		"Resources:\n": "convert a template in YAML first",
		`{"Parameters": {"P": 5}, "Resources": {}}`: "Parameters: want an object, found a number",
	} {
		if _, err := Read([]byte(file), ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
	if f, err := Read([]byte(`{"format_version": "1.0"}`), ""); err != nil || len(f.Declarations)+len(f.Unknown) > 0 {
		t.Errorf("an empty state: %+v, %v", f, err)
	}
}

// TestSplitChangesNoVerdict: declared rules in any split, and in any number of files, explain the same rules.
func TestSplitChangesNoVerdict(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, last := rapid.IntRange(80, 90).Draw(t, "first"), rapid.IntRange(90, 99).Draw(t, "last")
		var existing []string
		for i := range rapid.IntRange(1, 5).Draw(t, "rules") {
			port := rapid.IntRange(78, 99).Draw(t, "port")
			existing = append(existing, fmt.Sprintf("tcp %d-%d from 10.%d.0.0/%d", port,
				port+rapid.IntRange(0, 3).Draw(t,
					"more"), i, rapid.SampledFrom([]int{9, 16}).Draw(t, "bits")))
		}
		slices.Sort(existing)
		f := holding(nil, slices.Compact(existing)...)
		rule := func(text string, args ...any) drift.Declaration {
			return drift.Declaration{Group: web.ID, Rules: []secgroup.Rule{secgroup.MustParseRule(fmt.Sprintf(text,
				args...))}}
		}
		whole := audit(f, rule("tcp %d-%d from 10.0.0.0/8", first, last))
		var parts []drift.Declaration
		for port := first; port <= last; port++ {
			if rapid.Bool().Draw(t, "halves") {
				parts = append(parts, rule("tcp %d from 10.0.0.0/9", port), rule("tcp %d from 10.128.0.0/9", port))
			} else {
				parts = append(parts, rule("tcp %d from 10.0.0.0/8", port))
			}
		}
		if split := audit(f, parts...); !slices.Equal(whole, split) {
			t.Fatalf("whole: %q\nsplit: %q", whole, split)
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"state.json", "plan.json", "Web.template.json"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, _ := Read(data, "s")
		for _, d := range file.Declarations {
			if d.Group == "" && d.LogicalID == "" {
				t.Fatalf("a declaration for no group: %+v", d)
			}
		}
	})
}
