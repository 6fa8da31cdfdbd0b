package fakeaws

import (
	"errors"
	"io"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// Error is an AWS error as the account answers it: a code, a message and an HTTP
// status (400 where 0).
type Error = api.Error

// Fault decides what becomes of a request that reached the account.
//
//	true, nil    nothing out of the ordinary
//	true, err    it is applied, but the reply is err: the write whose reply is lost
//	false, err   it is not applied
//
// An err that is an *Error is answered as an AWS error; any other err is a broken
// connection, as is false, nil. A Fault may be called concurrently.
type Fault func(Op) (apply bool, err error)

// Inject makes f decide about every request from now on; nil ends it.
func (a *Account) Inject(f Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fault = f
}

// decide asks the fault in force.
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

// asError returns err as AWS would answer it; ok is false for a broken connection.
func asError(err error) (*Error, bool) { return errors.AsType[*Error](err) }
