package plan

import (
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

func TestCoveredNamesEntries(t *testing.T) {
	p := Make(Input{
		Entries:  existing("tcp 8005-8010 from 0.0.0.0/0", "tcp 8000-8004 from 0.0.0.0/0", "tcp 22 from 0.0.0.0/0"),
		Requests: []claim.Request{ask(1, "a", "tcp 8000-8010 from 10.0.0.0/8")},
		Quota:    limit(60),
	})
	if len(p.Covered) != 1 {
		t.Fatalf("Covered = %v, want one rule", p.Covered)
	}
	same(t, "By", texts(p.Covered[0].By), []string{"tcp 8000-8004 from 0.0.0.0/0", "tcp 8005-8010 from 0.0.0.0/0"})
	if got, want := p.Covered[0].By[0].ID, "sgr-tcp 8000-8004 from 0.0.0.0/0"; got != want {
		t.Errorf("By[0].ID = %q, want %q", got, want)
	}
}
