package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Bounds of the question for this machine's public address.
const (
	addressTimeout = 5 * time.Second
	addressBytes   = 64 // the longest answer; an IPv6 address has at most 39 characters
)

// addressSource is a URL that answers with the address of its caller, as plain text.
type addressSource struct{ url *url.URL }

// parseAddressSource reads a URL. It refuses http except for a loopback address, because
// another machine on the way could answer with an address of its own.
func parseAddressSource(text string) (addressSource, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return addressSource{}, fmt.Errorf("%q: want an https URL, such as %s", text, defaultMeURL)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopbackName(u.Hostname())) {
		return addressSource{}, fmt.Errorf("%q: found %s: want https, or http on a loopback address", u.Redacted(),
			u.Scheme)
	}
	return addressSource{u}, nil
}

// String returns the URL without a password.
func (s addressSource) String() string { return s.url.Redacted() }

// ask returns this machine's public address. The source does not redirect, so the printed URL
// is the one that answered.
func (s addressSource) ask(ctx context.Context) (netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, addressTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url.String(), nil)
	if err != nil {
		return netip.Addr{}, err
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok && ctx.Err() == nil {
			err = failed.Err // without the URL, which is named once
		} else if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("no answer within %s", addressTimeout)
		}
		return netip.Addr{}, fmt.Errorf("%s: %w", s, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return netip.Addr{}, fmt.Errorf("%s: found status %d: want 200 and an address", s, answer.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, addressBytes+1))
	if err != nil {
		return netip.Addr{}, fmt.Errorf("%s: %w", s, err)
	}
	address, err := parsePublic(body)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("%s: %w", s, err)
	}
	return address, nil
}

// parsePublic reads an answer: one public IPv4 or IPv6 address.
func parsePublic(answer []byte) (netip.Addr, error) {
	if len(answer) > addressBytes {
		return netip.Addr{}, fmt.Errorf("found more than %d bytes, starting %q: want an address alone",
			addressBytes, answer[:16])
	}
	text := strings.TrimSpace(string(answer))
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("found %q: want an address alone", text)
	}
	if address = address.Unmap(); !isPublic(address) {
		return netip.Addr{}, fmt.Errorf("found %s, which is not a public address: want the one that other networks see",
			address)
	}
	return address, nil
}

// notPublic are the IPv4 networks that no host on the Internet has, besides those that net/netip
// knows. Source: IANA IPv4 Special-Purpose Address Registry.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),     // this network
	netip.MustParsePrefix("100.64.0.0/10"), // shared by a carrier's customers
	netip.MustParsePrefix("198.18.0.0/15"), // benchmarks
	netip.MustParsePrefix("240.0.0.0/4"),   // reserved
}

// globalIPv6 is the range from which public IPv6 addresses are assigned (RFC 4291, section 2.4,
// and IANA IPv6 Global Unicast Address Assignments).
var globalIPv6 = netip.MustParsePrefix("2000::/3")

// isPublic reports whether an address can be that of a host on the Internet. It accepts the
// networks for documentation, which examples use.
func isPublic(a netip.Addr) bool {
	if a.Zone() != "" || !a.IsGlobalUnicast() || a.IsPrivate() || a.Is6() && !globalIPv6.Contains(a) {
		return false
	}
	for _, network := range notPublic {
		if network.Contains(a) {
			return false
		}
	}
	return true
}
