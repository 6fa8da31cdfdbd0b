package handler

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"

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
	some    []int // messages about some groups, by command or change
	resume  map[string][]int
	targets map[claim.Group]*audit.Target
	order   []claim.Group

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
		resume:   make(map[string][]int), targets: make(map[claim.Group]*audit.Target), failed: make(map[int]error),
	}
	d.recorder.Log = d.log
	return d
}

// serve first assigns all messages, and then runs the audits.
func (d *dispatcher) serve(ctx context.Context, messages []events.AuditMessage) {
	for i, m := range messages {
		d.take(ctx, i, m)
	}
	if len(d.all)+len(d.some)+len(d.resume) == 0 {
		return
	}
	d.recorder.Auditor = d.auditor(ctx)
	if len(d.all) > 0 {
		d.audit(ctx, append(d.all, d.some...), d.begin(audit.Scope{All: true, Targets: d.scope()}))
	} else if len(d.some) > 0 && len(d.order) > 0 {
		d.audit(ctx, d.some, d.begin(audit.Scope{Targets: d.scope()}))
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
		targets = append(targets, *d.targets[g])
	}
	return targets
}

// take assigns one message.
func (d *dispatcher) take(ctx context.Context, i int, m events.AuditMessage) {
	switch {
	case m.Faults != nil:
		d.refused++
		d.faults = append(d.faults, m.Faults...)
		d.log.WarnContext(ctx, "refused", "message", m.MessageID, "reasons", m.Faults.Error())
	case m.Ignored != "":
		d.ignore(ctx, m.Ignored)
	case m.Change != nil:
		d.change(ctx, i, *m.Change)
	case m.Audit.Continue != "":
		d.resume[m.Audit.Continue] = append(d.resume[m.Audit.Continue], i)
	case len(m.Audit.Groups) == 0:
		d.all = append(d.all, i)
	default:
		d.some = append(d.some, i)
		for _, g := range m.Audit.Groups {
			d.target(ctx, claim.Group{Account: g.Account, Region: g.Region, ID: g.ID})
		}
	}
}

func (d *dispatcher) ignore(ctx context.Context, why string, args ...any) {
	d.ignored++
	d.log.DebugContext(ctx, "ignored", append([]any{"reason", why}, args...)...)
}

// target returns the target of a group that will be audited. It is nil if the group's account
// or Region is not audited.
func (d *dispatcher) target(ctx context.Context, g claim.Group) *audit.Target {
	if !slices.Contains(d.places, audit.Place{Account: g.Account, Region: g.Region}) {
		d.ignore(ctx, "the group is in no account and Region that is audited", "group", g.String())
		return nil
	}
	if d.targets[g] == nil {
		d.targets[g] = &audit.Target{Group: g}
		d.order = append(d.order, g)
	}
	return d.targets[g]
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
