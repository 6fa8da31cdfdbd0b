package dynamo_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// The contract of ensure.Claims.

func TestClaimIsRead(t *testing.T) {
	onEach(t, func(b *bench) {
		want := ask(launch, at(0), "all from self", "tcp 8000 from 0.0.0.0/0")
		want = expiring(want, at(3_600_000))
		b.claims(want, true)
		b.holds(want)
		b.item(groupPK, "R#"+want.Key(), map[string]string{
			"v": "N 1", "st": "S open", "received": "N 1790000000000", "expires": "N 1790003600000",
			"rules": "L [M {rule S all from 111122223333/sg-0123456789abcdef0, description S vLLM}; " +
				"M {rule S tcp 8000 from 0.0.0.0/0, description S vLLM}]",
		})
	})
}

func TestClaimRepeated(t *testing.T) {
	onEach(t, func(b *bench) {
		first := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		again := ask(launch, at(5000), "tcp 8000 from 0.0.0.0/0")
		again.Rules[0].Description = "another"
		b.claims(first, true)
		found, fresh, err := b.Claim(b.Context(), again)
		if err != nil || fresh {
			b.Fatalf("Claim of a repeat: fresh %v, error %v; want neither", fresh, err)
		}
		if diff := cmp.Diff(first, found, values); diff != "" {
			b.Errorf("Claim of a repeat returned another than the first (-want +got):\n%s", diff)
		}
		b.holds(first)
		b.item("L#444455556666#llama4-7f3a", "G"+ofGroup, map[string]string{
			"v": "N 1", "firstAsked": "N 1790000000000", "lastAsked": "N 1790000000000",
			"digests": "SS " + first.Digest(),
		})
	})
}

func TestClaimMore(t *testing.T) {
	onEach(t, func(b *bench) {
		first := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		more := ask(launch, at(5000), "tcp 8002 from 0.0.0.0/0")
		b.claims(first, true)
		b.claims(more, true)
		b.holds(first, more)
		digests := []string{first.Digest(), more.Digest()}
		slices.Sort(digests)
		b.item("L#444455556666#llama4-7f3a", "G"+ofGroup, map[string]string{
			"v": "N 1", "firstAsked": "N 1790000000000", "lastAsked": "N 1790000005000",
			"digests": "SS " + strings.Join(digests, ","),
		})
	})
}

func TestClaimAfterEnd(t *testing.T) {
	for _, end := range []string{"END", "END" + ofGroup} {
		onEach(t, func(b *bench) {
			early := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
			b.claims(early, true)
			b.put("L#444455556666#llama4-7f3a", end, nil)
			for _, late := range []claim.Request{early, ask(launch, at(1), "tcp 8002 from 0.0.0.0/0")} {
				_, fresh, err := b.Claim(b.Context(), late)
				wantError(b, "Claim after "+end, err, ensure.ErrEnded, "TransactionCanceledException", late.Key())
				if fresh {
					b.Errorf("Claim after %s is fresh", end)
				}
			}
			b.holds(early)
			if got := b.get("L#444455556666#llama4-7f3a", "G"+ofGroup)["lastAsked"]; got != "N 1790000000000" {
				b.Errorf("lastAsked is %s: the refused claim left a trace", got)
			}
		})
	}
}

