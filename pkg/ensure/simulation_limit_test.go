package ensure_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
)

// guardrailsOf returns a file with the world's guardrails; "": the world has none.
func (s *simulation) guardrailsOf(t *testing.T) string {
	if s.workload.limit == 0 {
		return ""
	}
	path := filepath.Join(t.TempDir(), "guardrails.yaml")
	if err := os.WriteFile(path, fmt.Appendf(nil, "limits: {claims: %d}\n", s.workload.limit), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// limited: a rule is opened for a new launch only if fewer launches are open on the group
// than the guardrails allow. A launch counts from its announcement until it ends or
// expires. One that may have been announced before, and that existing rules cover, is
// announced in any case.
func (s *simulation) limited(group string, r simRule) {
	if s.workload.limit == 0 {
		return
	}
	open := make(map[*simLaunch]bool)
	for _, w := range s.wishesOf(group) {
		announced := w.launch.announced[events.EnsuredType+" "+group] > 0
		if announced && w.asks[r] {
			return // for no new launch, even if no sweep has marked its expiry yet
		}
		if announced && !w.over(time.Now()) {
			open[w.launch] = true
		}
	}
	if len(open) >= s.workload.limit {
		s.violated("%s is opened on %s for a new launch: %d are open, and the guardrails allow %d",
			r, group, len(open), s.workload.limit)
	}
}
