package fakeaws

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// answer is a complete HTTP response.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// exchange sends one request through the account. An error means a broken connection. The
// request may have been applied or not.
func (a *Account) exchange(ctx context.Context, r *http.Request) (answer, error) {
	op, wire, err := readOp(r)
	if err != nil {
		return answer{}, err
	}
	id := a.admit(&op)
	latency := a.latency(op)
	if err := pause(ctx, latency/2); err != nil {
		return answer{}, err
	}
	apply, fault := a.decide(op)
	var out []byte
	if apply {
		out, err = a.apply(ctx, op, id)
	}
	if err := pause(ctx, latency-latency/2); err != nil {
		return answer{}, err
	}
	if fault != nil {
		err = fault
	}
	answer, err := wire.answer(op, id, out, err)
	if err == nil {
		answer.header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	return answer, err
}

func (a *Account) latency(op Op) time.Duration {
	if a.opts.Latency == nil {
		return 0
	}
	return a.opts.Latency(op)
}

// pause waits for d. In a synctest bubble the time is virtual.
func pause(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// apply performs the operation. It returns every failure as an *Error.
func (a *Account) apply(ctx context.Context, op Op, requestID string) ([]byte, error) {
	call, ok := a.services[op.Service]
	if !ok {
		return nil, &Error{Code: "UnknownOperationException",
			Message: fmt.Sprintf("the embedded account does not have %s", op.Action())}
	}
	if err := expired(ctx, op); err != nil {
		return nil, err
	}
	if err := a.authorize(op); err != nil {
		return nil, err
	}
	out, err := call(ctx, op, requestID)
	if err == nil {
		return out, nil
	}
	if _, ok := asError(err); !ok {
		err = &Error{Code: "InternalFailure", Message: op.Action() + ": " + err.Error(),
			Status: http.StatusInternalServerError}
	}
	return nil, err
}
