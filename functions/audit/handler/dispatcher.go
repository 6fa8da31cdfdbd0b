package handler

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
)

// dispatcher assigns the messages of one invocation to the audits that they request.
type dispatcher struct {
	*Handler
	account  string
	owner    plan.Installation
	places   []audit.Place // that are audited
	log      *slog.Logger
	recorder audit.Recorder

	all     []int // messages that command an audit of every group
	resume  map[string][]int
	targets map[claim.Group]*target
	order   []claim.Group
	read    *reading // the latest report; nil if it was not read

	records []audit.Record // of the audits that did not fail
	failed  map[int]error  // by message
	faults  claim.Faults
	ignored int // messages that start no audit
	refused int // messages that could not be decoded
	broken  int // audits that failed
}

func (h *Handler) newDispatcher(ctx context.Context, account string, cold bool) *dispatcher {
	owner := h.config.Owner(account, h.region)
	d := &dispatcher{
		Handler: h, account: account, owner: owner, log: runtime.WithInvocation(ctx, h.log, owner, cold),
		recorder: h.record,
		resume:   make(map[string][]int), targets: make(map[claim.Group]*target), failed: make(map[int]error),
	}
	d.recorder.Log = d.log
	return d
}

// lookupTime is the time for the lookups of an invocation before its audits. If EC2 throttles them
// for longer, their events come again.
const lookupTime = time.Minute

// serve first assigns all messages, and then runs the audits.
func (d *dispatcher) serve(ctx context.Context, messages []events.AuditMessage) {
	lookups, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	for i, m := range messages {
		d.take(lookups, i, m)
	}
	if len(d.all) == 0 { // an audit of all groups needs no choice
		d.dropStrangers(lookups)
		d.coalesce(ctx)
	}
	if len(d.all)+len(d.order) > 0 {
		d.logChanges(ctx)
		d.audit(ctx, append(d.all, d.some()...), d.begin(audit.Scope{All: len(d.all) > 0, Targets: d.scope()}))
	}
	for _, id := range slices.Sorted(maps.Keys(d.resume)) {
		d.audit(ctx, d.resume[id], func(ctx context.Context) (audit.Record,
			error) {
			return d.recorder.Resume(ctx, id)
		})
	}
}

func (d *dispatcher) begin(s audit.Scope) func(context.Context) (audit.Record, error) {
	return func(ctx context.Context) (audit.Record, error) { return d.recorder.Begin(ctx, s) }
}

func (d *dispatcher) scope() (targets []audit.Target) {
	for _, g := range d.order {
		targets = append(targets, d.targets[g].Target)
	}
	return targets
}

// some returns the messages that name the remaining groups, each once.
func (d *dispatcher) some() (messages []int) {
	for _, g := range d.order {
		messages = append(messages, d.targets[g].messages...)
	}
	slices.Sort(messages)
	return slices.Compact(messages)
}

// take assigns one message.
func (d *dispatcher) take(ctx context.Context, i int, m events.AuditMessage) {
	switch {
	case m.Faults != nil:
		d.refuse(ctx, m.MessageID, m.Faults)
	case m.Undelivered:
		d.broken++
		d.failed[i] = runtime.ErrUndelivered
		d.log.ErrorContext(ctx, "an event comes again", "message", m.MessageID, "error", runtime.ErrUndelivered)
	case m.Ignored != "":
		d.ignore(ctx, m.Ignored)
	case m.Changes != nil:
		for _, c := range m.Changes {
			if d.serves(c.Account) {
				d.change(ctx, i, c, m.Again)
			} else {
				d.refuse(ctx, m.MessageID, unknownAccount(c.Account))
			}
		}
	case m.Audit.Continue != "":
		d.resume[m.Audit.Continue] = append(d.resume[m.Audit.Continue], i)
	case len(m.Audit.Groups) == 0:
		d.all = append(d.all, i)
	default:
		for _, g := range m.Audit.Groups {
			if t := d.target(ctx, i, claim.Group{Account: g.Account, Region: g.Region, ID: g.ID}); t != nil {
				t.Named = true
			}
		}
	}
}

func (d *dispatcher) refuse(ctx context.Context, message string, faults claim.Faults) {
	d.refused++
	d.faults = append(d.faults, faults...)
	d.log.WarnContext(ctx, "refused", "message", message, "reasons", faults.Error())
}

// serves reports whether an account is the function's own or a member.
func (d *dispatcher) serves(account string) bool {
	return slices.ContainsFunc(d.places, func(p audit.Place) bool { return p.Account == account })
}

func unknownAccount(account string) claim.Faults {
	return claim.Faults{{Field: "/account", Problem: fmt.Sprintf("found %q: want the function's account or a member. "+
		"Add the account to SGKEEPER_MEMBER_ACCOUNTS, or remove the rule that forwards its events", account)}}
}

func (d *dispatcher) ignore(ctx context.Context, why string, args ...any) {
	d.ignored++
	d.log.DebugContext(ctx, "ignored", append([]any{"reason", why}, args...)...)
}

// target is a group that messages want audited.
type target struct {
	audit.Target
	messages []int    // that name the group
	texts    []string // of the events that name it
	again    bool     // one of the messages came before
}

// target returns the target of a group that a message names. It is nil if the group's account
// or Region is not audited.
func (d *dispatcher) target(ctx context.Context, message int, g claim.Group) *target {
	if !slices.Contains(d.places, audit.Place{Account: g.Account, Region: g.Region}) {
		d.ignore(ctx, "the group is in no account and Region that is audited", "group", g.String())
		return nil
	}
	if d.targets[g] == nil {
		d.targets[g] = &target{Target: audit.Target{Group: g}}
		d.order = append(d.order, g)
	}
	t := d.targets[g]
	t.messages = append(t.messages, message)
	return t
}

// findPlaces finds the accounts and Regions that are audited, each once. It fails if it cannot
// find out which accounts are members.
func (d *dispatcher) findPlaces(ctx context.Context) error {
	members, err := d.roster.Current(ctx, d.now(), d.log)
	if err != nil {
		return err
	}
	for _, account := range others(d.account, members) {
		for _, region := range others(d.region, d.config.Members.Regions) {
			d.places = append(d.places, audit.Place{Account: account, Region: region})
		}
	}
	return nil
}

// others returns the function's own account or Region and the others, each once.
func others(own string, listed []string) []string {
	all := []string{own}
	for _, l := range listed {
		if l != own {
			all = append(all, l)
		}
	}
	return all
}

// audit runs one audit, for the messages with these indexes. If it fails, they come again.
func (d *dispatcher) audit(
	ctx context.Context, messages []int, run func(context.Context) (audit.Record, error),
) {
	if d.recorder.Auditor == nil {
		d.recorder.Auditor = d.auditor(ctx)
	}
	record, err := run(ctx)
	d.logRecord(ctx, record, err)
	if err == nil {
		d.records = append(d.records, record)
		return
	}
	d.broken++
	for _, i := range messages {
		d.failed[i] = err
	}
}

func (d *dispatcher) answer(batch events.AuditBatch) ([]byte, error) {
	if batch.Kind == events.SQS {
		var again []string
		for i, m := range batch.Messages {
			if d.failed[i] != nil {
				again = append(again, m.MessageID)
			}
		}
		return json.Marshal(runtime.NewFailures(again...))
	}
	for i := range batch.Messages {
		if err := d.failed[i]; err != nil {
			return nil, fmt.Errorf("try again: %w", err)
		}
	}
	return json.Marshal(d.result())
}
