package launcher

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// Outcomes finds the outcomes of launches.
type Outcomes interface {
	// Outcomes returns the known outcomes of a wait's request or end, after at most the wait's Hold.
	Outcomes(ctx context.Context, w events.Wait) ([]events.Outcome, error)
}

// Waiter returns the outcomes that sgkeeper's function knows. The name is that of its alias wait,
// such as sgkeeper-ensure:wait, or the alias's ARN. The caller needs lambda:InvokeFunction on it.
func Waiter(client *lambda.Client, name string) Outcomes { return functionWaiter{client, name} }

type functionWaiter struct {
	client *lambda.Client
	name   string
}

// Outcomes implements Outcomes.
func (w functionWaiter) Outcomes(ctx context.Context, wait events.Wait) ([]events.Outcome, error) {
	payload, err := json.Marshal(wait)
	if err != nil {
		return nil, err
	}
	result, err := invoke(ctx, w.client, w.name, payload)
	if err != nil {
		return nil, err
	}
	return result.Outcomes, nil
}

// WaitEnd returns nil when sgkeeper has served the end: the rules that no other launch requests
// are revoked. It needs a Waiter. If ctx ends first, the error is a [QueuedError].
func (l *Launcher) WaitEnd(ctx context.Context, e events.End, of ...Receipt) error {
	if l.Waiter == nil {
		return ErrNoWaiter
	}
	return l.await(ctx, events.Wait{End: &e}, of)
}

// ErrNoWaiter says that a Launcher without a Waiter cannot wait for an end.
var ErrNoWaiter = errors.New("launcher: to wait for an end, set Waiter: the alias wait of sgkeeper's function")

// ErrObserved says that sgkeeper recorded a request in observe mode.
var ErrObserved = errors.New("sgkeeper runs in observe mode: the request is recorded, " +
	"and nothing will be written to the group")

func (l *Launcher) await(ctx context.Context, w events.Wait, of []Receipt) error {
	w.Publisher = l.Publisher
	if len(of) > 0 {
		w.Event, w.Source = of[0].Event, of[0].Source
	} else if bus, ok := l.Way.(busWay); ok {
		w.Source = bus.source
	}
	outcomes, err := Await(ctx, l.Waiter, w, l.Every, nil)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(outcomes, func(o events.Outcome) bool { return o.Status == events.Observed }) {
		return ErrObserved
	}
	return rejection(w.Launch().Name, outcomes)
}

// Await calls Outcomes until none is queued. The function may hold the first call for
// [events.DefaultHold], but not later calls, so that launchers do not use up its concurrency. They
// come at the given interval, with jitter; 0 means two seconds. Await repeats a call that Lambda
// throttles or that fails in the function; another error ends it. If ctx ends first, the error is
// a [QueuedError].
//
// If tell is not nil, it is called with each answer.
func Await(ctx context.Context, by Outcomes, w events.Wait, every time.Duration,
	tell func([]events.Outcome)) ([]events.Outcome, error) {
	every = cmp.Or(every, between)
	w.Hold = events.DefaultHold
	if deadline, bounded := ctx.Deadline(); bounded {
		w.Hold = max(0, min(w.Hold, time.Until(deadline)-time.Second)).Truncate(time.Second)
	}
	late := &QueuedError{Launch: w.Launch().Name}
	for {
		outcomes, err := by.Outcomes(ctx, w)
		switch {
		case ctx.Err() != nil:
			late.Cause = ctx.Err()
			return late.Outcomes, late
		case isPassing(err):
			late.Problem = err
		case err != nil:
			return nil, err
		case len(outcomes) > 0 && !slices.ContainsFunc(outcomes, isQueued):
			return outcomes, nil
		default:
			late.Outcomes, late.Problem = outcomes, nil
			if tell != nil {
				tell(outcomes)
			}
		}
		w.Hold = 0
		pause := every/2 + rand.N(every)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			late.Cause = ctx.Err()
			return late.Outcomes, late
		}
	}
}

func isQueued(o events.Outcome) bool { return o.Status == events.Queued }

// isPassing reports whether a call may succeed later: Lambda throttles it, or the function
// failed.
func isPassing(err error) bool {
	_, throttled := errors.AsType[*types.TooManyRequestsException](err)
	_, broken := errors.AsType[*types.ServiceException](err)
	_, failed := errors.AsType[*FunctionError](err)
	return throttled || broken || failed
}

// QueuedError says that sgkeeper had not served a request or an end when ctx ended.
type QueuedError struct {
	Launch   string
	Outcomes []events.Outcome // the last ones; none: no call was answered
	Problem  error            // of the last call; nil: it was answered
	Cause    error            // the context's error
}

// Error lists the last known reasons.
func (e *QueuedError) Error() string {
	var reasons claim.Faults
	for _, o := range e.Outcomes {
		if o.Status == events.Queued {
			reasons = append(reasons, o.Reasons...)
		}
	}
	text := e.Launch + " is not served yet"
	if len(reasons) > 0 {
		text += ": " + reasons.Error()
	}
	if e.Problem != nil {
		text += fmt.Sprintf("; the last wait failed: %v", e.Problem)
	}
	return fmt.Sprintf("%s: %v", text, e.Cause)
}

// Unwrap returns the context's error.
func (e *QueuedError) Unwrap() error { return e.Cause }
