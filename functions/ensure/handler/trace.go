package handler

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"

	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/trace"
)

// tracer logs the steps of passes, at any log level.
type tracer struct {
	function string // a random name of this process
	log      *slog.Logger
}

func newTracer(out io.Writer) *tracer {
	return &tracer{rand.Text()[:8], runtime.NewLogger(out, slog.LevelInfo, service)}
}

// of returns the function that logs the steps of one invocation.
func (t *tracer) of(ctx context.Context, owner plan.Installation, cold bool) func(context.Context, trace.Line) {
	log := runtime.WithInvocation(ctx, t.log, owner, cold)
	return func(ctx context.Context, l trace.Line) {
		l.Function = t.function
		log.LogAttrs(ctx, slog.LevelInfo, "step", slog.Any("trace", l))
	}
}
