package handler

import (
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/function"
)

// count writes an invocation's metrics. It includes zeros, so that alarms resolve. A cold
// start is a line of its own.
func (h *Handler) count(answers []ensure.Answer, contested, historyLost int64, rejected, cold bool, took time.Duration) {
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
	h.metrics.Emit(
		function.Count("LaunchesEnsured", n[events.Ensured]),
		function.Count("LaunchesQueued", n[events.Queued]),
		function.Count("LaunchesReleased", n[events.Released]),
		function.Count("LaunchesRejected", n[events.Rejected]),
		function.Count("LaunchesObserved", n[events.Observed]),
		function.Count("LaunchesRetried", retried),
		function.Count("RulesAuthorized", authorized),
		function.Count("RulesRevoked", revoked),
		function.Count("RulesCovered", covered),
		function.Count("Contested", int(contested)),
		function.Count("HistoryLost", int(historyLost)),
		function.Count("GuardrailsRejected", one(rejected)),
		function.Metric{Name: "Duration", Unit: "Milliseconds", Value: float64(took.Milliseconds())},
	)
	if cold {
		h.metrics.Emit(function.Count("ColdStart", 1))
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
func (h *Handler) countSweep(n ensure.Swept) {
	h.metrics.Emit(
		function.Count("GroupsSwept", n.Groups),
		function.Count("SweepFailures", n.Failed),
		function.Count("SweepLeft", n.Left),
		function.Count("GroupsStuck", n.Stuck),
		function.Count("RevokesPending", n.PendingRevoke),
		function.Count("LargestLedger", n.Ledger),
		function.Count("LargestPartition", n.Partition),
		function.Metric{Name: "OldestDue", Unit: "Seconds", Value: n.OldestDue.Seconds()},
	)
}
