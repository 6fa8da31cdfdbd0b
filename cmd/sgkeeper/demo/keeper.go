package demo

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/aws/eventbus"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// keeper opens a launch's ports by sgkeeper: the launch publishes its event, and waits for the
// outcome on the bus.
type keeper struct {
	installation *embedded.Installation
	bus          *eventbus.Bus

	mu      sync.Mutex
	waiting map[string]chan error // by launch
}

func newKeeper(i *embedded.Installation) *keeper {
	bus := eventbus.New(eventbridge.NewFromConfig(i.Config), embedded.Bus)
	return &keeper{installation: i, bus: bus, waiting: make(map[string]chan error)}
}

// start starts the function. Stop ends it, and returns after its last invocation.
func (k *keeper) start(ctx context.Context) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	var served, heard error
	var all sync.WaitGroup
	all.Go(func() { served = k.installation.Serve(ctx) })
	all.Go(func() { heard = k.installation.Listen(ctx, k.hear) })
	return func() error {
		cancel()
		all.Wait()
		return errors.Join(served, heard)
	}
}

// open publishes the launch's event and waits for the answer.
func (k *keeper) open(ctx context.Context, l launch) error {
	if l.repeated {
		return k.publish(ctx, l.name, l.request(), l.request())
	}
	return k.publish(ctx, l.name, l.request())
}

// close publishes the end of the launch and waits for the answer.
func (k *keeper) close(ctx context.Context, l launch) error {
	return k.publish(ctx, l.name, events.End{Launch: claim.Launch{Name: l.name}})
}

func (k *keeper) publish(ctx context.Context, launch string, asked ...events.Out) error {
	answer := k.expect(launch)
	for _, event := range asked {
		if err := k.bus.Put(ctx, "sgkeeper.demo", event); err != nil {
			return err
		}
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (k *keeper) expect(launch string) <-chan error {
	k.mu.Lock()
	defer k.mu.Unlock()
	answer := make(chan error, 1)
	k.waiting[launch] = answer
	return answer
}

// answer gives a launch its outcome. A repeated outcome changes nothing.
func (k *keeper) answer(launch string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if answer, ok := k.waiting[launch]; ok {
		delete(k.waiting, launch)
		answer <- err
	}
}

// drain returns when no launch's event is undelivered, or after the limit. A launch that still
// waits then has failed anyway.
func (k *keeper) drain(ctx context.Context, limit time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	_ = k.installation.WaitServed(ctx)
}

// hear gives an outcome to its launches.
func (k *keeper) hear(o embedded.Outcome) {
	switch o.DetailType {
	case events.EnsuredType, events.ReleasedType:
		for _, launch := range o.Detail.Launches {
			k.answer(launch, nil)
		}
	case events.RejectedType:
		rejected := &rejectedError{}
		for _, reason := range o.Detail.Reasons {
			rejected.reasons = append(rejected.reasons, reason.String())
		}
		k.answer(o.Detail.Launch, rejected)
	}
}
