package await

import (
	"strings"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

var (
	noon = time.Date(2026, time.November, 30, 12, 0, 0, 0, time.UTC)
	live = claim.Request{
		Launch: claim.Launch{Account: "111122223333", Name: "a"}, Received: noon, Status: claim.Open, Sum: "1",
		ExpiresAt: noon.Add(time.Hour),
	}
)

func with(status claim.Status, reasons ...claim.Fault) claim.Request {
	r := live
	r.Status, r.Reasons, r.Finished = status, reasons, noon
	return r
}

// served is a head whose last round loaded its requests at a time, and served some of them.
func served(through time.Time, recent ...claim.Request) Head {
	h := Head{Lease: lease.Head{Want: 7, Applied: 7}}
	h.Ledger.Served = claim.Served{}.After(through, recent)
	return h
}

// TestJudge: the verdict on a request follows from its status and its group's head.
func TestJudge(t *testing.T) {
	waiting := served(noon.Add(time.Hour))
	waiting.Ledger.Served = waiting.Ledger.Served.After(noon.Add(time.Hour), nil, live)
	held := Head{Lease: lease.Head{Want: 7, Applied: 5, Owner: lease.Owner{Nonce: "x"}}}
	frozen := Head{Ledger: claim.Ledger{Frozen: claim.Freeze{Reason: "incident 12"}}}
	missing := Head{Ledger: claim.Ledger{Missing: noon}}
	for _, row := range []struct {
		name    string
		r       claim.Request
		h       Head
		observe bool
		status  events.Status
		says    string // in the reasons; "": there are none
		ticket  lease.Ticket
	}{
		{"served by the last round", live, served(noon.Add(time.Second), live), false, events.Ensured, "", 7},
		{"served long ago", live, served(noon.Add(time.Hour)), false, events.Ensured, "", 7},
		{"on a group that froze later", live, func() Head {
			h := served(noon.Add(time.Hour))
			h.Ledger.Frozen = claim.Freeze{Reason: "incident 12"}
			return h
		}(), false, events.Ensured, "", 7},
		{"observed", live, held, true, events.Observed, "observe mode", 5},
		{"refused, announced", with(claim.Refused, claim.Fault{Field: "/rules", Problem: "no room"}),
			served(noon.Add(time.Hour)), false, events.Rejected, "/rules: no room", 0},
		{"refused, not announced", with(claim.Refused, claim.Fault{Field: "/rules", Problem: "no room"}), held, false,
			events.Rejected, "/rules: no room", 0},
		{"ended", with(claim.Ended), served(noon.Add(time.Hour)), false, events.Rejected, "launch-ended", 0},
		{"expired", with(claim.Expired), served(noon.Add(time.Hour)), false, events.Rejected,
			"/expiresAt: the request expired at 2026-11-30T13:00:00Z", 0},
		{"refused in observe mode", with(claim.Refused), held, true, events.Rejected, "", 0},
		{"waiting", live, waiting, false, events.Queued, "the last round could not serve it", 7},
		{"a round is under way", live, held, false, events.Queued,
			"another function holds the group's lease: ticket 5 of 7 is served", 7},
		{"a round is due", live, Head{Lease: lease.Head{Want: 7, Applied: 5}}, false, events.Queued,
			"waits for a round: ticket 5 of 7", 7},
		{"no ring yet", live, Head{}, false, events.Queued, "no round has served it yet", 0},
		{"frozen", live, frozen, false, events.Queued, "the group is frozen: incident 12", 0},
		{"absent group", live, missing, false, events.Queued, "no such group since 2026-11-30T12:00:00Z", 0},
		{"stuck", live, Head{Stuck: "describe: not allowed", Remedy: "allow it"}, false, events.Queued,
			"no sweep could serve the group: describe: not allowed; allow it", 0},
	} {
		v := judge(row.r, row.h, row.observe)
		if v.status != row.status || v.ticket != row.ticket || (row.says == "") != (len(v.reasons) == 0) ||
			!strings.Contains(v.reasons.Error(), row.says) {
			t.Errorf("%s: %+v, want %s with %q and ticket %d", row.name, v, row.status, row.says, row.ticket)
		}
	}
}

// TestJudgeAll: an unserved live request decides, and without live ones the last that was
// finished.
func TestJudgeAll(t *testing.T) {
	other := live
	other.Sum = "2"
	refused, ended := with(claim.Refused, claim.Fault{Problem: "no room"}), with(claim.Ended)
	ended.Finished = noon.Add(time.Minute)
	for _, row := range []struct {
		name     string
		requests []claim.Request
		h        Head
		status   events.Status
		says     string
	}{
		{"all served", []claim.Request{live, other}, served(noon.Add(time.Second), live, other), events.Ensured, ""},
		{"one not served", []claim.Request{live, other}, served(noon.Add(time.Second), live), events.Queued,
			"no round has served it"},
		{"one live and served, one refused", []claim.Request{live, refused}, served(noon.Add(time.Second), live),
			events.Ensured, ""},
		{"refused", []claim.Request{refused}, Head{}, events.Rejected, "no room"},
		{"refused, and then ended", []claim.Request{ended, refused}, Head{}, events.Rejected, "launch-ended"},
	} {
		if v := judgeAll(row.requests, row.h, false); v.status != row.status ||
			!strings.Contains(v.reasons.Error(), row.says) {
			t.Errorf("%s: %+v, want %s with %q", row.name, v, row.status, row.says)
		}
	}
}

// TestJudgeEnd: an end is served once a round has certainly loaded it.
func TestJudgeEnd(t *testing.T) {
	ticket := func(n lease.Ticket) *lease.Ticket { return &n }
	at := func(through time.Time, applied, want lease.Ticket) Head {
		h := served(through)
		h.Lease = lease.Head{Applied: applied, Want: want}
		return h
	}
	frozen := at(noon.Add(time.Second), 7, 7)
	frozen.Ledger.Frozen = claim.Freeze{Reason: "incident 12"}
	for _, row := range []struct {
		name    string
		seen    *lease.Ticket
		h       Head
		observe bool
		status  events.Status
		says    string
	}{
		{"all served, by a round after the end", nil, at(noon.Add(time.Second), 7, 7), false, events.Released, ""},
		{"all served, by a round before the end", nil, at(noon.Add(-time.Second), 7, 7), false, events.Queued,
			"no round has served it yet: ticket 7 of 7"},
		{"its ticket waits", nil, at(noon.Add(time.Second), 7, 8), false, events.Queued, "ticket 7 of 8"},
		{"the ticket that was seen first is served", ticket(7), at(noon.Add(time.Second), 7, 9), false, events.Queued,
			"ticket 7 of 9"},
		{"a later ticket is served", ticket(7), at(noon.Add(time.Second), 8, 9), false, events.Released, ""},
		{"tickets wait, long after", nil, at(noon.Add(2*time.Minute), 7, 9), false, events.Released, ""},
		{"no round", nil, Head{}, false, events.Queued, "ticket 0 of 0"},
		{"observed", nil, at(time.Time{}, 7, 7), true, events.Released, "observe mode"},
		{"observed, its ticket waits", nil, at(time.Time{}, 7, 8), true, events.Queued, "ticket 7 of 8"},
		{"frozen", nil, frozen, false, events.Released, "the group is frozen: incident 12"},
	} {
		v := judgeEnd(ended{at: noon, seen: row.seen}, row.h, row.observe)
		if v.status != row.status || (row.says == "") != (len(v.reasons) == 0) ||
			!strings.Contains(v.reasons.Error(), row.says) {
			t.Errorf("%s: %+v, want %s with %q", row.name, v, row.status, row.says)
		}
	}
}
