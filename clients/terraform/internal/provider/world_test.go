package provider_test

import (
	"context"
	"io"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/launcher"
)

const groupID = "sg-0123456789abcdef0"

// world is an AWS account with sgkeeper in it, at an address of this machine.
type world struct {
	*embedded.Installation
	t        *testing.T
	endpoint string
	stop     func() // the function is invoked for launches until then
}

// newWorld starts an account. Guardrails are a file, or "" for the built-in ones.
func newWorld(t *testing.T, guardrails string) *world {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	account := fakeaws.New(fakeaws.Options{})
	group := embedded.SharedGroup(groupID)
	group.Name = "shared"
	account.AddSecurityGroup(group)
	installed, err := embedded.Install(t.Context(), account, guardrails, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(account)
	w := &world{Installation: installed, t: t, endpoint: server.URL}
	w.serve()
	t.Cleanup(func() {
		w.stop()
		server.Close()
	})
	return w
}

// serve invokes the function for launches, until stop.
func (w *world) serve() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	var served sync.WaitGroup
	served.Go(func() {
		if err := w.Serve(ctx); err != nil && ctx.Err() == nil {
			w.t.Error(err)
		}
	})
	w.stop = func() { cancel(); served.Wait() }
}

// config is the provider's configuration.
func (w *world) config() object {
	return object{"region": w.Account.Region(), "endpoint_url": w.endpoint}
}

// core starts a provider.
func (w *world) core() *core {
	w.t.Helper()
	return newCore(w.t, w.config())
}

// has fails the test unless the group has a rule for a port, or has none.
func (w *world) has(port int, peer string, want bool) {
	w.t.Helper()
	rules := w.Account.Rules(groupID)
	got := slices.ContainsFunc(rules, func(r fakeaws.Rule) bool { return r.FromPort == port && r.Peer == peer })
	if got != want {
		w.t.Errorf("port %d from %s: open %t, want %t", port, peer, got, want)
	}
}

// count returns how many rules the group has.
func (w *world) count() int { return len(w.Account.Rules(groupID)) }

// settle waits until the function has read all events.
func (w *world) settle() {
	w.t.Helper()
	if err := w.WaitServed(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// endOutside ends a launch as another program does.
func (w *world) endOutside(launch string) {
	w.t.Helper()
	l := launcher.Launcher{Way: launcher.Bus(eventbridge.NewFromConfig(w.Config), embedded.Bus, "test")}
	if err := l.End(w.t.Context(), events.End{Launch: claim.Launch{Name: launch}}); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
}

// rule returns an ingress rule of a configuration.
func rule(ports string, from ...any) object { return object{"ports": ports, "from": from} }

// launchOf returns the configuration of a launch.
func launchOf(rules ...any) object {
	return object{"group": object{"id": groupID}, "rules": rules}
}

// with returns a copy of a configuration with another value.
func with(config object, name string, value any) object {
	changed := object{}
	for k, v := range config {
		changed[k] = v
	}
	changed[name] = value
	return changed
}

// check fails the test unless the diagnostics contain all texts. Without texts, there must be no
// diagnostics.
func check(t *testing.T, diagnostics string, want ...string) {
	t.Helper()
	if len(want) == 0 && diagnostics != "" {
		t.Fatalf("diagnostics:\n%s", diagnostics)
	}
	for _, text := range want {
		if !strings.Contains(diagnostics, text) {
			t.Errorf("diagnostics:\n%s\nwant %q", diagnostics, text)
		}
	}
}
