package claim

import (
	"slices"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

var now = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func madeAgo(id string, ago time.Duration) Made {
	return Made{Rule: secgroup.MustParseRule("tcp 443 from ::/0"), ID: id, At: now.Add(-ago)}
}

func ids(made []Made) []string {
	var s []string
	for _, m := range made {
		s = append(s, m.ID)
	}
	return s
}

func TestUndescribed(t *testing.T) {
	made := []Made{
		madeAgo("sgr-fresh", time.Minute),
		madeAgo("sgr-described", time.Minute),
		madeAgo("sgr-old", MadeFor),
		madeAgo("sgr-nearly-old", MadeFor-time.Millisecond),
		madeAgo("sgr-from-a-clock-ahead", -time.Minute),
	}
	got := Undescribed(made, []secgroup.Entry{{ID: "sgr-described"}, {ID: "sgr-other"}}, now)
	if want := []string{"sgr-fresh", "sgr-nearly-old", "sgr-from-a-clock-ahead"}; !slices.Equal(ids(got), want) {
		t.Errorf("Undescribed = %v, want %v", ids(got), want)
	}
}

func TestLedgerJoin(t *testing.T) {
	a := Ledger{Made: []Made{madeAgo("sgr-1", 0), madeAgo("sgr-2", 0)}, Due: now}
	b := Ledger{Made: []Made{madeAgo("sgr-2", 0), madeAgo("sgr-3", 0)}, Due: now.Add(time.Hour)}
	joined := a.Join(b)
	if want := []string{"sgr-1", "sgr-2", "sgr-3"}; !slices.Equal(ids(joined.Made), want) {
		t.Errorf("Made = %v, want %v", ids(joined.Made), want)
	}
	if len(a.Made) != 2 || len(b.Made) != 2 {
		t.Error("Join changed what it joined")
	}
}
