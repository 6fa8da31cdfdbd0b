package group_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// byAudit returns the verdicts in the audit's drifts and in its view of the ports.
func byAudit(w world, asked verdicts) verdicts {
	v := make(verdicts)
	f, p := w.audited()
	g, drifts := drift.Compare(f, p, noon)
	if w.missing {
		return v
	}
	v["rules"], v["ours"] = fmt.Sprint(g.Rules), fmt.Sprint(g.Ours)
	for q := range asked {
		if strings.HasPrefix(q, "missing ") {
			v[q] = "no"
		}
		if strings.HasPrefix(q, "needless ") {
			v[q] = ""
		}
	}
	for _, d := range drifts {
		switch d.Kind {
		case drift.HeldByQuota, drift.Orphan, drift.LedgerGone, drift.ExpiredPresent:
			v["needless "+d.Rule.ID] = remedied(d)
		case drift.Modified, drift.PeerKindSwap:
			for _, a := range d.Requests {
				for _, r := range a.Wants {
					v["missing "+text(r)] = "yes"
				}
			}
		case drift.Missing, drift.NarrowedSource, drift.NarrowedPorts, drift.FamilyGap, drift.Contested:
			v["missing "+text(d.Rule.Rule)] = "yes"
		}
	}
	for port := int32(80); port <= 82; port++ {
		q := fmt.Sprint("port ", port)
		v[q] = ""
		for _, s := range g.Strip {
			within := s.Ports.First <= port && port <= s.Ports.Last
			if within && s.Direction == secgroup.Ingress && s.Protocol == secgroup.TCP {
				v[q] = string(s.State)
			}
		}
	}
	return v
}

// remedied returns the fate that a drift's kind and remedy imply.
func remedied(d drift.Drift) string {
	switch {
	case d.Kind == drift.HeldByQuota:
		return "held"
	case strings.Contains(d.Remedy, "sgkeeper resume"):
		return "withheld"
	case strings.Contains(d.Remedy, "thaw"):
		return "frozen"
	case strings.Contains(d.Remedy, "once the rule that replaces it"):
		return "later"
	}
	return "goes"
}

// auditable adds the expected verdicts of the audit. The audit allows a group two minutes for
// each change, and then reports a request past its expiry.
func auditable(s group.State, v verdicts) {
	live := slices.DeleteFunc(s.Live(), overdue)
	past := slices.DeleteFunc(slices.Clone(s.Requests), func(r claim.Request) bool {
		return r.Status == claim.Open && !overdue(r)
	})
	v["rules"], v["ours"] = fmt.Sprint(len(s.Rules())), fmt.Sprint(len(s.Ours()))
	for _, r := range s.Rules() {
		if r.Ours {
			v["needless "+r.ID] = ""
			if !asksFor(live, r.Rule) && !justEnded(past, r.Rule) && (!r.Assumed || asksFor(past, r.Rule)) {
				v["needless "+r.ID] = overdueGoes(v["fate "+r.ID], s)
			}
		}
	}
	for _, l := range s.Leaving() {
		if l.Pending && !busy(s.Head) && !asksFor(live, l.Rule) && !justEnded(past, l.Rule) {
			v["needless "+l.ID] = overdueGoes("stays", s)
		}
	}
	existing, certain := secgroup.NewCover(secgroup.Rules(s.Existing())), secgroup.NewCover(secgroup.Rules(s.Certain()))
	var unsure []secgroup.Rule
	for _, w := range universe {
		v["missing "+text(w)] = "no"
		for _, r := range live {
			fresh := !s.Ledger.Served.Has(r)
			lacks := asksFor([]claim.Request{r}, w) && !(existing.Covers(w) && (!fresh || certain.Covers(w)))
			if lacks && existing.Covers(w) {
				unsure = append(unsure, w)
			}
			if young := noon.Sub(r.Received) < drift.Grace && (busy(s.Head) || fresh); lacks && !young {
				v["missing "+text(w)] = "yes"
			}
		}
	}
	var there []secgroup.Rule
	for _, r := range s.Rules() {
		if !r.Assumed || !slices.ContainsFunc(unsure, r.Rule.Overlaps) {
			there = append(there, r.Rule)
		}
	}
	for port := int32(80); port <= 82; port++ {
		v[fmt.Sprint("port ", port)] = portState(slices.Collect(claim.Fold(live).Rules.All()), there, port)
	}
}

func overdue(r claim.Request) bool {
	return r.Status == claim.Open && !r.ExpiresAt.IsZero() && noon.Sub(r.ExpiresAt) >= drift.Grace
}

func busy(h lease.Head) bool {
	stuck := h.Owner != lease.Nobody && noon.Sub(h.Expires.Time()) >= drift.StuckAfter
	return !stuck && (h.Owner != lease.Nobody || h.Want > h.Applied)
}

func asksFor(requests []claim.Request, r secgroup.Rule) bool {
	return slices.ContainsFunc(requests, func(q claim.Request) bool {
		return slices.ContainsFunc(q.Rules, func(e secgroup.Entry) bool { return e.Rule.Matches(r) })
	})
}

// justEnded reports whether the last request for a rule was finished less than two
// minutes ago.
func justEnded(past []claim.Request, r secgroup.Rule) bool {
	var last time.Time
	for _, q := range past {
		until := q.Finished
		if q.Status == claim.Open {
			until = q.ExpiresAt
		}
		if asksFor([]claim.Request{q}, r) && until.After(last) {
			last = until
		}
	}
	return !last.IsZero() && noon.Sub(last) < drift.Grace
}

// overdueGoes returns the fate of a rule that only overdue requests contain: it is revoked
// with their expiry.
func overdueGoes(fate string, s group.State) string {
	switch {
	case fate == "stays" && s.HistoryLost():
		return "withheld"
	case fate == "stays" && s.Ledger.Frozen != "":
		return "frozen"
	case fate == "stays":
		return "goes"
	}
	return fate
}

// portState returns whether one TCP port is open as requested.
func portState(asked, there []secgroup.Rule, port int32) string {
	a, ownA := clipped(asked, port)
	b, ownB := clipped(there, port)
	lacks := func(have, want []secgroup.Rule) bool {
		cover := secgroup.NewCover(secgroup.SetOf(have...))
		return slices.ContainsFunc(want, func(r secgroup.Rule) bool { return !cover.Covers(r) })
	}
	switch {
	case !ownA && !ownB:
		return ""
	case lacks(b, a):
		return string(drift.Requested)
	case lacks(a, b):
		return string(drift.Unrequested)
	}
	return string(drift.AsRequested)
}

// clipped returns the traffic that rules allow on one TCP port, and whether one of them is a
// TCP rule.
func clipped(rules []secgroup.Rule, port int32) (clipped []secgroup.Rule, own bool) {
	for _, r := range rules {
		tcp := r.Protocol == secgroup.TCP && r.Ports.First <= port && port <= r.Ports.Last
		if r.Direction == secgroup.Ingress && (tcp || r.Protocol == secgroup.All) {
			own = own || tcp
			r.Protocol, r.Ports = secgroup.TCP, secgroup.Port(port)
			clipped = append(clipped, r)
		}
	}
	return clipped, own
}
