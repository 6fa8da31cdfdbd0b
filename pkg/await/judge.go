package await

import (
	"fmt"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// verdict is the status of a request or an end, with its reasons.
type verdict struct {
	status  events.Status
	reasons claim.Faults
	ticket  lease.Ticket
}

func rejected(reasons ...claim.Fault) verdict {
	return verdict{status: events.Rejected, reasons: reasons}
}

func queued(field, format string, args ...any) verdict {
	return verdict{status: events.Queued, reasons: claim.Faults{{Field: field, Problem: fmt.Sprintf(format, args...)}}}
}

// judge returns the verdict on a request that is on record. The head counts only for a live
// one. A refusal is final once it is recorded, even before it is announced.
func judge(r claim.Request, h Head, observe bool) verdict {
	switch {
	case r.Status == claim.Refused:
		return rejected(r.Reasons...)
	case r.Status == claim.Ended:
		return rejected(claim.EndedFault(r.Launch.Name))
	case r.Status == claim.Expired:
		return rejected(claim.ExpiredFault(r))
	case observe:
		return verdict{events.Observed, observing, h.Lease.Applied}
	case h.Ledger.Served.Has(r):
		return verdict{events.Ensured, nil, h.Lease.Applied}
	}
	return pending(h, h.Ledger.Served.Waits(r))
}

// judgeAll returns the verdict on all requests of a launch in a group. If some are live, the
// first one that is not served decides. If none is, the one that was finished last does.
func judgeAll(requests []claim.Request, h Head, observe bool) verdict {
	live := claim.OpenOf(requests)
	if len(live) == 0 {
		last := slices.MaxFunc(requests, func(r, q claim.Request) int { return r.Finished.Compare(q.Finished) })
		return judge(last, h, observe)
	}
	var v verdict
	for _, r := range live {
		if v = judge(r, h, observe); v.status == events.Queued {
			break
		}
	}
	return v
}

var observing = claim.Faults{{Problem: "sgkeeper runs in observe mode: the request is recorded, " +
	"and nothing is written to the group"}}

// pending returns the verdict on a live request that no round has served. If it waits, a round
// could not serve it.
func pending(h Head, waits bool) verdict {
	why := "the request is recorded, and "
	switch {
	case h.Lease.Owner != lease.Nobody:
		why += "another function holds the group's lease: " + tickets(h.Lease)
	case h.Lease.Want > h.Lease.Applied:
		why += "the group waits for a round: " + tickets(h.Lease)
	case waits:
		why += "the last round could not serve it; the function's log has the reason, and a sweep tries again"
	default:
		why += "no round has served it yet"
	}
	return verdict{events.Queued, append(causes(h), claim.Fault{Field: "/group", Problem: why}), h.Lease.Want}
}

// causes returns the known reasons why rounds do not serve a group.
func causes(h Head) (reasons claim.Faults) {
	add := func(format string, args ...any) {
		reasons = append(reasons, claim.Fault{Field: "/group", Problem: fmt.Sprintf(format, args...)})
	}
	if h.Ledger.Frozen.Holds() {
		add("the group is frozen: %s; sgkeeper writes nothing to it until it is thawed", h.Ledger.Frozen)
	}
	if !h.Ledger.Missing.IsZero() {
		add("EC2 has known no such group since %s", h.Ledger.Missing.Format(time.RFC3339))
	}
	if h.Stuck != "" {
		add("no sweep could serve the group: %s; %s", h.Stuck, h.Remedy)
	}
	return reasons
}

func tickets(h lease.Head) string {
	return fmt.Sprintf("ticket %d of %d is served", h.Applied, h.Want)
}

// unknown is the verdict on a request that is neither on record nor refused.
var unknown = queued("", "neither a request nor a refusal of this launch is on record: "+
	"sgkeeper has not read the event, "+
	"or the event has another account, source or publisher than this wait, or it went to another installation")

// ended holds the known facts of a launch's end in a group in which it has requests.
type ended struct {
	at   time.Time     // of the first end there
	seen *lease.Ticket // the last ticket that was counted when this wait first saw the end; nil: this is the first time
}

// judgeEnd returns the verdict on an end that is on record. A round has served the end if it
// loaded the group's requests after the end was written. One of these facts proves that:
//
//   - The last round loaded them at least [claim.Margin] after the end.
//   - A ticket was served that was counted after this wait had read the end.
//   - Every ticket is served, that of the end included, and the last round loaded the requests
//     not before the end. A function counts its ticket at once after it has written an end.
func judgeEnd(e ended, h Head, observe bool) verdict {
	l := h.Ledger
	certain := !group.Unannounced(l, e.at)
	later := e.seen != nil && h.Lease.Applied > *e.seen
	idle := h.Lease.Want == h.Lease.Applied && (observe || !l.Served.Through.Before(e.at))
	if !certain && !later && !idle {
		why := claim.Fault{Field: "/group", Problem: "the end is recorded, and no round has served it yet: " +
			tickets(h.Lease)}
		return verdict{events.Queued, append(causes(h), why), h.Lease.Want}
	}
	v := verdict{status: events.Released, ticket: h.Lease.Applied}
	switch {
	case observe:
		v.reasons = claim.Faults{{
			Problem: "sgkeeper runs in observe mode: the end is recorded, and nothing is revoked",
		}}
	case l.Frozen.Holds():
		v.reasons = claim.Faults{{Field: "/group", Problem: fmt.Sprintf(
			"the group is frozen: %s; its rules are revoked when it is thawed", l.Frozen)}}
	}
	return v
}
