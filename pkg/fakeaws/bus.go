package fakeaws

import "github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/eventbridge"

// Entry is one event as it is put on a bus.
type Entry = eventbridge.Entry

// FailEntries sets a hook that is asked about each entry of PutEvents. The call
// succeeds, and an entry for which the hook returns an error is answered as
// failed and not delivered. It must not call the account.
func (a *Account) FailEntries(fail func(Entry) *Error) { a.events.FailEntries(fail) }

// Emit puts an event on a bus as AWS itself does, whose sources (aws.ec2) no
// customer may claim, and returns the event's id.
func (a *Account) Emit(e Entry) (id string, err error) { return a.events.Emit(e) }
