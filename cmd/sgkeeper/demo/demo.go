// Package demo races launches for the ports of shared security groups: first as launchers open
// ports by themselves, then with sgkeeper. Then it ends the launches, and audits groups that an
// outsider changed. Everything runs on accounts embedded in this process.
//
// Read the files in this order:
//
//   - workload.go makes the launches, and account.go the account with its groups.
//   - race.go starts all launches at their times, and figures.go counts the results.
//   - naive.go and keeper.go are the two ways to open ports.
//   - ending.go ends the launches. tamper.go, outsider.go and audit.go are the audit, and mend.go
//     repairs two of its drifts.
//   - result.go holds the result, and text.go prints it.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
)

// Options are the workload of a demo, and its outputs while it runs.
type Options struct {
	Launches int
	Groups   int       // that the launches share: 1 to Launches
	Seed     uint64    // fixes the launches and the latencies
	Log      io.Writer // of the ensure function
	Progress io.Writer // shows the progress, if it is a terminal
}

const (
	// patience is the longest time for all launches. A launch without an answer by then has
	// failed.
	patience = 2 * time.Minute
	// drainTime is the longest wait for events that are delivered twice, after all launches
	// have their answers.
	drainTime = 5 * time.Second
)

// demo runs one workload both ways.
type demo struct {
	Options
	launches []launch
	progress progress
}

// Run runs the naive way and then sgkeeper's. Each has its own account, with the same initial
// state. It fails if a part of the demo cannot run; [Result.Verified] reports whether sgkeeper
// kept its promises.
func Run(ctx context.Context, o Options) (*Result, error) {
	d := demo{o, newWorkload(o.Launches, o.Groups, o.Seed), progress{o.Progress}}
	r := &Result{Seed: o.Seed, Launches: o.Launches, GroupCount: o.Groups}
	if err := d.naively(ctx, r); err != nil {
		return nil, err
	}
	if err := d.kept(ctx, r); err != nil {
		return nil, err
	}
	return r, nil
}

// naively lets every launch open its ports by itself.
func (d *demo) naively(ctx context.Context, result *Result) (err error) {
	r := ran{account: newAccount(d.Groups, d.Seed), launches: d.launches}
	way := &naive{client: ec2.NewFromConfig(embedded.Clients(r.account))}
	bar := d.progress.bar("the naive way", len(d.launches))
	defer bar.done()
	r.attempts, r.took = race(ctx, d.launches, way.open, bar.add)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.races = int(way.races.Load())
	result.Naive, err = r.figures()
	return err
}

// kept lets every launch use sgkeeper. After all answers, it ends the launches and audits.
func (d *demo) kept(ctx context.Context, result *Result) error {
	r := ran{account: newAccount(d.Groups, d.Seed), launches: d.launches}
	installed, err := embedded.Install(ctx, r.account, "", d.Log)
	if err != nil {
		return fmt.Errorf("install sgkeeper in the embedded account: %w", err)
	}
	r.account.ResetCalls()
	way := newKeeper(installed)
	stop := way.start(ctx)
	err = d.keep(ctx, way, &r, result)
	return errors.Join(err, stop(), ctx.Err())
}

func (d *demo) keep(ctx context.Context, way *keeper, r *ran, result *Result) (err error) {
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	bar := d.progress.bar("with sgkeeper", len(d.launches))
	r.attempts, r.took = race(patient, d.launches, way.open, bar.add)
	bar.done()
	way.drain(ctx, drainTime)
	if result.Sgkeeper, err = r.figures(); err != nil {
		return err
	}
	if result.SharedGroups, err = sharedGroups(r.account, d.Groups); err != nil {
		return err
	}
	if result.Endings, err = d.end(patient, way); err != nil {
		return err
	}
	result.Audit, err = d.audit(ctx, way)
	return err
}
