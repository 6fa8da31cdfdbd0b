package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/launcher"
)

// extended is a launch in an embedded account that sweeps each minute, in virtual time.
type extended struct {
	*embedded.Installation
	extension
	request events.Request
	warned  []string
}

// newExtended opens port 8000 for a launch. Everything ends with ctx.
func newExtended(ctx context.Context, t *testing.T, length time.Duration) *extended {
	t.Helper()
	account := fakeaws.New(fakeaws.Options{})
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: sg, Tags: map[string]string{"sgkeeper:managed": "true"}})
	installed, err := embedded.Install(ctx, account, "", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	x := &extended{Installation: installed}
	l := launcher.Launcher{Way: launcher.Function(lambda.NewFromConfig(installed.Config), embedded.Function)}
	x.request = events.Request{
		Launch: claim.Launch{Name: "a"}, Group: events.Group{ID: sg}, ExpiresAt: expiryAfter(time.Now(), length),
		Rules: []secgroup.Entry{{Rule: secgroup.MustParseRule("tcp 8000 from 10.0.0.0/8")}},
	}
	if err := l.Open(ctx, x.request); err != nil {
		t.Fatal(err)
	}
	x.extension = extension{
		launch: "a", length: length, until: x.request.ExpiresAt,
		send: func(ctx context.Context, until time.Time) error {
			later := x.request
			later.ExpiresAt = until
			return l.Open(ctx, later)
		},
		warn: func(text string) { x.warned = append(x.warned, text) },
	}
	go x.Sweep(ctx, embedded.SweepInterval)
	return x
}

// open reports whether the launch's rule is there.
func (x *extended) open() bool {
	for _, r := range x.Account.Rules(sg) {
		if r.FromPort == 8000 {
			return true
		}
	}
	return false
}

// TestRunExtends: the ports stay open for as long as the launch is extended. Without an end, they
// close within the length and two minutes of the last extension.
func TestRunExtends(t *testing.T) {
	for _, length := range []time.Duration{minExpires, runExpires} {
		synctest.Test(t, func(t *testing.T) {
			ctx, over := context.WithCancel(t.Context())
			defer synctest.Wait()
			defer over()
			x := newExtended(ctx, t, length)
			running, kill := context.WithCancel(ctx)
			go x.keep(running)
			for range 4 * length / time.Minute {
				time.Sleep(time.Minute)
				if synctest.Wait(); !x.open() {
					t.Fatalf("--expires %s: the port is closed at %s, and the launch runs", length, clock(time.Now()))
				}
			}
			kill()
			killed := time.Now()
			for x.open() {
				time.Sleep(time.Second)
				synctest.Wait()
			}
			if after := time.Since(killed); after > length+closesAfter || after < length/2 {
				t.Errorf("--expires %s: the port closed %s after the kill, want it within %s", length, after,
					length+closesAfter)
			}
			if x.warned != nil {
				t.Errorf("--expires %s: warned %q, want nothing", length, x.warned)
			}
		})
	}
}

// TestRunHelp: the help has the stated time of the defaults.
func TestRunHelp(t *testing.T) {
	want := fmt.Sprintf("by default within %d minutes", (runExpires+closesAfter)/time.Minute)
	if !strings.Contains(runLong, want) {
		t.Errorf("the help of run lacks %q", want)
	}
}

// TestRunIsNotExtended: if extensions are refused, the user gets one warning before the expiry
// and one after it.
func TestRunIsNotExtended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, over := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer over()
		x := newExtended(ctx, t, runExpires)
		began, until := time.Now(), x.until
		l := launcher.Launcher{Way: launcher.Function(lambda.NewFromConfig(x.Config), embedded.Function)}
		if err := l.End(ctx, events.End{Launch: x.request.Launch}); err != nil {
			t.Fatal(err)
		}
		go x.keep(ctx)
		time.Sleep(runExpires / 2)
		want := "a is not extended: its ports close soon after " + clock(until)
		if synctest.Wait(); len(x.warned) != 1 || !strings.Contains(x.warned[0], want) ||
			!strings.Contains(x.warned[0], "launch-ended") {
			t.Fatalf("warned %q at half of the time, want the reason and %s", x.warned, clock(until))
		}
		time.Sleep(time.Until(began.Add(2 * runExpires)))
		if synctest.Wait(); len(x.warned) != 2 || !strings.Contains(x.warned[1], "a expired at "+clock(until)) {
			t.Errorf("warned %q, want one more warning that the launch expired at %s", x.warned, clock(until))
		}
	})
}

// TestRunExtendsAgain: the function fails for a while. The launch is extended when it is back,
// before the expiry, so the port stays open.
func TestRunExtendsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, over := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer over()
		x := newExtended(ctx, t, runExpires)
		send, back := x.send, time.Now().Add(runExpires-time.Minute)
		x.send = func(ctx context.Context, until time.Time) error {
			if time.Now().Before(back) {
				<-ctx.Done() // no answer
				return ctx.Err()
			}
			return send(ctx, until)
		}
		go x.keep(ctx)
		for range 3 * runExpires / time.Minute {
			time.Sleep(time.Minute)
			if synctest.Wait(); !x.open() {
				t.Fatalf("the port is closed at %s", clock(time.Now()))
			}
		}
		if len(x.warned) != 2 || !strings.Contains(x.warned[1], "a is extended again, until ") {
			t.Errorf("warned %q, want that the launch is not extended, and that it is again", x.warned)
		}
	})
}
