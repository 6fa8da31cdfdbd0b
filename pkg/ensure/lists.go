package ensure

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Lists reads prefix lists of EC2.
type Lists interface {
	// Entries returns the entries of a prefix list as an account sees it in a Region. The
	// error is ErrInvalid if the account sees no such list, and ErrDenied if the role lacks a
	// permission. It is ErrLongList if the list has too many entries.
	Entries(ctx context.Context, account, region, id string) ([]netip.Prefix, error)
}

// listsAtOnce is how many prefix lists of one account and Region are read at a time.
const listsAtOnce = 8

// reading is the result of reading a prefix list.
type reading struct {
	entries []netip.Prefix
	err     error
}

// readLists reads prefix lists in parallel.
func readLists(ctx context.Context, lists Lists, account, region string, ids []string) map[string]reading {
	read := make(map[string]reading, len(ids))
	var mu sync.Mutex
	var all sync.WaitGroup
	free := make(chan struct{}, listsAtOnce)
	for _, id := range ids {
		all.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			entries, err := lists.Entries(ctx, account, region, id)
			mu.Lock()
			defer mu.Unlock()
			read[id] = reading{entries, err}
		})
	}
	all.Wait()
	return read
}

// into adds a list to the lists that guardrails use. It leaves out a list that may be readable
// later.
func (r reading) into(lists map[string]guard.List, g claim.Group, id string) {
	if problem := listProblem(r.err, g, id); r.err == nil || problem != "" {
		lists[id] = guard.List{Entries: r.entries, Problem: problem}
	}
}

// listProblem returns why the entries of a prefix list cannot be read, and the remedy. It
// returns "" if they may be readable later.
func listProblem(err error, g claim.Group, id string) string {
	const remedy = "list its id in an allow entry of the guardrails"
	denied, isDenied := errors.AsType[*DeniedError](err)
	switch {
	case isDenied:
		return fmt.Sprintf("the entries of %s cannot be judged: %s, or %s", id, denied.reason(g).Problem, remedy)
	case errors.Is(err, ErrDenied):
		return fmt.Sprintf("the entries of %s cannot be judged, because sgkeeper may not read them; allow "+
			"ec2:GetManagedPrefixListEntries to the role that the function assumes in account %s, or %s",
			id, g.Account, remedy)
	case errors.Is(err, ErrInvalid):
		return fmt.Sprintf("the entries of %s cannot be judged, because account %s sees no such prefix list in %s; "+
			"create or share it, or %s", id, g.Account, g.Region, remedy)
	case errors.Is(err, ErrLongList):
		return fmt.Sprintf("the entries of %s are too many to be judged; %s", id, remedy)
	}
	return ""
}

// namedLists returns the prefix lists that rules name.
func namedLists(rules []secgroup.Entry) (ids []string) {
	for _, e := range rules {
		if id, ok := e.Rule.Peer.PrefixList(); ok && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// maxListAge is how long the entries of a prefix list count as current.
const maxListAge = time.Minute

// CachedLists remembers entries for up to a minute. Readers of one list share a call. It
// is safe for concurrent use.
type CachedLists struct {
	Lists
	Now func() time.Time

	mu    sync.Mutex
	calls map[listKey]*listCall
}

type listKey struct{ account, region, id string }

// listCall is one call for the entries of a list, under way or done.
type listCall struct {
	began time.Time
	done  chan struct{}
	reading
}

// Entries implements [Lists].
func (c *CachedLists) Entries(ctx context.Context, account, region, id string) ([]netip.Prefix, error) {
	key := listKey{account, region, id}
	call, ours := c.call(key)
	if ours {
		call.entries, call.err = c.Lists.Entries(ctx, account, region, id)
		if call.err != nil {
			c.forget(key, call)
		}
		close(call.done)
	}
	select {
	case <-call.done:
		return call.entries, call.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// call returns a running or recent call, or a new one. ours is true if the caller must make
// the call.
func (c *CachedLists) call(key listKey) (call *listCall, ours bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Now()
	for k, old := range c.calls {
		if now.Sub(old.began).Abs() >= maxListAge {
			delete(c.calls, k)
		}
	}
	if call = c.calls[key]; call != nil {
		return call, false
	}
	if c.calls == nil {
		c.calls = make(map[listKey]*listCall)
	}
	call = &listCall{began: now, done: make(chan struct{})}
	c.calls[key] = call
	return call, true
}

// forget removes a call, so that the next reader makes its own.
func (c *CachedLists) forget(key listKey, call *listCall) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls[key] == call {
		delete(c.calls, key)
	}
}
