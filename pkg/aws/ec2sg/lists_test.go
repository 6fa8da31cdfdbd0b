package ec2sg

import (
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestEntries reads all pages of a prefix list, up to a bound.
func TestEntries(t *testing.T) {
	const id = "pl-0123456789abcdef0"
	for _, row := range []struct {
		name   string
		size   int // 0: the list does not exist
		denied bool
		calls  int
		err    error
	}{
		{"one page", 7, false, 1, nil},
		{"three pages", 250, false, 3, nil},
		{"as many as are read", maxEntries, false, maxEntries / 100, nil},
		{"more", maxEntries + 1, false, maxEntries / 100, ensure.ErrLongList},
		{"no such list", 0, false, 1, ensure.ErrInvalid},
		{"no permission", 7, true, 1, ensure.ErrDenied},
	} {
		account := fakeaws.New(fakeaws.Options{})
		if row.size > 0 {
			l := fakeaws.PrefixList{ID: id, Name: "offices"}
			for i := range row.size {
				l.Entries = append(l.Entries, fakeaws.PrefixListEntry{CIDR: fmt.Sprintf("52.1.%d.%d/32", i/256, i%256)})
			}
			account.AddPrefixList(l)
		}
		if row.denied {
			account.Deny("ec2:GetManagedPrefixListEntries")
		}
		groups := New(ec2.NewFromConfig(aws.Config{
			Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, HTTPClient: account,
		}))
		entries, err := groups.Entries(t.Context(), "111122223333", "us-east-1", id)
		if !errors.Is(err, row.err) || err == nil && len(entries) != row.size {
			t.Errorf("%s: %d entries, %v; want %d, %v", row.name, len(entries), err, row.size, row.err)
		}
		if calls := account.Calls().Op("ec2", "GetManagedPrefixListEntries"); calls != row.calls {
			t.Errorf("%s: %d calls, want %d", row.name, calls, row.calls)
		}
	}
}
