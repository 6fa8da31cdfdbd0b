package lease_test

// limits are scenarios of what the protocol assumes not to happen, or leaves to
// the sweeper. Each breaks a promise; the name says what is assumed.
var limits = []model{
	// A queue's visibility timeout must outlast the lease: the function's
	// timeout + Guard + Slack. Until the sweeper looks after the group.
	{name: "a message comes again only after its holder's lease has expired",
		asks: []int{0}, batches: []set{1}, allow: one, hasty: true},
	// Who invokes the function directly has no queue: until the sweeper.
	{name: "a message whose function died comes again",
		asks: []int{0, 1}, batches: []set{1, 2}, allow: one, once: true},
	// A ring that arrives when its function has left takes the lease for a
	// ghost: until it expires and somebody rings, or the sweeper comes.
	{name: "a ring arrives before its function has left",
		asks: []int{0, 1}, batches: []set{1, 2}, allow: one, ghosts: true},
	// A describe that lags hides what this very holder has served before. Until
	// HEAD tells what was just made, the order must not change.
	{name: "requests are considered in the order in which they were written, or describe does not lag",
		asks: []int{0, 1}, batches: []set{1, 2}, quota: 1, allow: faults{all: 1, stale: 1}, byClock: true},
	// The bus does not ask who holds the lease. A holder that was overtaken
	// publishes what it wrote, which its successor may have refused: only if
	// the two see the requests in another order, or another quota.
	{name: "requests are considered in the order in which they were written, or no holder is overtaken",
		asks: []int{0, 1}, batches: []set{1, 2}, quota: 1, allow: faults{all: 1, early: 1}, byClock: true},
	{name: "the quota does not rise while an overtaken holder runs",
		asks: []int{0, 1}, batches: []set{1, 2}, quota: 1, allow: faults{all: 1, early: 1}, raise: true, raiseLate: true},
}
