// Package launcher is sgkeeper's client for programs that launch things. A launch
// asks for its ports before it starts, waits until they are there, and ends when
// it is over:
//
//	l := launcher.Launcher{
//		Way:    launcher.Bus(eventbridge.NewFromConfig(cfg), "sgkeeper", "my-launcher"),
//		Groups: ec2.NewFromConfig(cfg),
//	}
//	rules, err := launcher.Rules("8000,8002-8004", "0.0.0.0/0", "::/0")
//	...
//	request := events.Request{
//		Launch: events.Launch{Name: launcher.Incarnation("llama4")},
//		Group:  events.Group{ID: "sg-0123456789abcdef0"},
//		Rules:  rules,
//	}
//	err = l.Open(ctx, request)
//	err = l.Wait(ctx, request)
//	...
//	err = l.End(ctx, events.End{Launch: request.Launch})
//
// The program needs one permission, to reach sgkeeper by the [Way] of its choice
// ([Bus], [Queue] or [Function]), and for Wait ec2:DescribeSecurityGroupRules and
// ec2:DescribeSecurityGroups. It needs none to change a security group.
//
// The package is part of the stable API, with events and secgroup.
package launcher

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/events"
)

// Launcher asks sgkeeper for ports on behalf of launches. It is safe for
// concurrent use.
type Launcher struct {
	Way    Way           // how events reach sgkeeper; required
	Groups *ec2.Client   // reads the groups that Wait waits for; for Wait alone
	Every  time.Duration // between two looks of Wait; 0 is two seconds
}

// Open asks for rules. It returns once sgkeeper is bound to take the request: by a
// [Function] that is when it has answered. A request that cannot be right, or
// that sgkeeper has refused, is a [RejectedError]. To ask again for the same does
// no harm.
func (l *Launcher) Open(ctx context.Context, r events.Request) error {
	return l.send(ctx, r.Launch.Name, r)
}

// End ends a launch, or with a group its part in it: what no other launch needs is
// closed. To end twice does no harm. The launch's name cannot be used again.
func (l *Launcher) End(ctx context.Context, e events.End) error {
	return l.send(ctx, e.Launch.Name, e)
}

func (l *Launcher) send(ctx context.Context, launch string, event events.Out) error {
	if err := check(launch, event); err != nil {
		return err
	}
	result, err := l.Way.Send(ctx, event)
	if err != nil || result == nil {
		return err
	}
	for _, o := range result.Outcomes {
		if o.Status == events.Rejected {
			return &RejectedError{launch, o.Reasons}
		}
	}
	return nil
}

// check reads an event as sgkeeper's function will.
func check(launch string, event events.Out) error {
	data, err := bare(event)
	if err != nil {
		return err
	}
	messages, err := events.Decoder{}.DecodeFile(data)
	if err != nil {
		return err
	}
	if faults := messages[0].Faults; faults != nil {
		return &RejectedError{launch, faults}
	}
	return nil
}

// bare is an event as queues and functions take it: its detail with its type.
func bare(event events.Out) ([]byte, error) {
	data, err := json.Marshal(event)
	if err != nil {
		return nil, err
	}
	var detail map[string]any
	if err := json.Unmarshal(data, &detail); err != nil {
		return nil, err
	}
	detail["detailType"] = event.DetailType()
	return json.Marshal(detail)
}

// RejectedError says why sgkeeper refuses what was asked, or would.
type RejectedError struct {
	Launch  string
	Reasons []events.Fault
}

// Error names every reason.
func (e *RejectedError) Error() string {
	return fmt.Sprintf("%s is rejected: %s", e.Launch, events.Faults(e.Reasons).Error())
}

// ErrNoGroups: Wait was called on a Launcher without Groups.
var ErrNoGroups = errors.New("launcher: to wait, set Groups: the client that reads security groups")

// maxName is how long a launch's name may be.
const maxName = 128

// Incarnation returns a launch's name with a suffix that makes it another one each
// time, such as llama4-7f3a09c2: after its end a name is refused for 45 days. A
// name that is too long for it is cut.
func Incarnation(name string) string {
	suffix := make([]byte, 4)
	_, _ = rand.Read(suffix) // which never fails
	tail := "-" + hex.EncodeToString(suffix)
	return strings.TrimRight(name[:min(len(name), maxName-len(tail))], "-") + tail
}
