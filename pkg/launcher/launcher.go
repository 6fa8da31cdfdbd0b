// Package launcher is sgkeeper's client for programs that start workloads. A launch requests
// its ports before it starts, waits until they are open, and ends when the workload is
// finished:
//
//	l := launcher.Launcher{
//		Way:    launcher.Bus(eventbridge.NewFromConfig(cfg), "sgkeeper", "my-launcher"),
//		Waiter: launcher.Waiter(lambda.NewFromConfig(cfg), "sgkeeper-ensure:wait"),
//	}
//	rules, err := launcher.Rules("8000,8002-8004", "0.0.0.0/0", "::/0")
//	...
//	request := events.Request{
//		Launch: claim.Launch{Name: launcher.Incarnation("llama4")},
//		Group:  events.Group{ID: "sg-0123456789abcdef0"},
//		Rules:  rules,
//	}
//	receipt, err := l.Send(ctx, request)
//	err = l.Wait(ctx, request, receipt)
//	...
//	err = l.End(ctx, events.End{Launch: request.Launch})
//
// The program needs one permission to reach sgkeeper, by [Bus], [Queue] or [Function]. Wait
// also needs lambda:InvokeFunction on the function's alias wait. It needs no permission for
// security groups.
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
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// Launcher sends the requests of launches to sgkeeper. It is safe for concurrent use.
type Launcher struct {
	Way    Way           // to sgkeeper; required
	Waiter Outcomes      // finds outcomes; nil: Wait reads Groups
	Groups *ec2.Client   // reads groups; only Missing, and Wait without a Waiter, need it
	Every  time.Duration // between two calls of Wait; 0 means two seconds

	// Publisher is the name of this program's publisher in the guardrails. Set it if the
	// guardrails name publishers, and the event's account and source do not identify this one.
	// For example, they identify a program that sends to the queue by its role.
	Publisher string
}

// Open requests rules. It returns when AWS has accepted the request; by a [Function], when
// sgkeeper has answered it. If the request is invalid, or if sgkeeper refused it, the error is a
// [RejectedError]. Repeating a request does no harm.
func (l *Launcher) Open(ctx context.Context, r events.Request) error {
	_, err := l.Send(ctx, r)
	return err
}

// End ends a launch in one group or, without a group, in all of them. sgkeeper then closes the
// ports that no other launch needs. Repeating an end does no harm. The launch's name cannot be
// used again for 45 days.
func (l *Launcher) End(ctx context.Context, e events.End) error {
	_, err := l.Send(ctx, e)
	return err
}

// Send sends an [events.Request] or an [events.End], like Open and End. Give the receipt to Wait
// or WaitEnd, so that they recognize the refusal of this event.
func (l *Launcher) Send(ctx context.Context, event events.Out) (Receipt, error) {
	launch := launchOf(event)
	if err := check(launch, event); err != nil {
		return Receipt{}, err
	}
	receipt, err := l.Way.Send(ctx, event)
	if err != nil || receipt.Result == nil {
		return receipt, err
	}
	return receipt, rejection(launch, receipt.Result.Outcomes)
}

func launchOf(event events.Out) string {
	switch e := event.(type) {
	case events.Request:
		return e.Launch.Name
	case events.End:
		return e.Launch.Name
	}
	return ""
}

// rejection returns a RejectedError for the first rejected outcome, or nil.
func rejection(launch string, outcomes []events.Outcome) error {
	for _, o := range outcomes {
		if o.Status == events.Rejected {
			return &RejectedError{launch, o.Reasons}
		}
	}
	return nil
}

// check decodes an event as sgkeeper's function does.
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

// bare returns an event in the form for queues and functions: its detail with its type.
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

// RejectedError says why sgkeeper refused a request, or would refuse it.
type RejectedError struct {
	Launch  string
	Reasons []claim.Fault
}

// Error lists every reason.
func (e *RejectedError) Error() string {
	return fmt.Sprintf("%s is rejected: %s", e.Launch, claim.Faults(e.Reasons).Error())
}

// ErrNoGroups says that a Launcher with neither Waiter nor Groups cannot wait.
var ErrNoGroups = errors.New("launcher: to wait, set Waiter: the alias wait of sgkeeper's function; " +
	"or set Groups: the client that reads security groups")

// maxName is the maximum length of a launch's name.
const maxName = 128

// Incarnation returns a unique launch name: name with a random suffix, for example
// llama4-7f3a09c2. Use it because a name is refused for 45 days after its end. It cuts a name
// that is too long.
func Incarnation(name string) string {
	suffix := make([]byte, 4)
	_, _ = rand.Read(suffix) // it never fails
	tail := "-" + hex.EncodeToString(suffix)
	return strings.TrimRight(name[:min(len(name), maxName-len(tail))], "-") + tail
}
