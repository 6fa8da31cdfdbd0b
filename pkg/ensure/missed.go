package ensure

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// endTerminated ends the requests of instances that have terminated without an event. If EC2 does not
// answer, the requests stay until a later sweep, and the sweep of the group continues.
func (p *pass) endTerminated(ctx context.Context, requests []claim.Request) {
	if p.Instances == nil {
		return
	}
	for account, ids := range instancesOf(requests) {
		if !p.serves(account) { // no longer a member: its instances cannot be described
			p.log.WarnContext(ctx, "instances of an account that is not served hold ports",
				"account", account, "instances", len(ids))
			continue
		}
		p.endTerminatedIn(ctx, account, ids)
	}
}

// instancesOf returns the instances that have live requests, by account.
func instancesOf(requests []claim.Request) map[string][]string {
	ids := make(map[string][]string)
	for _, r := range requests {
		if r.Instance && r.Status == claim.Open && !slices.Contains(ids[r.Launch.Account], r.Launch.Name) {
			ids[r.Launch.Account] = append(ids[r.Launch.Account], r.Launch.Name)
		}
	}
	return ids
}

// endTerminatedIn ends the requests of an account's terminated instances.
func (p *pass) endTerminatedIn(ctx context.Context, account string, ids []string) {
	if p.InstancesOff {
		p.log.WarnContext(ctx, "SGKEEPER_INSTANCES is off, and instances hold ports, until the instances terminate",
			"account", account, "instances", len(ids))
	}
	known, err := p.describeInstances(ctx, account, ids)
	abandoned := err != nil && p.InstancesOff && p.Outages.denied(place{account, p.group.Region},
		p.now()) >= abandonAfter
	if err != nil && !abandoned {
		p.log.ErrorContext(ctx, "instances that hold ports cannot be described; "+
			"the next sweep of the group tries again",
			"account", account, "instances", len(ids), "remedy",
			"let the role call ec2:DescribeInstances, or end the launches",
			"error", err)
		return
	}
	for _, id := range ids {
		if i, found := known[id]; found && !i.over() {
			continue
		}
		why := "an instance was terminated, and no event reported it"
		if abandoned {
			why = "SGKEEPER_INSTANCES is off, and for an hour the role could not describe the instance: its launch ends"
		}
		p.log.InfoContext(ctx, why, "launch", id)
		if err := p.Ends.EndIn(ctx, claim.Launch{Account: account, Name: id}, p.group, p.now()); err != nil {
			p.log.WarnContext(ctx, "the next sweep ends the launch of an instance", "launch", id, "error", err)
		}
	}
}

// describeInstances describes instances within a deadline. If the same call has failed
// recently, for any group, it returns that error.
func (p *pass) describeInstances(ctx context.Context, account string, ids []string) (map[string]Instance, error) {
	at := place{account, p.group.Region}
	if err := p.Outages.recent(at, p.now()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTime(ctx))
	defer cancel()
	known, err := p.Instances.Instances(ctx, account, p.group.Region, ids)
	p.Outages.note(at, err, p.now())
	return known, err
}

const (
	// abandonAfter is how long DescribeInstances must be denied, as one process sees it,
	// before requests of instances in an unknown state end. They end only while
	// SGKEEPER_INSTANCES is off.
	abandonAfter = time.Hour

	outageFor = 30 * time.Second // time for which a failed call is not repeated
)

// Outages remembers failures of DescribeInstances by account and Region, between the
// invocations of one process. The zero value is ready, and a nil one remembers nothing. It is
// safe for concurrent use.
type Outages struct {
	mu sync.Mutex
	at map[place]outage
}

type place struct{ account, region string }

type outage struct {
	err         error
	last        time.Time
	deniedSince time.Time // zero: the last failure was not ErrDenied
}

// note records the result of a call.
func (o *Outages) note(at place, err error, now time.Time) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		delete(o.at, at)
		return
	}
	if o.at == nil {
		o.at = make(map[place]outage)
	}
	next := outage{err: err, last: now}
	if errors.Is(err, ErrDenied) {
		next.deniedSince = now
		if since := o.at[at].deniedSince; !since.IsZero() {
			next.deniedSince = since
		}
	}
	o.at[at] = next
}

// recent returns the error of a call that failed recently, or nil.
func (o *Outages) recent(at place, now time.Time) error {
	if o == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if last := o.at[at]; now.Sub(last.last) < outageFor {
		return last.err
	}
	return nil
}

// denied returns how long the call has been denied.
func (o *Outages) denied(at place, now time.Time) time.Duration {
	if o == nil {
		return 0
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if since := o.at[at].deniedSince; !since.IsZero() {
		return now.Sub(since)
	}
	return 0
}
