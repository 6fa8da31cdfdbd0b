package dynamo_test

import (
	"maps"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	core "github.com/sgkeeper/sgkeeper/pkg/core/group"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// effects are all effects of Perform, by a holder after one ring.
var effects = []lease.State{
	{Op: lease.Peek},
	{Op: lease.Ring, Owner: alice, Deadline: deadline},
	{Op: lease.TakeOver, Owner: bob, Deadline: deadline, Found: lease.Head{Owner: alice, Expires: expires}},
	{Op: lease.Release, Owner: alice, Seen: 1},
	{Op: lease.Yield, Owner: alice},
}

// TestHeadUnreadable: an unreadable head is neither free nor held, and no effect changes it. The
// one exception: a holder may release or yield a lease without an expiry. A head of a newer schema
// stays unchanged.
func TestHeadUnreadable(t *testing.T) {
	rows := []struct {
		name, attribute string
		value           types.AttributeValue
		want            string
	}{
		{"held for ever", "exp", nil, "half a lease"},
		{"newer schema", "v", number(3), "schema version 3"},
		{"newer schema by far", "v", number(10), "schema version 10"},
	}
	for _, row := range rows {
		for _, s := range effects {
			if row.attribute == "exp" && (s.Op == lease.Release || s.Op == lease.Yield) {
				continue
			}
			t.Run(row.name+" "+s.Op.String(), func(t *testing.T) {
				onEach(t, func(b *bench) {
					b.ring(alice)
					b.set(groupPK, "HEAD", row.attribute, row.value)
					b.refusesHead(s, row.want)
				})
			})
		}
	}
}

func TestHeadFreeAndHeld(t *testing.T) {
	onEach(t, func(b *bench) {
		b.put(groupPK, "HEAD", map[string]types.AttributeValue{"v": number(1), "want": number(1),
			"exp": number(int64(expires))})
		for _, s := range effects {
			b.refusesHead(s, "half a lease")
		}
	})
}

// refusesHead performs an effect on an unreadable head, and compares the error.
func (b *bench) refusesHead(s lease.State, want string) {
	b.Helper()
	before := b.get(groupPK, "HEAD")
	_, _, err := b.Perform(b.Context(), group, s, &claim.Ledger{})
	wantError(b, s.Op.String(), err, want, "item "+groupPK+"/HEAD")
	if diff := cmp.Diff(before, b.get(groupPK, "HEAD")); diff != "" {
		b.Errorf("%s changed the head (-before +after):\n%s", s.Op, diff)
	}
}

func TestHeadMalformed(t *testing.T) {
	made := func(more map[string]types.AttributeValue) types.AttributeValue {
		m := map[string]types.AttributeValue{"rule": text("all from 10.0.0.0/8"), "id": text("sgr-1"), "at": number(1)}
		maps.Copy(m, more)
		return &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberM{Value: m}}}
	}
	rows := []struct {
		attribute string
		value     types.AttributeValue
		want      string
	}{
		{"own", text("alice"), "want <nonce>.<entry>"},
		{"own", text(".1"), "want <nonce>.<entry>"},
		{"own", text("alice.x"), "want <nonce>.<entry>"},
		{"own", number(1), "own"},
		{"exp", text("soon"), "exp"},
		{"want", text("1"), "want"},
		{"want", &types.AttributeValueMemberN{Value: "1.5"}, "want"},
		{"applied", text("1"), "applied"},
		{"recent", &types.AttributeValueMemberB{Value: make([]byte, 9)}, "9 bytes"},
		{"recent", text("1"), "recent"},
		{"through", text("1"), "through"},
		{"made", text("sgr-1"), "made"},
		{"made", made(map[string]types.AttributeValue{"rule": text("all from nowhere")}), "made[0]"},
		{"made", made(map[string]types.AttributeValue{"at": text("1")}), "made[0]"},
		{"cond", text("sgr-1"), "cond"},
		{"gone", text("sgr-1"), "gone"},
		{"gone", &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"sgr-1": text("1")}},
			"gone: sgr-1"},
	}
	for _, row := range rows {
		t.Run(row.attribute, func(t *testing.T) {
			onEach(t, func(b *bench) {
				b.ring(alice)
				b.set(groupPK, "HEAD", row.attribute, row.value)
				_, _, err := b.Perform(b.Context(), group, lease.State{Op: lease.Peek}, nil)
				wantError(b, "Peek", err, row.want, "item "+groupPK+"/HEAD")
			})
		})
	}
}

// TestDescribeLagsVersion1 reads heads of schema version 1, which held the lists of revokes.
func TestDescribeLagsVersion1(t *testing.T) {
	ago := func(d time.Duration) types.AttributeValue {
		return &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
			"sgr-old": number(1), "sgr-new": number(time.Now().Add(-d).UnixMilli()),
		}}
	}
	rows := []struct {
		name, attribute string
		value           types.AttributeValue
		want            bool
	}{
		{"nothing revoked", "cond", nil, false},
		{"pending", "cond", &types.AttributeValueMemberSS{Value: []string{"sgr-1"}}, true},
		{"just revoked", "gone", ago(0), true},
		{"lately revoked", "gone", ago(14 * time.Minute), true},
		{"long revoked", "gone", ago(16 * time.Minute), false},
		{"none revoked", "gone", &types.AttributeValueMemberM{}, false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			onEach(t, func(b *bench) {
				b.ring(alice)
				b.set(groupPK, "HEAD", row.attribute, row.value)
				if _, l := b.peek(); core.DescribeLags(l, time.Now()) != row.want {
					b.Errorf("DescribeLags = %v, want %v", !row.want, row.want)
				}
			})
		})
	}
}

func TestPerformNoEffectOnTheHead(t *testing.T) {
	b := newBench(t, 1)
	for _, op := range []lease.Op{lease.Claim, lease.Check, lease.Load, lease.Describe, lease.Refuse, lease.Authorize,
		lease.Publish, lease.Done} {
		calls := b.calls(func() {
			_, _, err := b.Perform(b.Context(), group, lease.State{Op: op}, nil)
			wantError(b, op.String(), err, "no effect on the head")
		})
		if calls != 0 {
			b.Errorf("%s made %d calls", op, calls)
		}
	}
}
