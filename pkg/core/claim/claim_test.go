package claim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

var group = Group{Account: "111122223333", Region: "us-east-1", ID: "sg-0123456789abcdef0"}

// ask returns a request that was received at the n-th millisecond.
func ask(n int, launch string, rules ...string) Request {
	r := Request{Launch: Launch{Account: group.Account, Name: launch}, Group: group, Received: time.UnixMilli(int64(n))}
	for _, text := range rules {
		r.Rules = append(r.Rules, secgroup.Entry{Rule: secgroup.MustParseRule(text)})
	}
	return r.Live()
}

func texts(entries []secgroup.Entry) []string {
	var s []string
	for _, e := range entries {
		s = append(s, e.Rule.String())
	}
	return s
}

func names(requests []Request) []string {
	var s []string
	for _, r := range requests {
		s = append(s, r.Launch.Name)
	}
	return s
}

func TestLive(t *testing.T) {
	for _, test := range []struct {
		name  string
		rules []string
		want  []string
	}{
		{"self is the group", []string{"tcp 443 from self"},
			[]string{"tcp 443 from 111122223333/sg-0123456789abcdef0"}},
		{"self and the group's id are one", []string{"tcp 443 from self",
			"tcp 443 from 111122223333/sg-0123456789abcdef0"},
			[]string{"tcp 443 from 111122223333/sg-0123456789abcdef0"}},
		{"self and the group's id merge", []string{"tcp 443 from self", "tcp 444 from sg-0123456789abcdef0"},
			[]string{"tcp 443-444 from 111122223333/sg-0123456789abcdef0"}},
		{"sorted in the group's form", []string{"tcp 1 from self", "tcp 1 from sg-00000000000000001"},
			[]string{"tcp 1 from sg-00000000000000001", "tcp 1 from 111122223333/sg-0123456789abcdef0"}},
	} {
		if got := texts(ask(1, "a", test.rules...).Rules); !slices.Equal(got, test.want) {
			t.Errorf("%s: rules of %v = %v, want %v", test.name, test.rules, got, test.want)
		}
	}
}

func TestLiveKeepsTheRequest(t *testing.T) {
	e := Request{
		Launch:    Launch{Account: "999988887777", Name: "a"},
		Rules:     []secgroup.Entry{{Rule: secgroup.MustParseRule("tcp 443 from self"), Description: "web"}},
		Group:     group,
		ExpiresAt: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
		Received:  time.Date(2026, 11, 23, 8, 0, 0, 1_999_999, time.UTC),
	}
	r := e.Live()
	if e.Rules[0].Rule.Peer != secgroup.Self {
		t.Error("Live changed the request")
	}
	if r.Launch != e.Launch || r.Group != group || !r.ExpiresAt.Equal(e.ExpiresAt) || r.Status != Open ||
		r.Rules[0].Description != "web" {
		t.Errorf("Live = %+v", r)
	}
	if want := time.Date(2026, 11, 23, 8, 0, 0, 1_000_000, time.UTC); !r.Received.Equal(want) {
		t.Errorf("Received = %v, want %v", r.Received, want)
	}
}

func TestDigest(t *testing.T) {
	base := ask(1, "a", "tcp 443 from 10.0.0.0/8", "udp 53 from sg-0aaaaaaaaaaaaaaaa")
	with := func(change func(*Request)) Request {
		r := base
		r.Rules = slices.Clone(r.Rules)
		change(&r)
		return r
	}
	expiry := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name string
		r    Request
		same bool
	}{
		{"described otherwise", with(func(r *Request) { r.Rules[0].Description = "web" }), true},
		{"received later", with(func(r *Request) { r.Received = time.UnixMilli(9) }), true},
		{"refused", with(func(r *Request) { r.Status = Refused }), true},
		{"written in another order", ask(1, "a", "udp 53 from sg-0aaaaaaaaaaaaaaaa", "tcp 443 from 10.0.0.0/8"), true},
		{"a rule repeated", ask(1, "a", "tcp 443 from 10.0.0.0/8", "tcp 443 from 10.0.0.0/8",
			"udp 53 from sg-0aaaaaaaaaaaaaaaa"), true},
		{"a rule less", ask(1, "a", "tcp 443 from 10.0.0.0/8"), false},
		{"another port", ask(1, "a", "tcp 444 from 10.0.0.0/8", "udp 53 from sg-0aaaaaaaaaaaaaaaa"), false},
		{"another direction", ask(1, "a", "tcp 443 to 10.0.0.0/8", "udp 53 from sg-0aaaaaaaaaaaaaaaa"), false},
		{"an expiry", with(func(r *Request) { r.ExpiresAt = expiry }), false},
	} {
		if same := test.r.Digest() == base.Digest(); same != test.same {
			t.Errorf("%s: the same digest = %v, want %v", test.name, same, test.same)
		}
	}
	soon := with(func(r *Request) { r.ExpiresAt = expiry })
	there := with(func(r *Request) { r.ExpiresAt = expiry.In(time.FixedZone("", 3600)) })
	if soon.Digest() != there.Digest() {
		t.Error("the digest depends on the expiry's time zone")
	}
	if got := base.Digest(); len(got) != 32 || strings.Trim(got, "0123456789abcdef") != "" {
		t.Errorf("Digest = %q, want 32 hexadecimal digits", got)
	}
}

// TestDigestStays: the digest is part of the table's keys. If it changed, a repeated event would
// become a second request.
func TestDigestStays(t *testing.T) {
	r := ask(1, "a", "tcp 8000-8004 from 0.0.0.0/0", "icmp 3/4 from ::/0", "all from self")
	r.ExpiresAt = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	if got, want := r.Key(), "111122223333#a#16e36f6dceaaef2ac14713ad7fc77f27"; got != want {
		t.Errorf("Key = %q, want %q", got, want)
	}
}

func TestKeyTellsLaunchesApart(t *testing.T) {
	a, b := ask(1, "a", "tcp 1 from ::/0"), ask(1, "b", "tcp 1 from ::/0")
	foreign := a
	foreign.Launch.Account = "999988887777"
	if a.Key() == b.Key() || a.Key() == foreign.Key() {
		t.Errorf("keys %q, %q, %q: want three", a.Key(), b.Key(), foreign.Key())
	}
}

var drawRequests = rapid.Custom(func(t *rapid.T) []Request {
	var requests []Request
	for range rapid.IntRange(0, 8).Draw(t, "requests") {
		r := ask(rapid.IntRange(1, 3).Draw(t, "received"), rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "launch"),
			fmt.Sprintf("tcp %d from 10.0.0.0/8", rapid.IntRange(1, 4).Draw(t, "port")))
		r.Rules[0].Description = rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "description")
		r.Status = rapid.SampledFrom([]Status{Open, Open, Open, Refused, Expired, Ended}).Draw(t, "status")
		requests = append(requests, r)
	}
	return requests
})

func TestInOrderSortsByCompare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		requests := drawRequests.Draw(t, "requests")
		got := InOrder(requests)
		if len(got) != len(requests) || !slices.IsSortedFunc(got, Request.Compare) {
			t.Errorf("InOrder(%v) = %v", names(requests), names(got))
		}
	})
}
