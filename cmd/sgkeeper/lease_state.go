package main

import (
	"cmp"
	"fmt"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// leaseState is the state of a group's lease.
type leaseState string

const (
	leaseFree    leaseState = "free"
	leaseHeld    leaseState = "held"
	leaseExpired leaseState = "expired" // its holder died; the next ring or sweep takes it over
	leaseWaiting leaseState = "waiting" // no holder, and a ticket is not served
)

// leaseLine is a group's lease as `sgkeeper leases` prints it.
type leaseLine struct {
	Group          string     `json:"group"`
	Account        string     `json:"account"`
	Region         string     `json:"region"`
	State          leaseState `json:"state"`
	Holder         string     `json:"holder,omitempty"` // the function's request id, if known
	Since          time.Time  `json:"since,omitzero"`
	Until          time.Time  `json:"until,omitzero"`
	Tickets        int64      `json:"tickets"` // counted
	Served         int64      `json:"served"`  // the last one served
	DueNow         bool       `json:"dueNow"`  // the next sweep serves the group
	NextLook       time.Time  `json:"nextLook,omitzero"`
	Frozen         string     `json:"frozen,omitempty"`
	MissingSince   time.Time  `json:"missingSince,omitzero"` // since when EC2 has had no such group
	PendingRevokes []string   `json:"condemned"`             // ids of rules with a pending revoke
	PendingSince   time.Time  `json:"pendingSince,omitzero"` // since when the first revoke is pending
	HistoryLost    int64      `json:"historyLost,omitempty"` // the highest forgotten ticket

	NotServed      string    `json:"notServed,omitempty"` // the reason why no sweep can serve the group
	NotServedSince time.Time `json:"notServedSince,omitzero"`
	Remedy         string    `json:"remedy,omitempty"` // for NotServed
}

// overdue is the time after which a due group counts as not served by any sweep.
const overdue = 5 * time.Minute

// leaseOf returns the lease of a group's head.
func leaseOf(h dynamo.Headed, now time.Time) leaseLine {
	l := leaseLine{
		Group: h.Group.ID, Account: h.Group.Account, Region: h.Group.Region,
		State:   leaseFree,
		Tickets: int64(h.Head.Want), Served: int64(h.Head.Applied),
		DueNow: !h.Due.After(now) && !h.Due.IsZero(),
		Frozen: h.Ledger.Frozen, MissingSince: h.Ledger.Missing, HistoryLost: h.Ledger.Forgotten,
		PendingRevokes: []string{},
	}
	for _, p := range h.Ledger.PendingRevokes {
		l.PendingRevokes = append(l.PendingRevokes, p.ID)
		if l.PendingSince.IsZero() || p.Since.Before(l.PendingSince) {
			l.PendingSince = p.Since
		}
	}
	switch {
	case !h.Stuck.Since.IsZero():
		l.NotServed, l.NotServedSince, l.Remedy = h.Stuck.Reason, h.Stuck.Since.UTC(), h.Stuck.Remedy
	case h.Due.UnixMilli() > 0 && now.Sub(h.Due) > overdue:
		l.NotServed, l.NotServedSince = "it is due, and no sweep has served it", h.Due.UTC()
		l.Remedy = fmt.Sprintf("check that the sweep runs, and that the function serves account %s in %s "+
			"(SGKEEPER_MEMBER_ACCOUNTS, SGKEEPER_MEMBER_REGIONS)", l.Account, l.Region)
	}
	if h.Due.After(now) {
		l.NextLook = h.Due.UTC()
	}
	if h.Head.Owner == lease.Nobody {
		if l.Served < l.Tickets {
			l.State = leaseWaiting
		}
		return l
	}
	l.State, l.Until, l.Holder = leaseHeld, h.Head.Expires.Time(), h.Head.Owner.Nonce
	if now.After(l.Until) {
		l.State = leaseExpired
	}
	if holder, ok := ensure.ParseHolder(h.Head.Owner.Nonce); ok {
		l.Holder, l.Since = cmp.Or(holder.Invocation, h.Head.Owner.Nonce), holder.Since
	}
	return l
}

// nextSweep is the time of the next sweep of the group, as a short text.
func (l leaseLine) nextSweep() string {
	if l.DueNow {
		return "now"
	}
	return clock(l.NextLook)
}

// note returns the unusual facts of a lease.
func (l leaseLine) note() string {
	switch {
	case l.HistoryLost > 0:
		return "history lost: nothing is revoked, see sgkeeper resume"
	case l.Frozen != "":
		return "frozen: " + l.Frozen
	case !l.MissingSince.IsZero():
		return "EC2 knows no such group since " + clock(l.MissingSince)
	case l.NotServed != "":
		return "not served, see below"
	case len(l.PendingRevokes) > 0:
		return fmt.Sprintf("%d rules to be revoked", len(l.PendingRevokes))
	}
	return ""
}
