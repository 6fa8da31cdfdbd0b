package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Audited is the result of the demo's audits.
type Audited struct {
	Before   int      `json:"before"`   // drifts before the changes
	Injected []Change `json:"injected"` // the changes, and the drifts found
	Others   int      `json:"others"`   // drifts without a change that explains them
	Excepted int      `json:"excepted"` // rules that are declared as exceptions
	Mended   []Mended `json:"mended"`   // drifts that the demo repaired

	// Report names the file to which the caller wrote Found, the report of the last audit.
	Report string        `json:"report,omitempty"`
	Found  *drift.Report `json:"-"`
}

// Change is one change by the outsider.
type Change struct {
	Kind  drift.Kind   `json:"kind"`
	Did   string       `json:"did"`
	Drift *drift.Drift `json:"drift"` // null: the audit missed it
}

// verified reports whether the audits found all changes, and nothing else.
func (a Audited) verified() bool {
	for _, c := range a.Injected {
		if c.Drift == nil {
			return false
		}
	}
	return a.Before == 0 && a.Others == 0 && len(a.Injected) > 0 && a.mended()
}

// missed names the changes that the audits missed, and the drifts without a change.
func (a Audited) missed() string {
	n := 0
	for _, c := range a.Injected {
		if c.Drift == nil {
			n++
		}
	}
	if n+a.Before+a.Others == 0 {
		return "The audit found all changes, and the repairs did not do what they should."
	}
	return fmt.Sprintf("Of %d changes the audit missed %d, and it found %d drifts that are none.",
		len(a.Injected), n, a.Before+a.Others)
}

// auditLater is the time from the changes to the audit, by the audit's clock. By then, no rule
// is too recent to be a drift.
const auditLater = 30 * time.Minute

// audit opens ports for launches, audits, lets the outsider change the groups, and audits
// again.
func (d *demo) audit(ctx context.Context, way *keeper) (Audited, error) {
	if err := requestAudited(ctx, way); err != nil {
		return Audited{}, err
	}
	auditor := newAuditor(way.installation, d.Groups)
	before, err := auditor.Audit(ctx, audit.Scope{All: true}, nil)
	if err != nil {
		return Audited{}, err
	}
	done := tamperings(plan.Installation(auditor.Policy.Installation))
	o := &outsider{way.installation.Account, ec2.NewFromConfig(way.installation.Config)}
	for _, t := range done {
		if err := t.do(ctx, o); err != nil {
			return Audited{}, fmt.Errorf("%s: %w", t.did, err)
		}
	}
	auditor.Now = func() time.Time { return time.Now().Add(auditLater) }
	after, err := auditor.Audit(ctx, audit.Scope{All: true}, before)
	if err != nil {
		return Audited{}, err
	}
	a := matched(done, after)
	a.Before, a.Found = len(before.Drifts), after
	a.Mended, err = mendSome(ctx, way.installation, auditor, after)
	return a, err
}

// requestAudited publishes the requests of the audit's launches.
func requestAudited(ctx context.Context, way *keeper) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	addAuditedGroups(way.installation.Account)
	for _, l := range auditedLaunches {
		request := requestOf(l.name, l.group, l.rules)
		if l.expires {
			request.ExpiresAt = time.Now().Add(auditLater / 2)
		}
		if err := way.publish(ctx, l.name, request); err != nil {
			return fmt.Errorf("launch %s: %w", l.name, err)
		}
	}
	way.drain(ctx, drainTime)
	return nil
}

// matched finds the drift of each change.
func matched(done []tampering, after *drift.Report) Audited {
	a := Audited{Others: len(after.Drifts), Excepted: after.Excepted}
	of := make(map[drift.Kind]*drift.Drift)
	for i := range after.Drifts {
		of[after.Drifts[i].Kind] = &after.Drifts[i]
	}
	for _, t := range done {
		a.Injected = append(a.Injected, Change{t.kind, t.did, of[t.kind]})
		if of[t.kind] != nil {
			a.Others--
		}
	}
	return a
}

// newAuditor returns the audit function's auditor. Exceptions declare the rules that the demo's
// groups had before sgkeeper.
func newAuditor(i *embedded.Installation, groups int) *audit.Auditor {
	place := audit.Place{Account: i.Account.ID(), Region: i.Account.Region()}
	reader := ec2sg.NewReader(ec2sg.One(ec2.NewFromConfig(i.Config), place.Account, place.Region))
	policy := drift.Policy{
		Installation: string(plan.DefaultInstallation(place.Account, place.Region, embedded.Table)),
		ManagedTag:   "sgkeeper:managed=true",
		Sensitive:    drift.SensitivePorts(),
	}
	for g := range groups {
		x := drift.Exception{
			ID: fmt.Sprint("before-", g+1), Owner: "network-team", Reason: "there before sgkeeper was",
			Group: groupID(g),
		}
		for _, text := range []string{"all from self", "tcp 22 from 198.51.100.0/24", "tcp 8000-8004 from 0.0.0.0/0"} {
			x.Rules = append(x.Rules, secgroup.MustParseRule(text))
		}
		policy.Exceptions = append(policy.Exceptions, x)
	}
	return &audit.Auditor{
		EC2: reader, Table: dynamo.New(dynamodb.NewFromConfig(i.Config), embedded.Table),
		Policy: policy, Places: []audit.Place{place}, TableName: embedded.Table,
	}
}
