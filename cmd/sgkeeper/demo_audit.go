package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/report"
)

// audited is the result of the demo's audits.
type audited struct {
	Before   int        `json:"before"`   // drifts before the tampering
	Injected []injected `json:"injected"` // the changes, and the drifts found
	Others   int        `json:"others"`   // drifts without a change that explains them
	Excepted int        `json:"excepted"` // rules that are declared as exceptions
	Report   string     `json:"report,omitempty"`
}

// injected is one change by the outsider.
type injected struct {
	Kind  drift.Kind   `json:"kind"`
	Did   string       `json:"did"`
	Drift *drift.Drift `json:"drift"` // null: the audit missed it
}

// verified reports whether the audits found all changes, and nothing else.
func (a audited) verified() bool {
	for _, i := range a.Injected {
		if i.Drift == nil {
			return false
		}
	}
	return a.Before == 0 && a.Others == 0 && len(a.Injected) > 0
}

// auditLater is the time from the tampering to the audit, by the audit's clock. By then, no
// rule is too recent to be a drift.
const auditLater = 30 * time.Minute

// audit opens ports for launches, audits, lets the outsider change the groups, and audits
// again.
func (d *demo) audit(ctx context.Context, way *keeper, r *demoReport) error {
	if err := askAudited(ctx, way); err != nil {
		return err
	}
	auditor := way.installation.auditor(r.GroupCount)
	before, err := auditor.Audit(ctx, audit.Scope{All: true}, nil)
	if err != nil {
		return err
	}
	done := tamperings(plan.Installation(auditor.Policy.Installation))
	o := &outsider{way.installation.account, ec2.NewFromConfig(way.installation.config)}
	for _, t := range done {
		if err := t.do(ctx, o); err != nil {
			return fmt.Errorf("%s: %w", t.did, err)
		}
	}
	auditor.Now = func() time.Time { return time.Now().Add(auditLater) }
	after, err := auditor.Audit(ctx, audit.Scope{All: true}, before)
	if err != nil {
		return err
	}
	r.Audit = matched(done, after)
	r.Audit.Before, r.Audit.Report = len(before.Drifts), d.report
	return d.writeReport(after)
}

// askAudited publishes the requests of the audit's launches.
func askAudited(ctx context.Context, way *keeper) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	addAuditedGroups(way.installation.account)
	for _, l := range auditedLaunches {
		request := asked(l.name, l.group, l.rules)
		if l.expires {
			request.ExpiresAt = time.Now().Add(auditLater / 2)
		}
		if err := way.ask(ctx, l.name, request); err != nil {
			return fmt.Errorf("launch %s: %w", l.name, err)
		}
	}
	way.drain(ctx, drainTime)
	return nil
}

func (d *demo) writeReport(r *drift.Report) error {
	if d.report == "" {
		return nil
	}
	if err := writeReport(d.report, report.HTML, r); err != nil {
		return fmt.Errorf("--report %s: %w", d.report, err)
	}
	return nil
}

// matched finds the drift of each change.
func matched(done []tampering, after *drift.Report) audited {
	a := audited{Others: len(after.Drifts), Excepted: after.Excepted}
	of := make(map[drift.Kind]*drift.Drift)
	for i := range after.Drifts {
		of[after.Drifts[i].Kind] = &after.Drifts[i]
	}
	for _, t := range done {
		a.Injected = append(a.Injected, injected{t.kind, t.did, of[t.kind]})
		if of[t.kind] != nil {
			a.Others--
		}
	}
	return a
}

// auditor returns the audit function's auditor. Exceptions declare the rules that the demo's
// groups had before sgkeeper.
func (i *installation) auditor(groups int) *audit.Auditor {
	place := audit.Place{Account: i.account.ID(), Region: i.account.Region()}
	reader := ec2sg.NewReader(ec2sg.One(ec2.NewFromConfig(i.config), place.Account, place.Region))
	policy := drift.Policy{
		Installation: string(plan.DefaultInstallation(place.Account, place.Region, installedTable)), ManagedTag: "sgkeeper:managed=true", Sensitive: drift.SensitivePorts(),
	}
	for g := range groups {
		x := drift.Exception{ID: fmt.Sprint("before-", g+1), Owner: "network-team", Reason: "there before sgkeeper was", Group: demoGroup(g)}
		for _, text := range []string{"all from self", "tcp 22 from 198.51.100.0/24", "tcp 8000-8004 from 0.0.0.0/0"} {
			x.Rules = append(x.Rules, secgroup.MustParseRule(text))
		}
		policy.Exceptions = append(policy.Exceptions, x)
	}
	return &audit.Auditor{
		EC2: reader, Table: dynamo.New(dynamodb.NewFromConfig(i.config), installedTable),
		Policy: policy, Places: []audit.Place{place},
	}
}
