package drift

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
)

const listID = "pl-0bbbbbbbbbbbbbbbb"

// listing gives the prefix list its entries.
func listing(entries ...string) change {
	return facts(func(f *Facts) { f.Lists = map[string]List{listID: {Version: 2, Entries: entries}} })
}

func byBuiltin(_ *Facts, p *Policy) { p.Guard = guard.Builtin() }

// TestListsOfTheWorld judges a prefix list by its entries: by those of the world it is as
// critical as the world.
func TestListsOfTheWorld(t *testing.T) {
	halves := listing("0.0.0.0/1", "128.0.0.0/1")
	asked := []change{asks("a", "tcp 22 from "+listID), ours("a", "1", "tcp 22 from "+listID), byBuiltin}
	for _, row := range []struct {
		name    string
		changes []change
		want    string // the kinds, with their severity
	}{
		{"SSH, and nobody asked", []change{theirs("1", "tcp 22 from "+listID), halves},
			"world-open-sensitive critical"},
		{"all traffic", []change{theirs("1", "all from "+listID), halves}, "all-traffic-world critical"},
		{"a web server", []change{theirs("1", "tcp 443 from "+listID), halves}, "unexpected high"},
		{"an office", []change{theirs("1", "tcp 22 from "+listID), listing("198.51.100.0/24")}, "unexpected medium"},
		{"asked, an office", append(asked, listing("198.51.100.0/24")), ""},
		{"asked, and changed since", append(asked, halves), "against-guardrails critical"},
		{"asked, and not read", asked, ""},
		{"listed", append(asked, halves, guards("allow: [{id: x, rules: [{ports: 22, from: ["+listID+"]}]}]")), ""},
		{"the world was added", append(asked, facts(func(f *Facts) {
			f.Lists = map[string]List{listID: {Version: 3, Entries: []string{"0.0.0.0/0"}}}
			f.Known = map[string]Contents{"tcp 22 from " + listID: {Version: 2}}
		})), "against-guardrails critical, prefix-list-contents critical"},
	} {
		if got := found(row.changes); got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

func found(changes []change) string {
	f, p := world(changes...)
	_, drifts := Compare(f, p, now)
	var kinds []string
	for _, d := range drifts {
		kinds = append(kinds, fmt.Sprint(d.Kind, " ", d.Severity))
	}
	return strings.Join(kinds, ", ")
}

// TestUnionOfTheWorld reports launches that open a port to the world together. Each was
// served, and is allowed alone.
func TestUnionOfTheWorld(t *testing.T) {
	served := func(f *Facts, _ *Policy) { f.Ledger.Served = claim.Served{Through: now} }
	two := func(port int) []change {
		first, second := fmt.Sprintf("tcp %d from 52.0.0.0/8", port), fmt.Sprintf("tcp %d from 53.0.0.0/8", port)
		return []change{asks("a", first), ours("a", "1", first), asks("b", second), ours("b", "2", second), served}
	}
	for _, row := range []struct {
		name    string
		changes []change
		want    string // the subjects, with their severity
	}{
		{"SSH, no guardrails", two(22), ""},
		{"SSH", append(two(22), byBuiltin), "111122223333/b critical"},
		{"a web server", append(two(443), byBuiltin), ""},
		{"a file that was tightened", append(two(443), guards("deny: [{id: x, rules: [{ports: 443, from: [world]}]}]")),
			"111122223333/b high"},
		{"for one of them", append(two(443),
			guards("deny: [{id: x, launches: [b], rules: [{ports: 443, from: [world]}]}]")), ""},
		{"one has ended", append(two(22), byBuiltin, settled(claim.Ended, 0)), ""},
		{"with a list", append(two(22)[:2:2], asks("b", "tcp 22 from "+listID), ours("b", "2", "tcp 22 from "+listID),
			listing("53.0.0.0/8"), served, byBuiltin), "111122223333/b critical"},
	} {
		f, p := world(row.changes...)
		_, drifts := Compare(f, p, now)
		var got []string
		for _, d := range drifts {
			if d.Kind != AgainstGuardrails {
				continue
			}
			got = append(got, fmt.Sprint(d.Subject, " ", d.Severity))
			if !strings.Contains(d.Detail, "together with live requests of launch a") {
				t.Errorf("%s: detail %q does not name launch a", row.name, d.Detail)
			}
		}
		if strings.Join(got, ", ") != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

// TestUnionOfNewRequests leaves a new request to the next round, which refuses it.
func TestUnionOfNewRequests(t *testing.T) {
	changes := []change{
		asks("a", "tcp 22 from 52.0.0.0/8"), ours("a", "1", "tcp 22 from 52.0.0.0/8"),
		asks("b", "tcp 22 from 53.0.0.0/8"),
		last(func(r *claim.Request) { r.Received = now }), byBuiltin,
		func(f *Facts, _ *Policy) { f.Ledger.Served = claim.Served{Through: now} },
	}
	if got := found(changes); got != "" {
		t.Errorf("%q, want no drift", got)
	}
}
