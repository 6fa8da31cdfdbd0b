package runtime

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
)

// NewLogger returns a logger that writes one JSON object a line, with the keys timestamp,
// message and service, which log queries for Lambda functions expect.
func NewLogger(out io.Writer, level slog.Level, service string) *slog.Logger {
	rename := map[string]string{slog.TimeKey: "timestamp", slog.MessageKey: "message"}
	h := slog.NewJSONHandler(out, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if name := rename[a.Key]; name != "" && len(groups) == 0 {
				a.Key = name
			}
			return a
		},
	})
	return slog.New(h).With("service", service)
}

// WithInvocation adds the installation, the invocation's id, its trace, and whether it is a
// cold start.
func WithInvocation(ctx context.Context, log *slog.Logger, of plan.Installation, cold bool) *slog.Logger {
	log = log.With("installation", string(of), "cold_start", cold)
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		log = log.With("function_request_id", lc.AwsRequestID)
	}
	if trace := traceID(ctx); trace != "" {
		log = log.With("xray_trace_id", trace)
	}
	return log
}

// traceID returns the invocation's X-Ray trace id. The runtime puts the tracing header
// Root=...;Parent=...;Sampled=... into the context. It also puts it into the environment,
// unless it serves several invocations at once.
func traceID(ctx context.Context) string {
	header, _ := ctx.Value("x-amzn-trace-id").(string)
	if header == "" {
		header = os.Getenv("_X_AMZN_TRACE_ID")
	}
	for part := range strings.SplitSeq(header, ";") {
		if root, ok := strings.CutPrefix(part, "Root="); ok {
			return root
		}
	}
	return ""
}
