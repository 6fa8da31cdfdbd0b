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
	// MaxEntries returns the number of rules that one rule with the list counts as, at least 1.
	// It returns 0 if EC2 does not say, as for AWS's own lists. Its errors are those of Entries.
	MaxEntries(ctx context.Context, account, region, id string) (int, error)
}

// listsAtOnce is how many prefix lists of one account and Region are read at a time.
const listsAtOnce = 8

// reading is the result of reading something of a prefix list.
type reading[T any] struct {
	value T
	err   error
}

// readLists reads prefix lists of a group's account and Region in parallel, each by a call of
// read.
func readLists[T any](
	ctx context.Context, g claim.Group, ids []string,
	call func(ctx context.Context, account, region, id string) (T, error),
) map[string]reading[T] {
	read := make(map[string]reading[T], len(ids))
	var mu sync.Mutex
	var all sync.WaitGroup
	free := make(chan struct{}, listsAtOnce)
	for _, id := range ids {
		all.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			value, err := call(ctx, g.Account, g.Region, id)
			mu.Lock()
			defer mu.Unlock()
			read[id] = reading[T]{value, err}
		})
	}
	all.Wait()
	return read
}

// addList adds a list to the lists that guardrails use. It leaves out a list that may be readable
// later.
func addList(lists map[string]guard.List, r reading[[]netip.Prefix], g claim.Group, id string) {
	if problem := listProblem(r.err, g, id); r.err == nil || problem != "" {
		lists[id] = guard.List{Entries: r.value, Problem: problem}
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

// maxListAge is how long the facts of a prefix list count as current.
const maxListAge = time.Minute

// CachedLists remembers the facts of lists for up to a minute. Readers of one fact share a call.
// It is safe for concurrent use.
type CachedLists struct {
	Lists
	Now func() time.Time

	mu         sync.Mutex
	entries    map[listKey]*listCall[[]netip.Prefix]
	maxEntries map[listKey]*listCall[int]
}

type listKey struct{ account, region, id string }

// listCall is one call for a fact of a list, under way or done.
type listCall[T any] struct {
	began time.Time
	done  chan struct{}
	reading[T]
}

// Entries implements [Lists].
func (c *CachedLists) Entries(ctx context.Context, account, region, id string) ([]netip.Prefix, error) {
	return shared(ctx, c, &c.entries, listKey{account, region, id}, c.Lists.Entries)
}

// MaxEntries implements [Lists].
func (c *CachedLists) MaxEntries(ctx context.Context, account, region, id string) (int, error) {
	return shared(ctx, c, &c.maxEntries, listKey{account, region, id}, c.Lists.MaxEntries)
}

// shared returns the result of a running or recent call, or makes the call.
func shared[T any](
	ctx context.Context, c *CachedLists, calls *map[listKey]*listCall[T], key listKey,
	read func(ctx context.Context, account, region, id string) (T, error),
) (T, error) {
	call, ours := callFor(c, calls, key)
	if ours {
		call.value, call.err = read(ctx, key.account, key.region, key.id)
		if call.err != nil {
			c.mu.Lock()
			if (*calls)[key] == call {
				delete(*calls, key) // so that the next reader makes its own
			}
			c.mu.Unlock()
		}
		close(call.done)
	}
	select {
	case <-call.done:
		return call.value, call.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// callFor returns a running or recent call, or a new one. ours is true if the caller must make
// the call.
func callFor[T any](
	c *CachedLists, calls *map[listKey]*listCall[T], key listKey,
) (call *listCall[T], ours bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Now()
	for k, old := range *calls {
		if now.Sub(old.began).Abs() >= maxListAge {
			delete(*calls, k)
		}
	}
	if call = (*calls)[key]; call != nil {
		return call, false
	}
	if *calls == nil {
		*calls = make(map[listKey]*listCall[T])
	}
	call = &listCall[T]{began: now, done: make(chan struct{})}
	(*calls)[key] = call
	return call, true
}
