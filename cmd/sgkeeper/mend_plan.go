package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/repair"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/mend"
)

// find finds the chosen drifts, and plans a job for each group. With a table, it audits the groups
// now, also if there is a report: the report then only names the drifts.
func (m *mending) find(cmd *cobra.Command, f *mendFlags, s *source, policy drift.Policy) error {
	var report *drift.Report
	var chosen []drift.Drift
	var err error
	groups := f.choice.groups
	if f.report != "" {
		if report, err = s.report(f.report); err != nil {
			return fmt.Errorf("--report %w", err)
		}
		if chosen, err = f.choice.choose(report.Drifts); err != nil {
			return fmt.Errorf("--report %s: %w", f.report, err)
		}
		groups = groupsOf(chosen)
	}
	if m.Table != nil && (report == nil || len(groups) > 0) {
		audit := auditFlags{aws: f.aws, table: f.table, policy: f.policy, groups: groups}
		live, err := audit.online(cmd, policy, nil)
		if err != nil {
			return err
		}
		if report == nil {
			chosen, err = f.choice.choose(live.Drifts)
		} else {
			chosen = m.now(chosen, live)
		}
		if err != nil {
			return err
		}
	} else if report != nil {
		m.Recorded = recordedIn(report)
		m.Policy.Installation = cmp.Or(m.Policy.Installation, report.Installation)
	}
	return m.prepare(cmd.Context(), chosen)
}

// groupsOf returns the ids of the drifts' groups, in order.
func groupsOf(drifts []drift.Drift) (ids []string) {
	for _, d := range drifts {
		if secgroup.IsGroupID(d.Group.ID) {
			ids = append(ids, d.Group.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// now returns the chosen drifts as an audit finds them now. It notes those that are gone.
func (m *mending) now(chosen []drift.Drift, live *drift.Report) (now []drift.Drift) {
	for _, d := range chosen {
		i := slices.IndexFunc(live.Drifts, func(l drift.Drift) bool { return l.ID == d.ID })
		switch {
		case i >= 0:
			now = append(now, live.Drifts[i])
		case m.elsewhere(d.Group):
			now = append(now, d)
		default:
			m.gone = append(m.gone, d)
		}
	}
	return now
}

func (m *mending) elsewhere(g claim.Group) bool {
	return g.Account != m.place.Account || g.Region != m.place.Region
}

// recordedIn returns the part of the table's content that a report has.
func recordedIn(r *drift.Report) map[claim.Group]mend.Recorded {
	recorded := make(map[claim.Group]mend.Recorded)
	for _, g := range r.Groups {
		of := mend.Recorded{Frozen: g.Frozen}
		for _, full := range g.Requests {
			q := claim.Request{Launch: full.Launch, Group: g.Group, Status: full.Status, Received: full.Since,
				Purpose: full.Purpose}
			if q.Status == claim.Open {
				q.ExpiresAt = full.Until
			}
			for _, rule := range full.Rules {
				q.Rules = append(q.Rules, secgroup.Entry{Rule: rule})
			}
			of.Requests = append(of.Requests, q)
		}
		recorded[g.Group] = of
	}
	return recorded
}

// prepare plans a job for each group of the drifts. A group that cannot be read is a job with an
// error.
func (m *mending) prepare(ctx context.Context, drifts []drift.Drift) error {
	slices.SortStableFunc(drifts, func(a, b drift.Drift) int {
		return cmp.Or(cmp.Compare(a.Group.Account, b.Group.Account), cmp.Compare(a.Group.Region, b.Group.Region),
			cmp.Compare(a.Group.ID, b.Group.ID))
	})
	for len(drifts) > 0 {
		n := 1
		for n < len(drifts) && drifts[n].Group == drifts[0].Group {
			n++
		}
		some, g := drifts[:n], drifts[0].Group
		drifts = drifts[n:]
		job := &mend.Job{Group: g}
		switch callable := slices.ContainsFunc(some, func(d drift.Drift) bool { return repair.Mends(d.Kind) }); {
		case !callable:
			job.Plan = repair.Make(repair.Input{Group: g, Drifts: some})
		case m.elsewhere(g):
			job.Err = m.notHere(g)
		default:
			read, err := m.Prepare(ctx, g, some)
			job, read.Err = read, err
		}
		m.jobs = append(m.jobs, job)
	}
	return ctx.Err()
}

func (m *mending) notHere(g claim.Group) error {
	return fmt.Errorf("it is in account %s and Region %s, and these credentials are for %s and %s: "+
		"give --profile, --account and --region", g.Account, g.Region, m.place.Account, m.place.Region)
}

// undo plans to give groups the former rules of an undo file again.
func (m *mending) undo(ctx context.Context, s *source, file string, force bool) error {
	data, err := s.read(file)
	var u mend.Undo
	if err == nil {
		u, err = mend.ReadUndo(data)
	}
	if err != nil {
		return fmt.Errorf("--undo %s: %w", file, err)
	}
	for _, g := range u.Groups {
		job := &mend.Job{Group: g.Group()}
		if m.elsewhere(job.Group) {
			job.Err = m.notHere(job.Group)
		} else if job, err = m.Undo(ctx, job.Group, g.Former, force); err != nil {
			job.Err = err
		}
		m.jobs = append(m.jobs, job)
	}
	return ctx.Err()
}

// writeUndo writes the undo file for the jobs. It never overwrites a file.
func (m *mending) writeUndo(name string, now time.Time) error {
	if name == "" {
		name = "sgkeeper-undo-" + now.UTC().Format("20060102T150405.000Z") + ".json"
	}
	data, err := json.MarshalIndent(mend.NewUndo(m.jobs, now), "", "  ")
	if err != nil {
		return err
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("%s: %w", name, fileFault(err))
	}
	_, err = file.Write(append(data, '\n'))
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	m.undoFile = name
	return nil
}
