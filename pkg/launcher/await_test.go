package launcher_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/launcher"
)

const waiter = "sgkeeper-ensure:wait"

// within returns a context that ends after the time.
func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// TestWaiter: with a Waiter, Wait returns when sgkeeper has served the request, and WaitEnd when
// it has served the end. Neither calls EC2.
func TestWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, account := account()
		function := launcher.Function(lambda.NewFromConfig(cfg), "sgkeeper-ensure")
		l := launcher.Launcher{Way: function, Waiter: launcher.Waiter(lambda.NewFromConfig(cfg), waiter)}
		r := request(t, "a", "8000", "10.0.0.0/8")
		time.AfterFunc(3*time.Second, func() {
			if _, err := function.Send(context.Background(), r); err != nil {
				t.Error(err)
			}
		})
		account.ResetCalls()
		start := time.Now()
		if err := l.Wait(within(t, time.Minute), r); err != nil || time.Since(start) < 3*time.Second ||
			time.Since(start) > 5*time.Second {
			t.Errorf("Wait = %v after %v, want nil once the request is served, after 3s", err, time.Since(start))
		}
		end := events.End{Launch: r.Launch}
		time.AfterFunc(8*time.Second, func() {
			if _, err := function.Send(context.Background(), end); err != nil {
				t.Error(err)
			}
		})
		start = time.Now()
		if err := l.WaitEnd(within(t, time.Minute), end); err != nil || time.Since(start) < 8*time.Second ||
			time.Since(start) > 12*time.Second {
			t.Errorf("WaitEnd = %v after %v, want nil once the end is served, after 8s", err, time.Since(start))
		}
		if missing, err := (&launcher.Launcher{Groups: ec2.NewFromConfig(cfg)}).Missing(t.Context(), r); err != nil ||
			len(missing) != 1 {
			t.Errorf("missing %v, %v: want the rule of the ended launch", missing, err)
		}
	})
}

// TestWaiterRefused: a refused request is a RejectedError with sgkeeper's reasons.
func TestWaiterRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, _ := account()
		client := lambda.NewFromConfig(cfg)
		l := launcher.Launcher{Way: launcher.Function(client, "sgkeeper-ensure"),
			Waiter: launcher.Waiter(client, waiter)}
		r := request(t, "ssh", "22", "0.0.0.0/0")
		if err := l.Open(t.Context(), r); err == nil {
			t.Fatal("port 22 was opened to the world")
		}
		err := l.Wait(within(t, time.Minute), r)
		if rejected, ok := errors.AsType[*launcher.RejectedError](err); !ok || len(rejected.Reasons) != 1 ||
			!strings.Contains(err.Error(), "SSH") {
			t.Errorf("Wait = %v, want a RejectedError", err)
		}
	})
}

// TestWaiterLate: at the end of ctx, the error has the last known reasons.
func TestWaiterLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, account := account()
		l := launcher.Launcher{Waiter: launcher.Waiter(lambda.NewFromConfig(cfg), waiter)}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		account.ResetCalls()
		err := l.Wait(ctx, request(t, "a", "8000", "10.0.0.0/8"))
		late, ok := errors.AsType[*launcher.QueuedError](err)
		if !ok || !errors.Is(err, context.DeadlineExceeded) || len(late.Outcomes) != 1 ||
			!strings.Contains(err.Error(), "neither a request nor a refusal") {
			t.Errorf("Wait = %v, want a QueuedError with the reason", err)
		}
		// 5 s held, then every 2 s with jitter for 15 s.
		if calls := account.Calls().Op("lambda", "InvokeFunction"); calls < 6 || calls > 16 {
			t.Errorf("%d invocations in 20 s, want about 8", calls)
		}
		if err := (&launcher.Launcher{}).WaitEnd(ctx, events.End{Launch: claim.Launch{Name: "a"}}); !errors.Is(err,
			launcher.ErrNoWaiter) {
			t.Errorf("WaitEnd without a Waiter = %v", err)
		}
	})
}

// TestWaiterNames: a wait names the published event, its source and the publisher. Only the
// first call is held. A failed call is repeated.
func TestWaiterNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, account := account()
		var got []string
		account.AddFunction("waits", func(_ context.Context, payload []byte) ([]byte, error) {
			got = append(got, string(payload))
			switch len(got) {
			case 1:
				return nil, errors.New("out of memory")
			case 2:
				return json.Marshal(events.Result{Outcomes: []events.Outcome{{Launch: "a", Status: events.Queued}}})
			}
			return json.Marshal(events.Result{Outcomes: []events.Outcome{{Launch: "a", Status: events.Observed}}})
		})
		l := launcher.Launcher{Waiter: launcher.Waiter(lambda.NewFromConfig(cfg), "waits"), Publisher: "team-a"}
		r := events.Request{Launch: claim.Launch{Account: "111122223333", Name: "a"}}
		if err := l.Wait(within(t, time.Minute), r, launcher.Receipt{Event: "e-1", Source: "job"}); !errors.Is(err,
			launcher.ErrObserved) {
			t.Errorf("Wait = %v, want ErrObserved", err)
		}
		const wait = `{"sgkeeper":"wait","request":{"launch":"a"},"event":"e-1","source":"job","account":"111122223333","publisher":"team-a","seconds":`
		if want := []string{wait + "5}", wait + "0}", wait + "0}"}; !slices.Equal(got, want) {
			t.Errorf("the function got %v, want %v", got, want)
		}
	})
}
