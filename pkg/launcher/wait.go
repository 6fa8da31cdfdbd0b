package launcher

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// between is the default interval between two reads of a group. EC2 allows an account 20
// describes of rules per second (EC2 API throttling guide), which all waiting launches share.
const between = 2 * time.Second

// Wait returns nil when sgkeeper has served the request. If sgkeeper refused it, the error is a
// [RejectedError]. If ctx ends first, it is a [QueuedError] with the last known reasons. Give the
// receipt of Send, so that only the refusal of that event counts; without one, any recorded
// refusal of the same rules does.
//
// Without a Waiter, Wait reads the request's group until it allows all rules of the request. If
// ctx ends first, the error is a [MissingError]. Success then does not mean that sgkeeper
// accepted the request: the ports may have been open before. It does not see a refusal, which
// is on the bus.
func (l *Launcher) Wait(ctx context.Context, r events.Request, of ...Receipt) error {
	if l.Waiter != nil {
		return l.await(ctx, events.Wait{Request: &r}, of)
	}
	return l.waitOpen(ctx, r)
}

// waitOpen reads the request's group until it allows all rules of the request.
func (l *Launcher) waitOpen(ctx context.Context, r events.Request) error {
	var missing []secgroup.Rule
	for {
		found, err := l.Missing(ctx, r)
		switch {
		case ctx.Err() != nil:
			return &MissingError{r.Launch.Name, missing, ctx.Err()}
		case err != nil:
			return err
		case len(found) == 0:
			return nil
		}
		missing = found
		select {
		case <-time.After(cmp.Or(l.Every, between)):
		case <-ctx.Done():
			return &MissingError{r.Launch.Name, missing, ctx.Err()}
		}
	}
}

// Missing reads the request's group once and returns the rules that the group does not allow
// completely.
func (l *Launcher) Missing(ctx context.Context, r events.Request) ([]secgroup.Rule, error) {
	if l.Groups == nil {
		return nil, ErrNoGroups
	}
	groups := ec2sg.New(l.Groups)
	group := claim.Group{Account: r.Group.Account, Region: r.Group.Region, ID: r.Group.ID}
	if group.ID == "" {
		var err error
		if group.ID, err = groups.Find(ctx, group, r.Group.Name, r.Group.VPC); err != nil {
			return nil, err
		}
	}
	entries, err := groups.Rules(ctx, group)
	if err != nil {
		return nil, err
	}
	wanted := r.On(group, time.Time{}).Rules
	return secgroup.Compare(secgroup.Rules(wanted), secgroup.Rules(entries)).Missing, nil
}

// MissingError lists the rules that were missing when ctx ended.
type MissingError struct {
	Launch string
	Rules  []secgroup.Rule // empty if the group was never read
	Cause  error           // the context's error
}

// Error lists the missing rules, or says that the group was never read.
func (e *MissingError) Error() string {
	if len(e.Rules) == 0 {
		return fmt.Sprintf("%s: its group was not read in time, so it is unknown whether its ports are open: %v",
			e.Launch, e.Cause)
	}
	names := make([]string, len(e.Rules))
	for i, r := range e.Rules {
		names[i] = r.String()
	}
	return fmt.Sprintf("%s is still without %s: %v", e.Launch, strings.Join(names, ", "), e.Cause)
}

// Unwrap returns the context's error.
func (e *MissingError) Unwrap() error { return e.Cause }
