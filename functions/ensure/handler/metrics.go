package handler

import (
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// count writes an invocation's metrics. It includes zeros, so that alarms resolve. A cold
// start is a line of its own.
func (h *Handler) count(
	of plan.Installation, answers []ensure.Answer, contested, historyLost int64, rejected, cold bool,
	took time.Duration,
) {
	n := make(map[events.Status]int)
	var retried, authorized, revoked, covered int
	for _, a := range answers {
		if a.Retry != nil {
			retried++
			continue
		}
		for _, o := range a.Outcomes {
			n[o.Status]++
			covered += len(o.Covered)
			if o.Status != events.Observed { // observe mode writes nothing
				authorized += len(o.Authorized)
				revoked += len(o.Revoked)
			}
		}
	}
	h.metrics.Emit(of,
		runtime.Count("LaunchesEnsured", n[events.Ensured]),
		runtime.Count("LaunchesQueued", n[events.Queued]),
		runtime.Count("LaunchesReleased", n[events.Released]),
		runtime.Count("LaunchesRejected", n[events.Rejected]),
		runtime.Count("LaunchesObserved", n[events.Observed]),
		runtime.Count("LaunchesRetried", retried),
		runtime.Count("RulesAuthorized", authorized),
		runtime.Count("RulesRevoked", revoked),
		runtime.Count("RulesCovered", covered),
		runtime.Count("Contested", int(contested)),
		runtime.Count("HistoryLost", int(historyLost)),
		runtime.Count("GuardrailsRejected", one(rejected)),
		runtime.Metric{Name: "Duration", Unit: "Milliseconds", Value: float64(took.Milliseconds())},
	)
	h.countCold(of, cold)
}

func (h *Handler) countCold(of plan.Installation, cold bool) {
	if cold {
		h.metrics.Emit(of, runtime.Count("ColdStart", 1))
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// countSweep writes a sweep's metrics, with zeros. Sweeps postpone a group that they cannot
// serve, so such a group counts only every few minutes.
func (h *Handler) countSweep(of plan.Installation, n ensure.Swept) {
	h.metrics.Emit(of,
		runtime.Count("GroupsSwept", n.Groups),
		runtime.Count("SweepFailures", n.Failed),
		runtime.Count("SweepLeft", n.Left),
		runtime.Count("GroupsStuck", n.Stuck),
		runtime.Count("RevokesPending", n.PendingRevoke),
		runtime.Count("LargestLedger", n.Ledger),
		runtime.Count("LargestPartition", n.Partition),
		runtime.Metric{Name: "OldestDue", Unit: "Seconds", Value: n.OldestDue.Seconds()},
	)
}
