package ec2sg_test

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func TestAuthorize(t *testing.T) {
	for _, to := range []string{" from ", " to "} {
		want := []secgroup.Entry{
			entry("tcp 8000"+to+"0.0.0.0/0", "a", tags),
			entry("tcp 8000"+to+"::/0", "b", tags),
			entry("tcp 8000"+to+listID, "c", tags),
			entry("tcp 8000"+to+owner+"/"+peerID, "d", tags),
			entry("tcp 8002-8004"+to+"10.0.0.0/8", "", tags),
			entry("udp 8000"+to+"10.0.0.0/8", "", tags),
			entry("icmp 3/4"+to+"10.0.0.0/8", "", tags),
			entry("icmp"+to+"10.0.0.0/8", "", tags),
			entry("icmpv6"+to+"2001:db8::/32", "", tags),
			entry("50"+to+"10.0.0.0/8", "", tags),
			entry("all"+to+owner+"/"+groupID, "", tags),
		}
		account := newAccount()
		var form url.Values
		account.Inject(func(o fakeaws.Op) (bool, error) { form = o.Form; return true, nil })
		got, err := open(account, 1).Authorize(t.Context(), group, want)
		if err != nil {
			t.Fatal(err)
		}
		if n := account.Calls().Of("ec2"); n != 1 || count(form, "IpPermissions.", ".IpProtocol") != 8 ||
			count(form, "TagSpecification.", ".ResourceType") != 1 {
			t.Errorf("%d calls, want 1, of 8 permissions and one TagSpecification: %v", n, form)
		}
		if n := count(form, "IpPermissions.", ".UserId"); n != 2 { // needed for a peer of another account
			t.Errorf("%d groups are named with their account, want 2: %v", n, form)
		}
		wantMade(t, got, want)
		read, err := open(account, 1).Rules(t.Context(), group)
		if err != nil {
			t.Fatal(err)
		}
		wantMade(t, read, want)
	}
}