func TestClaimBesideEnd(t *testing.T) {
	onEach(t, func(b *bench) {
		b.put("L#444455556666#llama4-7f3a", "END#111122223333#us-east-1#sg-0ffffffffffffffff", nil) // another group
		b.put("L#999999999999#llama4-7f3a", "END", nil)                                             // another account's
		b.put("L#444455556666#llama4-7f3", "END", nil)                                              // another launch
		b.claims(ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"), true)
	})
}

func TestClaimOfTwoAccounts(t *testing.T) {
	onEach(t, func(b *bench) {
		ours, theirs := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"), ask(launch, at(1), "tcp 8000 from 0.0.0.0/0")
		theirs.Launch.Account = "999999999999"
		b.claims(ours, true)
		b.claims(theirs, true)
		b.holds(ours, theirs)
	})
}

func TestClaimUnreadable(t *testing.T) {
	onEach(t, func(b *bench) {
		r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		r = expiring(r, at(0).Add(1)) // the table keeps milliseconds
		_, _, err := b.Claim(b.Context(), r)
		wantError(b, "Claim", err, "are those of")
		b.holds()
	})
}

func TestRequestsOfTheGroupOnly(t *testing.T) {
	onEach(t, func(b *bench) {
		mine, other := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"), ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		other.Group.ID += "0"
		b.claims(mine, true)
		b.claims(other, true)
		b.ring(alice)
		b.holds(mine)
	})
}

func TestRequestsOfManyPages(t *testing.T) {
	onEach(t, func(b *bench) {
		var want []claim.Request
		for i := range int64(5) {
			r := ask(launch, at(i), "tcp 8000 from 0.0.0.0/0")
			r = expiring(r, at(i))
			b.claims(r, true)
			want = append(want, r)
		}
		b.PageSize = 2
		b.holds(want...)
	})
}

func TestRefuse(t *testing.T) {
	onEach(t, func(b *bench) {
		r, kept := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"), ask(launch, at(0), "tcp 8002 from 0.0.0.0/0")
		b.claims(r, true)
		b.claims(kept, true)
		b.ring(alice)
		r.Finished, r.Reasons = at(7), claim.Faults{{Field: "/rules", Problem: "60 of 60"}, {Problem: "other"}}
		b.refuses(r, alice, nil)
		r.Status = claim.Refused
		b.holds(r, kept)

		again := r
		again.Finished, again.Reasons = at(9), claim.Faults{{Field: "/rules", Problem: "late"}}
		b.refuses(again, alice, nil) // no longer open
		b.holds(r, kept)
		bare := r
		bare.Rules = nil
		if found, fresh, err := b.Claim(b.Context(), ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")); err != nil ||
			fresh || !cmp.Equal(found, bare, values) {
			b.Errorf("Claim of a refused request = %+v, fresh %v, %v, want %+v", found, fresh, err, bare)
		}
		if got, err := b.Load(b.Context(), group); err != nil || len(got.Requests) != 2 ||
			len(got.Requests[0].Rules)+len(got.Requests[1].Rules) != 1 {
			b.Errorf("Load = %+v, %v, want no rules of the refused request", got.Requests, err)
		}
	})
}

func TestRefuseWithoutLease(t *testing.T) {
	onEach(t, func(b *bench) {
		r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		b.claims(r, true)
		b.refuses(r, alice, ensure.ErrFenced) // no ticket was ever counted
		b.ring(alice)
		b.refuses(r, bob, ensure.ErrFenced)
		b.refuses(r, lease.Owner{Nonce: alice.Nonce, Entry: 1}, ensure.ErrFenced)
		b.does(lease.State{Op: lease.Yield, Owner: alice})
		b.refuses(r, alice, ensure.ErrFenced) // the lease was released
		b.holds(r)
	})
}

func TestRefuseAbsentRequest(t *testing.T) {
	onEach(t, func(b *bench) {
		b.ring(alice)
		b.refuses(ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"), alice, nil)
		b.holds()
	})
}

func TestRequestUnreadable(t *testing.T) {
	rows := []struct {
		name, attribute string
		value           types.AttributeValue
		want            string
	}{
		{"newer schema", "v", number(2), "schema version 2"},
		{"status of a later version", "st", text("frozen"), `unknown status "frozen"`},
		{"no status", "st", nil, "unknown status"},
		{"rule of a later version", "rules", rulesOf("tcp 8000 from the moon"), "rules[0]"},
		{"another's rules", "rules", rulesOf("tcp 8001 from 0.0.0.0/0"), "are those of"},
		{"no rules", "rules", nil, "are those of"},
		{"received of another type", "received", text("now"), "received"},
		{"received beyond time", "received", &types.AttributeValueMemberN{Value: "1e40"}, "received"},
		{"rules of another type", "rules", &types.AttributeValueMemberL{Value: []types.AttributeValue{text("x")}},
			"rules[0]"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			onEach(t, func(b *bench) {
				r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
				b.claims(r, true)
				b.set(groupPK, "R#"+r.Key(), row.attribute, row.value)
				_, err := b.Requests(b.Context(), group)
				wantError(b, "Requests", err, row.want, "item "+groupPK+"/R#"+r.Key())
				_, _, err = b.Claim(b.Context(), r)
				wantError(b, "Claim", err, row.want, "item "+groupPK+"/R#"+r.Key())
			})
		})
	}
}

func rulesOf(rule string) types.AttributeValue {
	return &types.AttributeValueMemberL{Value: []types.AttributeValue{
		&types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"rule": text(rule)}},
	}}
}
