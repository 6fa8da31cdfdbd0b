package handler

import (
	"encoding/json"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// namespace is where CloudWatch keeps the metrics.
const namespace = "sgkeeper"

// metric is one number in CloudWatch's embedded metric format.
type metric struct {
	name, unit string
	value      float64
}

// count writes an invocation's metrics, zeros too, so that alarms resolve. A
// cold start is a line of its own.
func (h *Handler) count(answers []ensure.Answer, cold bool, took time.Duration) {
	n := make(map[events.Status]float64)
	var retried, authorized, revoked, covered float64
	for _, a := range answers {
		if a.Retry != nil {
			retried++
			continue
		}
		for _, o := range a.Outcomes {
			n[o.Status]++
			covered += float64(len(o.Covered))
			if o.Status != events.Observed { // an observer writes nothing
				authorized += float64(len(o.Authorized))
				revoked += float64(len(o.Revoked))
			}
		}
	}
	h.emit(
		metric{"LaunchesEnsured", "Count", n[events.Ensured]},
		metric{"LaunchesQueued", "Count", n[events.Queued]},
		metric{"LaunchesReleased", "Count", n[events.Released]},
		metric{"LaunchesRejected", "Count", n[events.Rejected]},
		metric{"LaunchesObserved", "Count", n[events.Observed]},
		metric{"LaunchesRetried", "Count", retried},
		metric{"RulesAuthorized", "Count", authorized},
		metric{"RulesRevoked", "Count", revoked},
		metric{"RulesCovered", "Count", covered},
		metric{"Duration", "Milliseconds", float64(took.Milliseconds())},
	)
	if cold {
		h.emit(metric{"ColdStart", "Count", 1})
	}
}

// emit writes one line of metrics with the function as their only dimension:
// launches and groups would be billed for each value.
func (h *Handler) emit(metrics ...metric) {
	type definition struct{ Name, Unit string }
	line := map[string]any{"Function": "ensure"}
	var definitions []definition
	for _, m := range metrics {
		line[m.name] = m.value
		definitions = append(definitions, definition{m.name, m.unit})
	}
	line["_aws"] = map[string]any{
		"Timestamp": time.Now().UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace":  namespace,
			"Dimensions": [][]string{{"Function"}},
			"Metrics":    definitions,
		}},
	}
	text, err := json.Marshal(line)
	if err != nil {
		h.log.Error("metrics were not written", "error", err)
		return
	}
	if _, err := h.metrics.Write(append(text, '\n')); err != nil {
		h.log.Error("metrics were not written", "error", err)
	}
}
