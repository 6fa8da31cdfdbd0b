package runtime

import (
	"encoding/json"
	"io"
	"log/slog"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
)

// namespace is the metrics' namespace in CloudWatch.
const namespace = "sgkeeper"

// Metric is one number in CloudWatch's embedded metric format.
type Metric struct {
	Name, Unit string
	Value      float64
}

// Count returns a metric with the unit Count.
func Count(name string, n int) Metric { return Metric{name, "Count", float64(n)} }

// Metrics writes metrics as lines of the log.
type Metrics struct {
	Function string // ensure or audit
	Out      io.Writer
	Log      *slog.Logger
	Now      func() time.Time // the clock for the metrics' timestamps
}

// Emit writes one line of metrics of an installation. Its only dimensions are the installation
// and the function, because CloudWatch bills each combination of values. Without the first, two
// installations in one account and Region would share their metrics and alarms.
func (m Metrics) Emit(of plan.Installation, metrics ...Metric) {
	type definition struct{ Name, Unit string }
	line := map[string]any{"Installation": of, "Function": m.Function}
	var definitions []definition
	for _, metric := range metrics {
		line[metric.Name] = metric.Value
		definitions = append(definitions, definition{metric.Name, metric.Unit})
	}
	line["_aws"] = map[string]any{
		"Timestamp": m.Now().UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace":  namespace,
			"Dimensions": [][]string{{"Installation", "Function"}},
			"Metrics":    definitions,
		}},
	}
	text, err := json.Marshal(line)
	if err == nil {
		_, err = m.Out.Write(append(text, '\n'))
	}
	if err != nil {
		m.Log.Error("metrics were not written", "error", err)
	}
}
