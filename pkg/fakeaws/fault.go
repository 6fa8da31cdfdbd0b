package fakeaws

import (
	"errors"
	"io"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// Error is an AWS error in the account's reply: a code, a message and an HTTP status (400 if
// 0).
type Error = api.Error

// Fault decides the outcome of a request that reached the account.
//
//	true, nil    the operation is applied and answered
//	true, err    the operation is applied, but the reply is err: a lost reply
//	false, err   the operation is not applied
//
// If err is an *Error, the client receives an AWS error. Any other err is a broken connection,
// and so is false, nil. A Fault may be called concurrently.
type Fault func(Op) (apply bool, err error)

// Inject makes f decide every request from now on. Inject(nil) removes the fault.
func (a *Account) Inject(f Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fault = f
}

func (a *Account) decide(op Op) (apply bool, err error) {
	a.mu.Lock()
	f := a.fault
	a.mu.Unlock()
	if f == nil {
		return true, nil
	}
	apply, err = f(op)
	if !apply && err == nil {
		err = io.ErrUnexpectedEOF
	}
	return apply, err
}

// asError returns err as the AWS error of a reply. For a broken connection, ok is false.
func asError(err error) (*Error, bool) { return errors.AsType[*Error](err) }
