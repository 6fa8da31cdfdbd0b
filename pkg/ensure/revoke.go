package ensure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// condemn records the ids of the rules that are to go. From then on nobody
// counts on them, whoever holds the lease.
func (w *walk) condemn(ctx context.Context) (lease.Reply, error) {
	var ids []string
	for _, entry := range w.round.plan.Revoke {
		ids = append(ids, doomedKey(entry))
	}
	reply, err := w.write(ctx, claim.Ledger{Condemned: ids})
	if err == nil && !reply.Failed {
		w.round.condemned = union(w.round.condemned, ids)
	}
	return reply, err
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// revoke removes the condemned rules.
func (w *walk) revoke(ctx context.Context) (lease.Reply, error) {
	for _, direction := range []secgroup.Direction{secgroup.Ingress, secgroup.Egress} {
		if err := w.remove(ctx, of(direction, w.round.plan.Revoke)); err != nil {
			return lease.Reply{}, err
		}
	}
	w.round.plan.Revoke = nil
	w.await(ctx, w.round.stays)
	return lease.Reply{Plan: w.todo()}, nil
}

func of(d secgroup.Direction, entries []secgroup.Entry) []secgroup.Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e secgroup.Entry) bool { return e.Rule.Direction != d })
}

// remove revokes rules of one direction in one call. Where EC2 does not know
// one of them, each half is tried by itself: a rule that is unknown all by
// itself is gone, which is what was wanted.
func (w *walk) remove(ctx context.Context, rules []secgroup.Entry) error {
	if len(rules) == 0 {
		return nil
	}
	err := w.Groups.Revoke(ctx, w.group, rules)
	switch {
	case err == nil:
		seen := slices.DeleteFunc(slices.Clone(rules), func(e secgroup.Entry) bool { return !e.Rule.Peer.IsValid() })
		w.round.removed = append(w.round.removed, seen...)
		w.revoked = append(w.revoked, seen...)
		w.log.InfoContext(ctx, "revoked", "rules", len(rules))
	case errors.Is(err, ErrDenied):
		w.round.left = true
		w.spare(rules)
		w.round.stuck = append(w.round.stuck, w.round.doomedOf(rules)...)
		w.log.ErrorContext(ctx, "rules that nobody needs are left, for lack of permission", "rules", len(rules), "error", err)
		return nil
	case !errors.Is(err, ErrRuleNotFound):
		return err
	case len(rules) > 1:
		half := (len(rules) + 1) / 2
		if err := w.remove(ctx, rules[:half]); err != nil {
			return err
		}
		return w.remove(ctx, rules[half:])
	}
	for _, entry := range rules {
		w.round.bury(entry.ID, w.now())
	}
	return nil
}

// spare takes back that rules are condemned, where nobody before did it: EC2
// has refused to revoke them.
func (w *walk) spare(rules []secgroup.Entry) {
	w.round.condemned = slices.DeleteFunc(w.round.condemned, func(id string) bool {
		refused := slices.ContainsFunc(rules, func(e secgroup.Entry) bool { return doomedKey(e) == id })
		return refused && !slices.Contains(w.round.before.Condemned, id)
	})
}

// stays says why a rule cannot be made, nor be relied upon, where it is a
// condemned one that EC2 refuses to revoke.
func (r *round) stays(rule secgroup.Rule) string {
	if _, stuck := find(r.stuck, rule); !stuck {
		return ""
	}
	return fmt.Sprintf("%s is about to be revoked, which EC2 does not allow at present; it is opened anew after that: look at the function's role", rule)
}

// doomedOf returns those of the rules that are condemned.
func (r *round) doomedOf(rules []secgroup.Entry) []secgroup.Entry {
	return slices.DeleteFunc(slices.Clone(rules), func(e secgroup.Entry) bool { return !slices.Contains(r.condemned, doomedKey(e)) })
}

// bury notes that a rule is gone, whatever EC2 may describe for a while.
func (r *round) bury(id string, now time.Time) {
	r.gone = append(r.gone, claim.Gone{ID: id, At: now})
	r.made = slices.DeleteFunc(r.made, func(m claim.Made) bool { return m.ID == id })
	r.untagged = slices.DeleteFunc(r.untagged, func(u claim.Untagged) bool { return u.ID == id })
}

// doomedKey is how a rule is named among the condemned.
func doomedKey(e secgroup.Entry) string {
	if e.Rule.Direction == secgroup.Egress {
		return claim.EgressMark + e.ID
	}
	return e.ID
}

// doomedEntry is what is known of a condemned rule that is not described.
func doomedEntry(key string) secgroup.Entry {
	if id, egress := strings.CutPrefix(key, claim.EgressMark); egress {
		return secgroup.Entry{ID: id, Rule: secgroup.Rule{Direction: secgroup.Egress}}
	}
	return secgroup.Entry{ID: key}
}

// doomed returns the condemned rules that are not known to be gone.
func (r *round) doomed() []string {
	return slices.DeleteFunc(slices.Clone(r.condemned), func(key string) bool {
		return slices.ContainsFunc(r.gone, func(g claim.Gone) bool { return g.ID == doomedEntry(key).ID })
	})
}
