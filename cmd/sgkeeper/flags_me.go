package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"

	"github.com/spf13/cobra"
)

// me is the peer that stands for this machine's public address. It is a word of the command
// line only: the event has the address.
const me = "me"

// defaultMeURL answers with the caller's public IPv4 address. It is Amazon's.
const defaultMeURL = "https://checkip.amazonaws.com"

// meFlags name the source of this machine's public address.
type meFlags struct{ url string }

func (f *meFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.url, "me-url", "",
		"`URL` that answers with this machine's public address, for --from me; by default $SGKEEPER_ME_URL, or "+
			defaultMeURL)
	complete(cmd, "me-url")
}

// resolve returns the peers with this machine's public address in place of me. It prints the
// address and its source.
func (f *meFlags) resolve(cmd *cobra.Command, peers []string) ([]string, error) {
	if !slices.Contains(peers, me) {
		if f.url != "" {
			return nil, errors.New("--me-url is the source of --from me: give --from me, or leave --me-url out")
		}
		return peers, nil
	}
	source, err := parseAddressSource(cmp.Or(f.url, os.Getenv("SGKEEPER_ME_URL"), defaultMeURL))
	if err != nil {
		return nil, fmt.Errorf("%s %w", f.origin(), err)
	}
	address, err := source.ask(cmd.Context())
	if err != nil {
		return nil, fmt.Errorf("--from me: %w; give the address itself, or another source as --me-url", err)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "note: me is %s, by %s\n", address, source)
	found := slices.Clone(peers)
	for i := range found {
		if found[i] == me {
			found[i] = netip.PrefixFrom(address, address.BitLen()).String()
		}
	}
	return found, nil
}

// origin names the place that the URL is from.
func (f *meFlags) origin() string {
	if f.url != "" {
		return "--me-url"
	}
	return "SGKEEPER_ME_URL"
}
