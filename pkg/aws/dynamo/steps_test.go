package dynamo_test

import (
	"errors"
	"slices"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// values compares rules by value, so that go-cmp does not inspect their fields.
var values = cmp.Comparer(func(a, b secgroup.Rule) bool { return a == b })

// claims performs a claim that must succeed.
func (b *bench) claims(r claim.Request, wantFresh bool) {
	b.Helper()
	found, fresh, err := b.Claim(b.Context(), r)
	if err != nil || fresh != wantFresh {
		b.Fatalf("Claim(%s): fresh %v, error %v; want fresh %v", r.Key(), fresh, err, wantFresh)
	}
	if diff := cmp.Diff(r, found, values); diff != "" {
		b.Fatalf("Claim(%s) returned another (-want +got):\n%s", r.Key(), diff)
	}
}

// holds compares the group's requests.
func (b *bench) holds(want ...claim.Request) {
	b.Helper()
	got, err := b.Requests(b.Context(), group)
	if err != nil {
		b.Fatal(err)
	}
	slices.SortFunc(got, claim.Request.Compare)
	slices.SortFunc(want, claim.Request.Compare)
	if diff := cmp.Diff(want, got, values); diff != "" {
		b.Errorf("Requests (-want +got):\n%s", diff)
	}
}

func (b *bench) refuses(r claim.Request, by lease.Owner, want error) {
	b.Helper()
	err := b.Refuse(b.Context(), r, lease.State{Owner: by, Seen: 1 << 40})
	if (err == nil) != (want == nil) || want != nil && !errors.Is(err, want) {
		b.Errorf("Refuse(%s) by %s: %v, want %v", r.Key(), by, err, want)
	}
}

// item compares an item, except its key.
func (b *bench) item(pk, sk string, want map[string]string) {
	b.Helper()
	got := b.get(pk, sk)
	delete(got, "pk")
	delete(got, "sk")
	if diff := cmp.Diff(want, got); diff != "" {
		b.Errorf("item %s/%s (-want +got):\n%s", pk, sk, diff)
	}
}

var (
	alice = lease.Owner{Nonce: "aaaa.1"}
	bob   = lease.Owner{Nonce: "bbbb", Entry: 2}
)

// deadline of the tests' invocations; their leases expire a guard later.
const deadline lease.Instant = 1_790_000_060_000

func (b *bench) ring(o lease.Owner) lease.Head {
	b.Helper()
	return b.does(lease.State{Op: lease.Ring, Owner: o, Deadline: deadline}).Head
}

// does performs an effect without a ledger, and fails the test on an error.
func (b *bench) does(s lease.State) lease.Reply {
	b.Helper()
	if s.Op == lease.Release {
		reply, _ := b.records(s, claim.Ledger{})
		return reply
	}
	reply, _ := b.perform(s, nil)
	return reply
}

// records performs an effect that records a ledger, for a round that has loaded the table.
func (b *bench) records(s lease.State, l claim.Ledger) (lease.Reply, claim.Ledger) {
	b.Helper()
	_, loaded := b.peek()
	l.Stored = loaded.Stored
	return b.perform(s, &l)
}

func (b *bench) perform(s lease.State, l *claim.Ledger) (lease.Reply, claim.Ledger) {
	b.Helper()
	reply, ledger, err := b.Perform(b.Context(), group, s, l)
	if err != nil {
		b.Fatalf("Perform(%s): %v", s.Op, err)
	}
	return reply, ledger
}

func (b *bench) peek() (lease.Head, claim.Ledger) {
	b.Helper()
	head, ledger, err := b.Head(b.Context(), group)
	if err != nil {
		b.Fatalf("Head: %v", err)
	}
	return head, ledger
}

// leaves performs an effect with a condition that must fail. The head stays unchanged.
func (b *bench) leaves(s lease.State, want lease.Head) {
	b.Helper()
	before := b.get(groupPK, "HEAD")
	reply := b.does(s)
	if !reply.Failed || reply.Head != want {
		b.Errorf("Perform(%s) = %+v; want it failed, with %+v", s.Op, reply, want)
	}
	if diff := cmp.Diff(before, b.get(groupPK, "HEAD")); diff != "" {
		b.Errorf("Perform(%s) failed and changed the head (-before +after):\n%s", s.Op, diff)
	}
}
