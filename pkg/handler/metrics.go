package handler

import (
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/function"
)

// count writes an invocation's metrics, zeros too, so that alarms resolve. A
// cold start is a line of its own.
func (h *Handler) count(answers []ensure.Answer, contested int64, rejected, cold bool, took time.Duration) {
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
	h.metrics.Emit(
		function.Metric{Name: "LaunchesEnsured", Unit: "Count", Value: n[events.Ensured]},
		function.Metric{Name: "LaunchesQueued", Unit: "Count", Value: n[events.Queued]},
		function.Metric{Name: "LaunchesReleased", Unit: "Count", Value: n[events.Released]},
		function.Metric{Name: "LaunchesRejected", Unit: "Count", Value: n[events.Rejected]},
		function.Metric{Name: "LaunchesObserved", Unit: "Count", Value: n[events.Observed]},
		function.Metric{Name: "LaunchesRetried", Unit: "Count", Value: retried},
		function.Metric{Name: "RulesAuthorized", Unit: "Count", Value: authorized},
		function.Metric{Name: "RulesRevoked", Unit: "Count", Value: revoked},
		function.Metric{Name: "RulesCovered", Unit: "Count", Value: covered},
		function.Metric{Name: "Contested", Unit: "Count", Value: float64(contested)},
		function.Metric{Name: "GuardrailsRejected", Unit: "Count", Value: one(rejected)},
		function.Metric{Name: "Duration", Unit: "Milliseconds", Value: float64(took.Milliseconds())},
	)
	if cold {
		h.metrics.Emit(function.Metric{Name: "ColdStart", Unit: "Count", Value: 1})
	}
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