// wantMade compares entries without their ids, which must be present and differ.
func wantMade(t *testing.T, got, want []secgroup.Entry) {
	t.Helper()
	ids := make(map[string]bool)
	var bare []secgroup.Entry
	for _, e := range got {
		ids[e.ID] = strings.HasPrefix(e.ID, "sgr-")
		e.ID = ""
		bare = append(bare, e)
	}
	if len(ids) != len(want) || slices.Contains(slices.Collect(maps.Values(ids)), false) {
		t.Errorf("ids are %v, want %d", ids, len(want))
	}
	order := func(a, b secgroup.Entry) int { return a.Rule.Compare(b.Rule) }
	want = slices.Clone(want)
	slices.SortFunc(bare, order)
	slices.SortFunc(want, order)
	if diff := cmp.Diff(want, bare); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

func count(form url.Values, prefix, suffix string) (n int) {
	for name := range form {
		if strings.HasPrefix(name, prefix) && strings.HasSuffix(name, suffix) {
			n++
		}
	}
	return n
}

func TestAuthorizeNothing(t *testing.T) {
	account := newAccount()
	got, err := open(account, 1).Authorize(t.Context(), group, nil)
	if got != nil || err != nil || account.Calls().Of("ec2") != 0 {
		t.Errorf("Authorize of nothing = %v, %v, in %d calls", got, err, account.Calls().Of("ec2"))
	}
}

// TestAuthorizeWithoutTags: some accounts deny ec2:CreateTags, so a call without tags must not
// need it.
func TestAuthorizeWithoutTags(t *testing.T) {
	account := newAccount()
	account.Deny("ec2:CreateTags")
	if _, err := open(account, 1).Authorize(t.Context(), group, entriesOf("tcp 8000 from 10.0.0.0/8")); err != nil {
		t.Error(err)
	}
	_, err := open(account, 1).Authorize(t.Context(), group,
		[]secgroup.Entry{entry("tcp 8001 from 10.0.0.0/8", "", tags)})
	wantMeaning(t, "Authorize with tags", err, ensure.ErrDenied, "UnauthorizedOperation")
}

func TestAuthorizeUncallable(t *testing.T) {
	rows := []struct {
		name    string
		entries []secgroup.Entry
		want    string
	}{
		{"both directions", entriesOf("all from 10.0.0.0/8", "all to 10.0.0.0/8"), "both directions"},
		{"other tags", []secgroup.Entry{entry("all from 10.0.0.0/8", "", tags), entry("all from 11.0.0.0/8", "", nil)},
			"different tags"},
		{"self", entriesOf("all from self"), `"all from self": its peer is unresolved`},
		{"no peer", []secgroup.Entry{{Rule: secgroup.Rule{Protocol: secgroup.All, Ports: secgroup.NoPorts}}},
			"unresolved"},
	}
	for _, row := range rows {
		account := newAccount()
		_, err := open(account, 1).Authorize(t.Context(), group, row.entries)
		wantMeaning(t, row.name, err, nil, "")
		if !strings.Contains(err.Error(), row.want) || account.Calls().Of("ec2") != 0 {
			t.Errorf("%s: %v, in %d calls; want %q in none", row.name, err, account.Calls().Of("ec2"), row.want)
		}
	}
}

func TestAuthorizeRefused(t *testing.T) {
	rows := []struct {
		name, rule string
		want       error
		code       string
	}{
		{"there already", "tcp 22 from 10.0.0.0/8", ensure.ErrDuplicate, "InvalidPermission.Duplicate"},
		{"no such peer", "tcp 23 from sg-0ffffffffffffffff", ensure.ErrGroupNotFound, "InvalidGroup.NotFound"},
		{"no such list", "tcp 23 from pl-0ffffffffffffffff", ensure.ErrInvalid, "InvalidPrefixListID.NotFound"},
	}
	for _, row := range rows {
		account := newAccount(fakeaws.Rule{Protocol: "tcp", FromPort: 22, ToPort: 22, Peer: "10.0.0.0/8"})
		_, err := open(account, 3).Authorize(t.Context(), group, entriesOf(row.rule))
		wantMeaning(t, row.name, err, row.want, row.code)
	}
}

func TestAuthorizeFull(t *testing.T) {
	account := fakeaws.New(fakeaws.Options{RulesPerGroup: 1})
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: groupID})
	_, err := open(account, 3).Authorize(t.Context(), group,
		entriesOf("tcp 1 from 10.0.0.0/8", "tcp 2 from 10.0.0.0/8"))
	wantMeaning(t, "Authorize", err, ensure.ErrFull, "RulesPerSecurityGroupLimitExceeded")
}

func TestAuthorizeNoGroup(t *testing.T) {
	_, err := open(fakeaws.New(fakeaws.Options{}), 1).Authorize(t.Context(), group, entriesOf("tcp 1 from 10.0.0.0/8"))
	wantMeaning(t, "Authorize", err, ensure.ErrGroupNotFound, "InvalidGroup.NotFound")
}

// TestAuthorizeReplyLost: EC2 has no client token. After a lost reply, the SDK's retry gets a
// Duplicate of its own write. Without a retry, the error has no meaning.
func TestAuthorizeReplyLost(t *testing.T) {
	rows := []struct {
		applied  bool
		attempts int
		want     error
		code     string // "" for success
	}{
		{true, 3, ensure.ErrDuplicate, "InvalidPermission.Duplicate"},
		{false, 3, nil, ""},
		{true, 1, nil, "InternalError"},
		{false, 1, nil, "InternalError"},
	}
	for _, row := range rows {
		account := newAccount()
		account.Inject(func(o fakeaws.Op) (bool, error) {
			if o.Nth == 1 {
				return row.applied, &fakeaws.Error{Code: "InternalError", Status: 500}
			}
			return true, nil
		})
		_, err := open(account, row.attempts).Authorize(t.Context(), group, entriesOf("tcp 8000 from 10.0.0.0/8"))
		if row.code != "" {
			wantMeaning(t, "Authorize", err, row.want, row.code)
		} else if err != nil {
			t.Errorf("applied %v, %d attempts: %v", row.applied, row.attempts, err)
		}
	}
}
