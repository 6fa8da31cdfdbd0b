package embedded

import (
	"context"
	"time"

	"github.com/sgkeeper/sgkeeper/functions/runtime"
)

// SweepInterval is the interval of the stack's schedule.
const SweepInterval = runtime.SweepInterval

// Sweep runs the function's sweep at each interval until ctx ends, as the stack's schedule does. The
// next sweep makes up for one that fails, and the function logs the failure.
func (i *Installation) Sweep(ctx context.Context, interval time.Duration) {
	schedule := time.NewTicker(interval)
	defer schedule.Stop()
	for {
		select {
		case <-schedule.C:
			_, _ = i.Invoke(ctx, []byte(`{"sgkeeper":"sweep"}`))
		case <-ctx.Done():
			return
		}
	}
}
