package embedded

import (
	"context"
	"time"
)

// sweepEvery is the interval of the stack's schedule (infra/stack/schedule.go).
const sweepEvery = time.Minute

// Sweep runs the function's sweep each minute until ctx ends, as the stack's schedule does. The
// next sweep makes up for one that fails, and the function logs the failure.
func (i *Installation) Sweep(ctx context.Context) {
	schedule := time.NewTicker(sweepEvery)
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
