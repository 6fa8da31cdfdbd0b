package awscli

import (
	"errors"
	"fmt"
	"net/netip"
)

var errEntries = errors.New("want the output of aws ec2 get-managed-prefix-list-entries, with Entries")

// ReadEntries reads the CIDRs of a prefix list in the output of aws ec2
// get-managed-prefix-list-entries. It masks host bits. It refuses output that is known to be
// incomplete.
func ReadEntries(data []byte) (entries []netip.Prefix, err error) {
	if data, err = jsonObject(data, errEntries); err != nil {
		return nil, err
	}
	document, err := decode[struct {
		Entries   *[]struct{ Cidr string }
		NextToken string
	}](data)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", err, errEntries)
	case document.Entries == nil:
		return nil, fmt.Errorf("found %s: %w", keysOf(data), errEntries)
	case document.NextToken != "":
		return nil, fmt.Errorf("found a NextToken, so entries are missing: %w", errPage)
	}
	for i, e := range *document.Entries {
		prefix, err := netip.ParsePrefix(e.Cidr)
		if err != nil {
			return nil, fmt.Errorf("Entries[%d].Cidr: found %q: want an IPv4 or IPv6 CIDR", i, e.Cidr)
		}
		entries = append(entries, prefix.Masked())
	}
	return entries, nil
}
