package lease_test

// limits are scenarios that the protocol assumes not to happen, or leaves to the sweeper. Each
// breaks a promise. The name states the assumption.
var limits = []model{
	// Without the sweeper, these three leave a group unfinished. With it they end well: see
	// the scenarios "no message comes again" and "messages come early".
	{name: "a message comes again only after its holder's lease has expired, or the sweeper comes",
		asks: []int{0}, batches: []set{1}, allow: one, hasty: true},
	{name: "a message whose function died comes again, or the sweeper comes",
		asks: []int{0, 1}, batches: []set{1, 2}, allow: one, direct: 3},
	{name: "a ring arrives before its function has left, or the sweeper comes",
		asks: []int{0, 1}, batches: []set{1, 2}, allow: one, ghosts: true},

	// EC2 does not check the lease. An overtaken holder may still authorize a rule of a launch
	// that has ended meanwhile. The holder finds that when it rings again. If it dies first,
	// or the describe lags, the hourly sweep finds it.
	{name: "an overtaken holder rings again, or the hourly sweep comes",
		asks: []int{0}, batches: []set{1}, ends: []end{{0, true}}, sweeper: true,
		allow: faults{all: 2, early: 1, crash: 1}},
	{name: "a describe shows the writes of an overtaken holder, or the hourly sweep comes",
		asks: []int{0}, batches: []set{1}, ends: []end{{0, true}}, sweeper: true,
		allow: faults{all: 2, early: 1, stale: 1}},
	{name: "an authorization arrives before its launch has ended, or the hourly sweep comes",
		asks: []int{0}, batches: []set{1}, ends: []end{{0, true}}, sweeper: true, ghosts: true,
		allow: faults{all: 1, lost: 1}},
	// An end without a group writes END, finds its groups, then writes E. If its function dies
	// between the two, the end must come again.
	{name: "an end whose function died comes again",
		asks: []int{0}, served: 1, stands: id(0, 0), ends: []end{{0, false}}, direct: 1, sweeper: true, hourly: true,
		allow: faults{all: 1, crash: 1}},

	// The bus does not check the lease either. An overtaken holder may announce a request that
	// its successor refused. That needs another order of requests, another quota, or other
	// rules.
	{name: "requests are considered in the order in which they were written, or no holder is overtaken",
		asks: []int{0, 1}, batches: []set{1, 2}, quota: 1, allow: faults{all: 1, early: 1}, byClock: true},
	{name: "the quota does not rise while an overtaken holder runs",
		asks: []int{0, 1}, batches: []set{1, 2}, quota: 1, allow: faults{all: 1, early: 1}, raise: true,
		raiseLate: true},
	{name: "existing rules do not decide which requests fit, or no holder is overtaken",
		asks: []int{0, 1}, covers: nested, batches: []set{1, 2}, quota: 1, allow: faults{all: 1, early: 1}},
}
