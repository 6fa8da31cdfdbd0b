package awscli

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestReadEntries(t *testing.T) {
	got, err := ReadEntries([]byte("\uFEFF" +
		`{"Entries": [{"Cidr": "10.1.2.3/8", "Description": "VPN"}, {"Cidr": "2001:db8::/32"}]}`))
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("ReadEntries = %v, %v, want %v", got, err, want)
	}
	for _, test := range []struct{ in, want string }{
		{"", "found nothing: want the output of aws ec2 get-managed-prefix-list-entries"},
		{"Entries:\n- Cidr: 10.0.0.0/8\n", "want the output of aws ec2 get-managed-prefix-list-entries"},
		{`[{"Cidr": "10.0.0.0/8"}]`, "--query makes one"},
		{`{"PrefixLists": []}`, "found an object of PrefixLists: want the output of aws ec2 " +
			"get-managed-prefix-list-entries"},
		{`{"Entries": {}}`, "Entries: want a list, found an object"},
		{`{"Entries": [{"Cidr": "10.0.0.0"}]}`, `Entries[0].Cidr: found "10.0.0.0": want an IPv4 or IPv6 CIDR`},
		{`{"Entries": [{"Cidr": "10.0.0.0/8"}], "NextToken": "abc"}`,
			"so entries are missing: run the command again without --max-items"},
	} {
		if got, err := ReadEntries([]byte(test.in)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("ReadEntries(%q) = %v, %v, want an error with %q", test.in, got, err, test.want)
		}
	}
}
