package runtime

import "time"

// Timeouts of the functions. The stack deploys them, and the embedded account applies them.
const (
	EnsureTimeout = 20 * time.Second
	AuditTimeout  = 5 * time.Minute
)

// SweepInterval is the interval of the schedule that runs ensure's sweep.
const SweepInterval = time.Minute

// Concurrency is the default number of invocations at a time for one queue. docs/performance.md has the
// measurements.
const Concurrency = 25

// Visibility returns the visibility timeout of a queue that feeds a function with that timeout. Lambda
// recommends six times the timeout. It is also longer than the lease of a crashed invocation, which ends
// seven seconds after its deadline. So the next receiver can take the lease over.
func Visibility(timeout time.Duration) time.Duration { return 6*timeout + 10*time.Second }
