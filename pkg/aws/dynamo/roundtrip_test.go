package dynamo_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Each written value is read back unchanged.

func TestRequestRoundTrip(t *testing.T) {
	onEach(t, func(b *bench) {
		seen := make(map[string]bool)
		rapid.Check(b.T, func(t *rapid.T) {
			r := requests.Draw(t, "request")
			if seen[r.Key()] {
				return // a repeat; Claim returns the first
			}
			seen[r.Key()] = true
			found, fresh, err := b.Claim(b.Context(), r)
			if err != nil || !fresh || !cmp.Equal(r, found, values) {
				t.Fatalf("Claim = %+v, %v, %v", found, fresh, err)
			}
			found, fresh, err = b.Claim(b.Context(), r)
			if err != nil || fresh {
				t.Fatalf("Claim again: fresh %v, %v", fresh, err)
			}
			if diff := cmp.Diff(r, found, values); diff != "" {
				t.Fatalf("read back (-want +got):\n%s", diff)
			}
		})
	})
}

func TestLedgerRoundTrip(t *testing.T) {
	onEach(t, func(b *bench) {
		rapid.Check(b.T, func(t *rapid.T) {
			want := ledgers.Draw(t, "ledger")
			b.empty() // a round never drops a rule that was revoked recently
			head := b.ring(alice)
			if _, rung := b.peek(); want.Keys == nil {
				want.Keys = rung.Keys // a group never loses its keys
			}
			reply, returned := b.records(lease.State{Op: lease.Release, Owner: alice, Seen: head.Want}, want)
			if reply.Failed {
				t.Fatalf("Release of %+v failed: %+v", head, reply)
			}
			_, got := b.peek()
			for _, l := range []claim.Ledger{returned, got} {
				l.Stored = want.Stored
				if diff := cmp.Diff(want, l, values); diff != "" {
					t.Fatalf("read back (-want +got):\n%s", diff)
				}
			}
		})
	})
}

// TestServedSurvivesTheTable: Served must not lose a served request because the table stores
// milliseconds.
func TestServedSurvivesTheTable(t *testing.T) {
	b := newBench(t, 1)
	rapid.Check(t, func(t *rapid.T) {
		loaded := at(0).Add(time.Duration(rapid.IntRange(0, 3_000_000).Draw(t, "nanoseconds")))
		var asked []claim.Request
		for ms := range int64(6) {
			r := ask(launch, at(ms).Add(-claim.Margin), "tcp 8000 from 0.0.0.0/0")
			r = expiring(r, at(ms))
			asked = append(asked, r)
		}
		served := claim.Served{}.After(loaded, asked)
		head := b.ring(alice)
		b.records(lease.State{Op: lease.Release, Owner: alice, Seen: head.Want}, claim.Ledger{Served: served})
		_, got := b.peek()
		for _, r := range asked {
			if !got.Served.Has(r) {
				t.Errorf("loaded at %s: the request received at %s is forgotten", loaded, r.Received)
			}
		}
	})
}

var times = rapid.Custom(func(t *rapid.T) time.Time {
	return time.UnixMilli(rapid.Int64Range(0, 253402300799999).Draw(t, "ms")).UTC()
})

var sometimes = rapid.OneOf(rapid.Just(time.Time{}), times)

var peers = rapid.OneOf(
	rapid.Custom(func(t *rapid.T) secgroup.Peer {
		b := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "IPv4"))
		return secgroup.CIDR(netip.PrefixFrom(netip.AddrFrom4(b), rapid.IntRange(0, 32).Draw(t, "bits")))
	}),
	rapid.Custom(func(t *rapid.T) secgroup.Peer {
		b := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "IPv6"))
		b[0] |= 0x20 // not IPv4 in disguise
		return secgroup.CIDR(netip.PrefixFrom(netip.AddrFrom16(b), rapid.IntRange(0, 128).Draw(t, "bits")))
	}),
	rapid.SampledFrom([]secgroup.Peer{
		secgroup.Group("sg-0aaaaaaaaaaaaaaaa"), secgroup.GroupOf("444455556666", "sg-0aaaaaaaa"),
		secgroup.PrefixList("pl-0bbbbbbbbbbbbbbbb"),
	}),
)

