package dynamo_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// Conflicts with other transactions on the same items. The embedded account makes every call
// atomic, so these tests inject the errors.

func isConsistent(body []byte) bool {
	var in struct{ ConsistentRead bool }
	return json.Unmarshal(body, &in) == nil && in.ConsistentRead
}

// cancel makes the given number of first transactions fail for these reasons.
func (b *bench) cancel(times int, codes ...string) {
	var reasons []map[string]any
	for _, code := range codes {
		reasons = append(reasons, map[string]any{"Code": code})
	}
	b.fail("TransactWriteItems", times, &fakeaws.Error{
		Code: "TransactionCanceledException", Message: "cancelled",
		Members: map[string]any{"CancellationReasons": reasons},
	})
}

func (b *bench) fail(op string, times int, err error) {
	b.account.ResetCalls()
	b.account.Inject(func(o fakeaws.Op) (bool, error) {
		if o.Name == op && o.Nth <= times {
			return false, err
		}
		return true, nil
	})
}

func (b *bench) tried(op string, want int) {
	b.Helper()
	if got := b.account.Calls().Op("dynamodb", op); got != want {
		b.Errorf("%d calls of %s, want %d", got, op, want)
	}
}

func TestClaimMeetsATransaction(t *testing.T) {
	for _, code := range []string{"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"} {
		b := newBench(t, 3)
		r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		b.cancel(2, "None", "None", code, "None")
		b.claims(r, true)
		b.tried("TransactWriteItems", 3)
	}
}

func TestClaimMeetsTransactionsForEver(t *testing.T) {
	b := newBench(t, 3)
	b.cancel(100, "None", "None", "None", "TransactionConflict")
	found, fresh, err := b.Claim(b.Context(), ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"))
	canceled, ok := errors.AsType[*types.TransactionCanceledException](err)
	if !ok || len(canceled.CancellationReasons) != 4 || errors.Is(err, ensure.ErrEnded) || fresh || found.Status != "" {
		b.Errorf("Claim = %+v, %v, %v; want the conflict", found, fresh, err)
	}
	b.tried("TransactWriteItems", 3)
}

// TestClaimRepeatedMeetsATransaction: a repeated request fails if its END could not be read,
// because the launch may have ended.
func TestClaimRepeatedMeetsATransaction(t *testing.T) {
	b := newBench(t, 1)
	b.cancel(1, "TransactionConflict", "None", "ConditionalCheckFailed", "None")
	_, _, err := b.Claim(b.Context(), ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"))
	if errors.Is(err, ensure.ErrEnded) {
		b.Errorf("Claim: %v; want no verdict", err)
	}
	wantError(b, "Claim", err, "TransactionCanceledException")
}

func TestClaimEndedMeetsATransaction(t *testing.T) {
	b := newBench(t, 1)
	b.cancel(1, "None", "ConditionalCheckFailed", "ConditionalCheckFailed", "TransactionConflict")
	_, _, err := b.Claim(b.Context(), ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"))
	wantError(b, "Claim", err, ensure.ErrEnded)
}

func TestRefuseMeetsATransaction(t *testing.T) {
	rows := []struct {
		head, request string
		want          error // nil: some other
	}{
		{"TransactionConflict", "None", nil},
		{"TransactionConflict", "ConditionalCheckFailed", nil}, // perhaps fenced
		{"ConditionalCheckFailed", "TransactionConflict", ensure.ErrFenced},
		{"ConditionalCheckFailed", "ConditionalCheckFailed", ensure.ErrFenced},
	}
	for _, row := range rows {
		b := newBench(t, 3)
		b.cancel(100, row.head, row.request)
		err := b.Refuse(b.Context(), ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"), lease.State{Owner: alice, Seen: 1})
		if err == nil || errors.Is(err, ensure.ErrFenced) != (row.want != nil) {
			b.Errorf("Refuse against %s and %s: %v, want %v", row.head, row.request, err, row.want)
		}
	}
}

func TestHeadMeetsATransaction(t *testing.T) {
	conflict := &fakeaws.Error{Code: "TransactionConflictException", Message: "Transaction is ongoing for the item"}
	b := newBench(t, 3)
	b.fail("UpdateItem", 2, conflict)
	if head := b.ring(alice); head.Want != 1 {
		b.Errorf("Ring beside a transaction = %+v, want one ticket", head)
	}
	b.fail("UpdateItem", 100, conflict)
	_, _, err := b.Perform(b.Context(), group, lease.State{Op: lease.Yield, Owner: alice}, nil)
	wantError(b, "Yield", err, "yield "+groupPK+"/HEAD", "TransactionConflictException")
	b.tried("UpdateItem", 3)
}

// TestOtherErrors: errors about no condition are returned unchanged. They are not retried unless
// the SDK retries them.
func TestOtherErrors(t *testing.T) {
	denied := &fakeaws.Error{Code: "AccessDeniedException", Message: "no"}
	b := newBench(t, 3)
	r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
	for _, op := range []string{"TransactWriteItems", "Query", "UpdateItem", "GetItem"} {
		b.fail(op, 100, denied)
		var err error
		switch op {
		case "TransactWriteItems":
			_, _, err = b.Claim(b.Context(), r)
			wantError(b, op, b.Refuse(b.Context(), r, lease.State{Owner: alice, Seen: 1}), "AccessDeniedException",
				"refuse "+groupPK)
			b.tried(op, 2)
		case "Query":
			_, err = b.Requests(b.Context(), group)
			b.tried(op, 1)
		case "UpdateItem":
			_, _, err = b.Perform(b.Context(), group, lease.State{Op: lease.Ring, Owner: alice}, nil)
			b.tried(op, 1)
		case "GetItem":
			_, _, err = b.Perform(b.Context(), group, lease.State{Op: lease.Peek}, nil)
			b.tried(op, 1)
		}
		wantError(b, op, err, "AccessDeniedException", groupPK)
	}
}
