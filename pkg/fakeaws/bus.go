package fakeaws

import "github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/eventbridge"

// Entry is one event of a PutEvents call.
type Entry = eventbridge.Entry

// FailEntries sets a hook that PutEvents calls for each entry. If the hook returns an error,
// the call still succeeds, but it reports the entry as failed and does not deliver it. The
// hook must not call the account.
func (a *Account) FailEntries(fail func(Entry) *Error) { a.events.FailEntries(fail) }

// Emit puts an event on a bus as an AWS service does, and returns the event's id. Customers
// may not use the sources of AWS services, such as aws.ec2.
func (a *Account) Emit(e Entry) (id string, err error) { return a.events.Emit(e) }