var rules = rapid.Custom(func(t *rapid.T) secgroup.Rule {
	protocol := secgroup.Protocol(rapid.OneOf(rapid.SampledFrom([]int{-1, 1, 6, 17, 58}),
		rapid.IntRange(-1, 255)).Draw(t, "protocol"))
	ports := secgroup.NoPorts
	switch {
	case protocol.HasPorts():
		first := rapid.Int32Range(0, secgroup.MaxPort).Draw(t, "first")
		ports = secgroup.Ports{First: first, Last: rapid.Int32Range(first, secgroup.MaxPort).Draw(t, "last")}
	case protocol.HasTypes():
		ports = secgroup.Ports{First: rapid.Int32Range(-1, 255).Draw(t, "type"),
			Last: rapid.Int32Range(-1, 255).Draw(t, "code")}
	}
	direction := rapid.SampledFrom([]secgroup.Direction{secgroup.Ingress, secgroup.Egress}).Draw(t, "direction")
	return secgroup.New(direction, protocol, ports, peers.Draw(t, "peer"))
})

var requests = rapid.Custom(func(t *rapid.T) claim.Request {
	r := claim.Request{
		Launch: claim.Launch{
			Account: rapid.StringMatching(`[0-9]{12}`).Draw(t, "account"),
			Name:    rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9._:/=+@-]{0,127}`).Draw(t, "launch"),

			Namespace: rapid.StringMatching(`|[A-Za-z0-9][A-Za-z0-9._-]{0,31}`).Draw(t, "namespace"),
		},
		Origin:  origins.Draw(t, "origin"),
		Purpose: purposes.Draw(t, "purpose"),
		Group:   group,
		Rules: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) secgroup.Entry {
			return secgroup.Entry{Rule: rules.Draw(t, "rule"),
				Description: rapid.StringMatching(`[a-z &]{0,9}`).Draw(t, "description")}
		}), 1, 9).Draw(t, "rules"),
		ExpiresAt: sometimes.Draw(t, "expires"),
		Received:  times.Draw(t, "received"),
		Status: rapid.SampledFrom([]claim.Status{claim.Open, claim.Refused, claim.Expired, claim.Ended}).Draw(t,
			"status"),
		Finished: sometimes.Draw(t, "settled"),
	}
	for _, problem := range rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "reasons") {
		r.Reasons = append(r.Reasons, claim.Fault{Field: "/rules/0", Problem: problem})
	}
	return expiring(r, r.ExpiresAt)
})

var origins = rapid.Custom(func(t *rapid.T) claim.Origin {
	part := func(name string) string { return rapid.StringMatching(`[ -~]{0,9}`).Draw(t, name) }
	return claim.Origin{
		Account: part("account"), Source: part("source"), DetailType: part("type"),
		Event: part("event"), Message: part("message"), Sender: part("sender"),
	}
})

var purposes = rapid.Custom(func(t *rapid.T) claim.Purpose {
	return claim.Purpose{
		Requester: rapid.String().Draw(t, "requester"), Reason: rapid.String().Draw(t, "reason"),
		Ticket: rapid.String().Draw(t, "ticket"),
	}
})

// TestOwnersNeverCollide: two launches share a key only if they are the same launch.
func TestOwnersNeverCollide(t *testing.T) {
	launch := rapid.Custom(func(t *rapid.T) claim.Launch { return requests.Draw(t, "request").Launch })
	near := func(l claim.Launch) []claim.Launch { // launches with names that look like owners
		return []claim.Launch{
			{Account: l.Account, Name: l.Namespace + ":" + l.Name}, {Account: l.Account, Name: l.Name},
			{Account: l.Account, Name: l.Namespace + "/" + l.Name},
			{Account: l.Account, Namespace: l.Namespace, Name: l.String()},
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		l, m := launch.Draw(t, "a"), launch.Draw(t, "b")
		for _, o := range append(near(l), m) {
			r, q := claim.Request{Launch: l, Group: group}, claim.Request{Launch: o, Group: group}
			if (r.Key() == q.Key()) != (l == o) {
				t.Fatalf("%+v and %+v have the keys %s and %s", l, o, r.Key(), q.Key())
			}
		}
		if back := claim.LaunchOf(l.Owner(), l.Name); back != l {
			t.Fatalf("LaunchOf(%q, %q) = %+v, want %+v", l.Owner(), l.Name, back, l)
		}
	})
}

// TestRequestBeforeNamespaces reads the items of a request, of its end and of a refusal as
// the version before wrote them.
func TestRequestBeforeNamespaces(t *testing.T) {
	onEach(t, func(b *bench) {
		r := claim.Request{
			Launch: claim.Launch{Account: account, Name: "llama4"}, Group: group, Status: claim.Open,
			Received: at(1000),
			Rules:    []secgroup.Entry{{Rule: secgroup.MustParseRule("tcp 8000 from 0.0.0.0/0")}},
		}
		r.Sum = r.Digest()
		b.put("SG#"+group.Account+"#"+group.Region+"#"+group.ID, "R#"+account+"#llama4#"+r.Digest(),
			map[string]types.AttributeValue{
				"v": number(1), "st": text("open"), "received": number(at(1000).UnixMilli()),
				"rules": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
					"rule": text("tcp 8000 from 0.0.0.0/0")}}}},
			})
		b.holds(r)
		b.put("L#"+account+"#llama4", "D#0000000001000#"+account+"#"+group.ID+"#e1", map[string]types.AttributeValue{
			"v": number(1), "publisher": text(account), "at": number(at(1500).UnixMilli()),
			"sent": number(at(1000).UnixMilli()), "launch": text(account + "#llama4"),
			"group": text(group.Account + "#" + group.Region + "#" + group.ID), "event": text("e1"),
			"ttl": number(99999),
			"reasons": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
				"field": text("/launch"), "problem": text("no")}}}},
		})
		b.refusedOf("llama4", claim.Refusal{
			Launch: r.Launch, Group: claim.GroupRef{Account: group.Account, Region: group.Region, ID: group.ID},
			Publisher: account, Event: "e1",
			Sent: at(1000), At: at(1500), Reasons: claim.Faults{{Field: "/launch", Problem: "no"}},
		})
	})
}

var ledgers = rapid.Custom(func(t *rapid.T) claim.Ledger {
	var l claim.Ledger
	id := func(n int) string { return fmt.Sprintf("sgr-%017x", n) }
	seconds := func() time.Time { return times.Draw(t, "s").Truncate(time.Second) }
	for n := range rapid.IntRange(0, 3).Draw(t, "made") {
		l.Made = append(l.Made, claim.Made{
			Rule: rules.Draw(t, "rule"), ID: id(n), At: times.Draw(t, "at"),
			Described: rapid.Bool().Draw(t, "described"), Listed: rapid.Bool().Draw(t, "listed"),
		})
	}
	for n := range rapid.IntRange(0, 3).Draw(t, "gone") {
		l.Revoked = append(l.Revoked, claim.Revoked{ID: id(n), At: times.Draw(t, "at")})
	}
	for n := range rapid.IntRange(0, 3).Draw(t, "untagged") {
		l.Untagged = append(l.Untagged, claim.Untagged{ID: id(n), Seal: "sealseal", At: seconds()})
	}
	for n := range rapid.IntRange(0, 3).Draw(t, "pending") {
		l.PendingRevokes = append(l.PendingRevokes, claim.PendingRevoke{ID: id(n),
			Egress: rapid.Bool().Draw(t, "egress"), Since: seconds()})
	}
	l.Until = sometimes.Draw(t, "until")
	if l.Limit.At = sometimes.Draw(t, "limit at"); !l.Limit.At.IsZero() {
		l.Limit.Rules = rapid.IntRange(0, 1000).Draw(t, "limit")
	}
	for n := range rapid.SampledFrom([]int{0, 1, 3, 2000}).Draw(t, "recent") {
		l.Served.Recent = append(l.Served.Recent, claim.Mark(n<<32))
	}
	slices.Sort(l.Served.Recent)
	for n := range rapid.IntRange(0, 3).Draw(t, "waiting") {
		l.Served.Waiting = append(l.Served.Waiting, claim.Mark(uint64(n)<<32+rapid.Uint64Range(0, 9).Draw(t, "mark")))
	}
	slices.Sort(l.Served.Waiting)
	l.Served.Through, l.Due = sometimes.Draw(t, "through"), sometimes.Draw(t, "due")
	l.Keys = rapid.SampledFrom([][]claim.Key{nil, {"new"}, {"new", "old"}, {"new", claim.Unkeyed}}).Draw(t, "keys")
	l.Retires, l.Forgotten = sometimes.Draw(t, "retires"), rapid.Int64Range(0, 9).Draw(t, "forgotten")
	l.Missing, l.Unreleased = sometimes.Draw(t, "missing"), sometimes.Draw(t, "lapse")
	return l
})
