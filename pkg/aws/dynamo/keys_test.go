package dynamo_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// beginning returns the ledger that a ring gives to a group without key and span.
func beginning(key claim.Key, span string) claim.Ledger {
	return claim.Ledger{Keys: []claim.Key{key}, Span: span}
}

// TestRingMakesAKey: the first ring makes the group's key, and each first ring after a release
// makes a span. Other rings change neither.
func TestRingMakesAKey(t *testing.T) {
	onEach(t, func(b *bench) {
		ring := lease.State{Op: lease.Ring, Owner: alice, Deadline: deadline, Seen: 1}
		b.begins(ring, "first", "AAAA", beginning("first", "AAAA"))
		ring.Owner = bob
		b.begins(ring, "second", "BBBB", beginning("first", "AAAA"))
		b.does(lease.State{Op: lease.Yield, Owner: alice})
		b.begins(ring, "third", "CCCC", beginning("first", "AAAA"))
		_, l := b.peek()
		b.records(lease.State{Op: lease.Release, Owner: bob, Seen: 3}, l)
		if _, l := b.peek(); l.Span != "" || !slices.Equal(l.Keys, []claim.Key{"first"}) {
			b.Errorf("after a release: span %q and %d keys, want none and the first", l.Span, len(l.Keys))
		}
		b.begins(ring, "fourth", "DDDD", beginning("first", "DDDD"))
	})
}

// begins rings with a key and a span, and compares the group's key and span after that.
func (b *bench) begins(ring lease.State, key claim.Key, span string, want claim.Ledger) {
	b.Helper()
	l := beginning(key, span)
	_, got, err := b.Perform(b.Context(), group, ring, &l)
	b.ok(err)
	if !slices.Equal(got.Keys, want.Keys) || got.Span != want.Span {
		b.Errorf("a ring with %q leaves the span %q, and %d keys; want %q", span, got.Span, len(got.Keys), want.Span)
	}
}

// TestOlderVersionRings accepts seals of older versions if such a version has rung since the
// last release.
func TestOlderVersionRings(t *testing.T) {
	onEach(t, func(b *bench) {
		b.put(groupPK, "HEAD", map[string]types.AttributeValue{"v": n("2"), "want": n("3"), "applied": n("3")})
		ring := lease.State{Op: lease.Ring, Owner: alice, Deadline: deadline, Seen: 4}
		old := claim.Ledger{Keys: []claim.Key{"key", claim.Unkeyed}, Span: "AAAA"}
		b.begins(ring, "key", "AAAA", old)
		retires := time.UnixMilli(1_790_000_000_000).UTC()
		old.Retires = retires
		b.records(lease.State{Op: lease.Release, Owner: alice, Seen: 4}, old)
		_, l := b.peek()
		if !slices.Equal(l.Keys, old.Keys) || !l.Retires.Equal(retires) {
			b.Errorf("after the release: %d keys until %s, want 2 until %s", len(l.Keys), l.Retires, retires)
		}
		l.Keys, l.Retires = l.Keys[:1], time.Time{}
		ring.Seen = 5
		b.begins(ring, "other", "BBBB", claim.Ledger{Keys: old.Keys, Span: "BBBB"})
		b.records(lease.State{Op: lease.Release, Owner: alice, Seen: 5}, l)
		if _, l := b.peek(); !slices.Equal(l.Keys, []claim.Key{"key"}) {
			b.Errorf("%d keys once the former is dropped, want 1", len(l.Keys))
		}
	})
}

// TestResume raises the counter of an idle group above the forgotten tickets, and does not
// change a group that has changed.
func TestResume(t *testing.T) {
	onEach(t, func(b *bench) {
		l := beginning("key", "AAAA")
		l.Forgotten = 9
		ring := lease.State{Op: lease.Ring, Owner: alice, Deadline: deadline, Seen: 1}
		b.begins(ring, "key", "AAAA", l)
		head, _ := b.peek()
		b.resumes(false, head) // while a function is at work
		b.records(lease.State{Op: lease.Release, Owner: alice, Seen: 1}, l)
		head, _ = b.peek()
		b.resumes(false, lease.Head{Want: head.Want + 1})
		b.resumes(true, head)
		if h, l := b.peek(); h.Want != 10 || h.Applied != 9 || l.Forgotten != 0 || len(l.Keys) != 1 {
			b.Errorf("resumed: %+v, forgotten %d, %d keys; want ticket 10 rung and 9 served", h, l.Forgotten,
				len(l.Keys))
		}
		b.resumes(false, head) // twice
	})
}

func (b *bench) resumes(want bool, h lease.Head) {
	b.Helper()
	ok, err := b.Resume(b.Context(), group, h, 9)
	b.ok(err)
	if ok != want {
		b.Errorf("Resume = %v, want %v", ok, want)
	}
}

// TestRotate replaces the signing key of an idle group. The former key is valid until it is
// retired.
func TestRotate(t *testing.T) {
	onEach(t, func(b *bench) {
		rotates := func(want bool, l claim.Ledger) {
			b.Helper()
			ok, err := b.Rotate(b.Context(), group, l, "new")
			b.ok(err)
			if ok != want {
				b.Errorf("Rotate = %v, want %v", ok, want)
			}
		}
		rotates(true, claim.Ledger{}) // a group without a key needs no other
		ring := lease.State{Op: lease.Ring, Owner: alice, Deadline: deadline, Seen: 1}
		l := beginning("key", "AAAA")
		b.begins(ring, "key", "AAAA", l)
		rotates(false, l) // while a function is at work
		b.records(lease.State{Op: lease.Release, Owner: alice, Seen: 1}, l)
		rotates(true, l)
		rotates(false, l) // it has another key by now
		h, l := b.peek()
		if !slices.Equal(l.Keys, []claim.Key{"new", "key"}) || !l.Retires.IsZero() || h.Want != 2 {
			b.Errorf("rotated: %d keys until %s, %d tickets; want 2 keys and a ring", len(l.Keys), l.Retires, h.Want)
		}
	})
}

// TestInvalidKeys refuses a head with an invalid key, and does not print the keys.
func TestInvalidKeys(t *testing.T) {
	onEach(t, func(b *bench) {
		for _, keys := range []types.AttributeValue{
			s("secret"), l(n("1")), l(s("secret"), s("")),
		} {
			b.put(groupPK, "HEAD", map[string]types.AttributeValue{"v": n("2"), "keys": keys})
			_, _, err := b.Head(b.Context(), group)
			if err == nil || !strings.Contains(err.Error(), "keys") || strings.Contains(err.Error(), "secret") {
				b.Errorf("keys %v: %v, want an error that names them and shows no key", keys, err)
			}
		}
	})
}

func n(value string) types.AttributeValue { return &types.AttributeValueMemberN{Value: value} }
func s(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }
func l(values ...types.AttributeValue) types.AttributeValue {
	return &types.AttributeValueMemberL{Value: values}
}

func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
