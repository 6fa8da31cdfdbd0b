package fakeaws

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Calls counts the requests that reached the account, by action (ec2:CreateTags). Each retry
// of the SDK is a request.
type Calls map[string]int

// Of returns the number of requests to one service.
func (c Calls) Of(service string) (n int) {
	for action, count := range c {
		if strings.HasPrefix(action, service+":") {
			n += count
		}
	}
	return n
}

// Op returns the number of requests for one operation of a service.
func (c Calls) Op(service, name string) int { return c[service+":"+name] }

// Since returns the requests counted in c but not yet in earlier.
func (c Calls) Since(earlier Calls) Calls {
	more := Calls{}
	for action, n := range c {
		if n > earlier[action] {
			more[action] = n - earlier[action]
		}
	}
	return more
}

// String lists the actions, one a line, with their counts.
func (c Calls) String() string {
	var b strings.Builder
	for _, action := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintf(&b, "%6d %s\n", c[action], action)
	}
	return b.String()
}

// Calls returns the count so far.
func (a *Account) Calls() Calls {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.calls)
}

// ResetCalls sets the counts, and so Op.Nth, back to 0.
func (a *Account) ResetCalls() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.calls)
}

// admit counts a request and returns a new request id.
func (a *Account) admit(op *Op) (requestID string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls[op.Action()]++
	op.Nth = a.calls[op.Action()]
	return fmt.Sprintf("%08x-%04x-4000-8000-%012x", a.ids.Uint32(), a.ids.Uint32()&0xffff,
		a.ids.Uint64()&0xffffffffffff)
}
