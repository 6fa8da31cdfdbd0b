package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/repair"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/mend"
)

// Mended is one drift that the demo repairs, as `sgkeeper mend` does.
type Mended struct {
	Kind  drift.Kind `json:"kind"`
	Calls []Call     `json:"calls"`
	// Closed: an audit after the repair did not find the drift.
	Closed bool `json:"closed"`
	// Undo are the calls that undo the repair; empty if the demo does not undo it.
	Undo []Call `json:"undo"`
	// Reopened: an audit after the undo found the drift again.
	Reopened bool `json:"reopened"`
}

// Call is one call to EC2.
type Call struct {
	Call   repair.Op     `json:"call"`
	Rule   secgroup.Rule `json:"rule"`
	Reason string        `json:"reason"`
}

// mendedKinds are the kinds of the drifts to repair. The demo undoes the last repair.
var mendedKinds = []drift.Kind{drift.WidenedPorts, drift.Unexpected}

// mendSome repairs drifts of a report, and undoes the last repair.
func mendSome(
	ctx context.Context, i *embedded.Installation, auditor *audit.Auditor, found *drift.Report,
) (all []Mended, err error) {
	mender := &mend.Mender{
		Groups: ec2sg.New(ec2.NewFromConfig(i.Config)), Policy: auditor.Policy,
		Table: dynamo.New(dynamodb.NewFromConfig(i.Config), embedded.Table),
	}
	for n, kind := range mendedKinds {
		of := driftOf(found, kind)
		if of == nil {
			return nil, nil // the audit missed it, and the demo says so
		}
		m := Mended{Kind: kind, Undo: []Call{}}
		job, err := mender.Prepare(ctx, of.Group, []drift.Drift{*of})
		if err != nil {
			return nil, err
		}
		if m.Calls, err = perform(ctx, mender, job); err != nil {
			return nil, err
		}
		if m.Closed, err = isGone(ctx, auditor, of); err != nil {
			return nil, err
		}
		if n == len(mendedKinds)-1 {
			if m.Undo, err = undo(ctx, mender, job); err != nil {
				return nil, err
			}
			gone, err := isGone(ctx, auditor, of)
			if err != nil {
				return nil, err
			}
			m.Reopened = !gone
		}
		all = append(all, m)
	}
	return all, nil
}

func driftOf(r *drift.Report, kind drift.Kind) *drift.Drift {
	for i := range r.Drifts {
		if r.Drifts[i].Kind == kind {
			return &r.Drifts[i]
		}
	}
	return nil
}

// perform performs a job, and returns its calls. It tries again while a function serves the group.
func perform(ctx context.Context, m *mend.Mender, job *mend.Job) (calls []Call, err error) {
	for {
		m.Perform(ctx, job)
		if !errors.Is(job.Err, mend.ErrBusy) {
			break
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second / 5):
		}
	}
	err = job.Err
	for _, r := range job.Results {
		calls = append(calls, Call{r.Step.Op, r.Step.Entry.Rule, r.Step.Reason})
		err = errors.Join(err, r.Err)
	}
	if err != nil {
		return nil, fmt.Errorf("mend %s: %w", job.Group.ID, err)
	}
	return calls, nil
}

// undo undoes a job by the content of its undo file.
func undo(ctx context.Context, m *mend.Mender, job *mend.Job) ([]Call, error) {
	file, err := json.Marshal(mend.NewUndo([]*mend.Job{job}, time.Now()))
	if err != nil {
		return nil, err
	}
	u, err := mend.ReadUndo(file)
	if err != nil {
		return nil, err
	}
	back, err := m.Undo(ctx, job.Group, u.Groups[0].Former, false)
	if err != nil {
		return nil, err
	}
	return perform(ctx, m, back)
}

// isGone reports whether an audit of the group finds the drift no more.
func isGone(ctx context.Context, auditor *audit.Auditor, d *drift.Drift) (bool, error) {
	scope := audit.Scope{Targets: []audit.Target{{Group: d.Group, Named: true}}}
	now, err := auditor.Audit(ctx, scope, nil)
	if err != nil {
		return false, err
	}
	for i := range now.Drifts {
		if now.Drifts[i].ID == d.ID {
			return false, nil
		}
	}
	return true, nil
}

// mended reports whether the audits show each repair and the undo.
func (a Audited) mended() bool {
	for i, m := range a.Mended {
		if undone := i == len(a.Mended)-1; !m.Closed || m.Reopened != undone {
			return false
		}
	}
	return len(a.Mended) == len(mendedKinds)
}
