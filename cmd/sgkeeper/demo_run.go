package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// patience is the longest time for all launches. A launch without an answer by then has
// failed.
const patience = 2 * time.Minute

// drainTime is the longest wait for events that are delivered twice, after all launches have
// their answers.
const drainTime = 5 * time.Second

// demo runs one workload both ways.
type demo struct {
	launches []demoLaunch
	groups   int
	seed     uint64
	log      io.Writer // of the ensure function
	progress progress
	report   string // file for the audit's report; "": none
}

// run runs the naive way and then sgkeeper's. Each has its own account, with the same initial
// state.
func (d *demo) run(ctx context.Context) (demoReport, error) {
	report := demoReport{Seed: d.seed, Launches: len(d.launches), GroupCount: d.groups}
	naively, err := d.naively(ctx)
	if err != nil {
		return report, err
	}
	if report.Naive, err = naively.figures(); err != nil {
		return report, err
	}
	return report, d.kept(ctx, &report)
}

// naively lets every launch open its ports by itself.
func (d *demo) naively(ctx context.Context) (ran, error) {
	r := ran{account: newDemoAccount(d.groups, d.seed), launches: d.launches}
	way := &naive{client: ec2.NewFromConfig(clientsOf(r.account))}
	bar := d.progress.bar("the naive way", len(d.launches))
	defer bar.done()
	r.landings, r.took = race(ctx, d.launches, way.open, bar.add)
	r.races = int(way.races.Load())
	return r, ctx.Err()
}

// kept lets every launch use sgkeeper. After all answers, it ends the launches.
func (d *demo) kept(ctx context.Context, report *demoReport) error {
	r := ran{account: newDemoAccount(d.groups, d.seed), launches: d.launches}
	installed, err := install(ctx, r.account, "", d.log)
	if err != nil {
		return fmt.Errorf("install sgkeeper in the embedded account: %w", err)
	}
	r.account.ResetCalls()
	way := newKeeper(installed)
	stop := way.start(ctx)
	err = d.keep(ctx, way, &r, report)
	return errors.Join(err, stop(), ctx.Err())
}

func (d *demo) keep(ctx context.Context, way *keeper, r *ran, report *demoReport) (err error) {
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	bar := d.progress.bar("with sgkeeper", len(d.launches))
	r.landings, r.took = race(patient, d.launches, way.open, bar.add)
	bar.done()
	way.drain(ctx, drainTime)
	if report.Sgkeeper, err = r.figures(); err != nil {
		return err
	}
	if err := report.readGroups(r.account); err != nil {
		return err
	}
	if err := d.end(patient, way, report); err != nil {
		return err
	}
	return d.audit(ctx, way, report)
}
