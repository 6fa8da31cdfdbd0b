//go:build unix

package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// frozenGroup is a group to which sgkeeper writes nothing, so launches wait.
const frozenGroup = "sg-0fffffffffffffff0"

// caseTimeout is the longest time of a case. The longest one tries for endWithin to publish its end.
const caseTimeout = 4 * endWithin

// runCase is one `sgkeeper run` in a process of its own.
type runCase struct {
	name    string
	group   string   // by default the managed one
	from    string   // by default 10.0.0.0/8
	command []string // each line that it prints calls for the next signal
	signals []syscall.Signal
	code    int
	stderr  string // a part of standard error

	opens    bool // the command runs, and the ports are open then
	silent   bool // the bus accepts no end
	flaky    bool // the bus accepts no first end
	overdue  bool // the ports close only at the expiry
	slow     bool // it waits for endWithin
	unopened bool // the first signal is sent while sgkeeper waits for the ports
}

// sh returns a command of the shell.
func sh(script string) []string { return []string{"sh", "-c", script} }

func runCases(dir string) []runCase {
	const term, kill = syscall.SIGTERM, syscall.SIGKILL
	on := func(s ...syscall.Signal) []syscall.Signal { return s }
	return []runCase{
		{name: "success", command: sh(`test -n "$SGKEEPER_LAUNCH" || exit 1; echo up; read x; exit 0`), opens: true,
			stderr: "ended: "},
		{name: "failure", command: sh("echo up; read x; exit 3"), opens: true, code: 3},
		{name: "killed-command", command: sh("echo up; read x; kill -KILL $$"), opens: true, code: 128 + 9},
		{name: "sigterm", command: sh("echo up; read x"), signals: on(term), opens: true, code: 128 + 15},
		{name: "sigint", command: sh("echo up; read x"), signals: on(syscall.SIGINT), opens: true, code: 128 + 2},
		{name: "sighup", command: sh("echo up; read x"), signals: on(syscall.SIGHUP), opens: true, code: 128 + 1},
		{name: "handled", command: []string{"on-signal", "4"}, signals: on(term), opens: true, code: 4},
		{name: "second-signal", command: []string{"on-signal", "again"}, signals: on(term, term), opens: true,
			code: 128 + 9},
		{name: "not-found", command: []string{"no-such-command"}, code: 127, stderr: "executable file not found"},
		{name: "no-such-file", command: []string{"./no-such-file"}, code: 127},
		{name: "not-executable", command: []string{filepath.Join(dir, "text")}, code: 126, stderr: "permission denied"},
		{name: "not-a-program", command: []string{filepath.Join(dir, "program")}, code: 126,
			stderr: "exec format error"},
		{name: "refused", from: "0.0.0.0/0", command: sh("echo up"), code: 1, stderr: "port 22"},
		{name: "sigterm-while-waiting", group: frozenGroup, command: sh("echo up"), signals: on(term),
			unopened: true, code: 128 + 15},
		{name: "flaky-bus", command: sh("echo up; read x; exit 0"), opens: true, flaky: true, stderr: "ended: "},
		{name: "no-end", command: sh("echo up; read x; exit 0"), opens: true, silent: true, overdue: true, slow: true,
			code: 1, stderr: "end it with: sgkeeper close --launch no-end-"},
		{name: "sigkill", command: sh("echo up; read x"), signals: on(kill), opens: true, overdue: true,
			code: -1},
	}
}

// runLab is an embedded account for processes of sgkeeper.
type runLab struct {
	*embedded.Installation
	endpoint string
	table    *dynamo.Table

	mu        sync.Mutex
	requested map[string]chan struct{} // by case: closed when the bus accepted its request
	ends      map[string]func() bool   // by case: whether the bus accepts an end
}

func newRunLab(t *testing.T) *runLab {
	t.Helper()
	account := fakeaws.New(fakeaws.Options{})
	for _, id := range []string{sg, frozenGroup} {
		account.AddSecurityGroup(fakeaws.SecurityGroup{ID: id, Tags: map[string]string{"sgkeeper:managed": "true"}})
	}
	installed, err := embedded.Install(t.Context(), account, "", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	lab := &runLab{
		Installation: installed, table: dynamo.New(dynamodb.NewFromConfig(installed.Config), embedded.Table),
		requested: make(map[string]chan struct{}), ends: make(map[string]func() bool),
	}
	if err := lab.table.Freeze(t.Context(), lab.group(frozenGroup), claim.Freeze{Reason: "a test"}); err != nil {
		t.Fatal(err)
	}
	account.FailEntries(lab.entry)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	lab.endpoint = "http://" + listener.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serveLocal(ctx, listener, installed, embedded.SweepInterval) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return lab
}

func (l *runLab) group(id string) claim.Group {
	return claim.Group{Account: l.Account.ID(), Region: l.Account.Region(), ID: id}
}

// entry decides whether the bus accepts an event of a case's launch.
func (l *runLab) entry(e fakeaws.Entry) *fakeaws.Error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, requested := range l.requested {
		if !strings.Contains(e.Detail, `"launch":"`+name+`-`) {
			continue
		}
		switch e.DetailType {
		case string(events.LaunchRequested):
			select {
			case <-requested:
			default:
				close(requested)
			}
		case string(events.LaunchEnded):
			if accepts := l.ends[name]; accepts != nil && !accepts() {
				return &fakeaws.Error{Code: "InternalFailure", Message: "no room on the bus"}
			}
		}
	}
	return nil
}

// expect watches the bus for a case.
func (l *runLab) expect(c runCase) (requested chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requested[c.name] = make(chan struct{})
	switch {
	case c.silent:
		l.ends[c.name] = func() bool { return false }
	case c.flaky:
		n := 0
		l.ends[c.name] = func() bool { n++; return n > 2 }
	}
	return l.requested[c.name]
}

// has reports whether a port of the managed group is open.
func (l *runLab) has(port int) bool {
	return slices.ContainsFunc(l.ingress(), func(r fakeaws.Rule) bool { return r.FromPort == port })
}

// ingress are the managed group's rules, without the egress rule that every new group has.
func (l *runLab) ingress() []fakeaws.Rule {
	return slices.DeleteFunc(l.Account.Rules(sg), func(r fakeaws.Rule) bool { return r.Egress })
}

// env is the environment of a process that finds the account.
func (l *runLab) env() []string {
	return append(os.Environ(), "AWS_ENDPOINT_URL="+l.endpoint, "AWS_REGION="+l.Account.Region(),
		"AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any", "AWS_EC2_METADATA_DISABLED=true")
}

// run runs sgkeeper for a case, with a port of its own, and checks its result.
func (l *runLab) run(t *testing.T, c runCase, port int) {
	requested := l.expect(c)
	group, from := cmp.Or(c.group, sg), cmp.Or(c.from, "10.0.0.0/8")
	args := []string{"run", "--name", c.name, "--group", group, "--ports", fmt.Sprint(port), "--from", from,
		"--expires", "3m", "--timeout", "2m", "--"}
	ctx, cancel := context.WithTimeout(t.Context(), caseTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sgkeeper", append(args, c.command...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal, or SIGINT would be taken for its Ctrl-C
	cmd.Env = l.env()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	cmd.Cancel = func() error { stdin.Close(); return cmd.Process.Kill() } // the command reads to the end and ends, too
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if c.unopened {
		<-requested
		must(cmd.Process.Signal(c.signals[0]))
	}
	ran, signals := false, c.signals
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if !ran && c.opens && !l.has(port) {
			t.Errorf("%s: the command runs, and its port is closed", c.name)
		}
		ran = true
		if len(c.signals) == 0 {
			stdin.Close() // the command waits for this, or its port could be closed before the check
		}
		if len(signals) > 0 {
			must(cmd.Process.Signal(signals[0]))
			if signals = signals[1:]; c.code < 0 {
				stdin.Close() // the command is an orphan now
			}
		}
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != c.code {
		t.Errorf("%s: exit code %d, want %d; standard error:\n%s", c.name, code, c.code, &stderr)
	}
	if ran != c.opens {
		t.Errorf("%s: the command ran: %v, want %v; standard error:\n%s", c.name, ran, c.opens, &stderr)
	}
	if !strings.Contains(stderr.String(), c.stderr) {
		t.Errorf("%s: standard error lacks %q:\n%s", c.name, c.stderr, &stderr)
	}
}

// sweepAt runs the function's sweep at a time.
func (l *runLab) sweepAt(t *testing.T, at time.Time) {
	t.Helper()
	settings, err := handler.Load([]string{"SGKEEPER_TABLE=" + embedded.Table, "SGKEEPER_ACCOUNT=" + l.Account.ID()})
	if err != nil {
		t.Fatal(err)
	}
	function := handler.New(settings, l.Config, io.Discard)
	function.Now = func() time.Time { return at }
	if _, err := function.Invoke(t.Context(), []byte(`{"sgkeeper":"sweep"}`)); err != nil {
		t.Fatal(err)
	}
}

// live returns the live requests on the group.
func (l *runLab) live(t *testing.T, group string) []claim.Request {
	t.Helper()
	requests, err := l.table.Requests(t.Context(), l.group(group))
	if err != nil {
		t.Fatal(err)
	}
	return claim.OpenOf(requests)
}

// TestRun: however a run ends, its ports close: at its end, or if no end is published, within
// --expires and two minutes.
func TestRun(t *testing.T) {
	t.Parallel()
	// If nohup started the tests, their children ignore SIGHUP, too, unless it is caught here.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	dir := t.TempDir()
	must(os.WriteFile(filepath.Join(dir, "text"), []byte("text\n"), 0o600))
	must(os.WriteFile(filepath.Join(dir, "program"), []byte("\x7fno program\n"), 0o700))
	lab, cases := newRunLab(t), runCases(dir)
	ran, overdue := 0, make(map[int]string)
	t.Run("cases", func(t *testing.T) {
		for i, c := range cases {
			port := 8000 + 2*i
			skipped := c.slow && proof.Of(t) < proof.Full
			if c.overdue && !skipped {
				overdue[port] = c.name
			}
			if c.name == "refused" {
				port = 22
			}
			t.Run(c.name, func(t *testing.T) {
				if skipped {
					t.Skipf("it takes %s; it runs in CI, and if -run names TestRun", endWithin)
				}
				ran++
				t.Parallel()
				lab.run(t, c, port)
			})
		}
	})
	over := time.Now()
	if err := lab.WaitServed(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, r := range lab.ingress() {
		if overdue[r.FromPort] == "" {
			t.Errorf("port %d is open after its end", r.FromPort)
		}
	}
	if live := lab.live(t, frozenGroup); len(live) > 0 {
		t.Errorf("after a signal while it waited, %s is live", live[0].Launch.Name)
	}
	live := lab.live(t, sg)
	if len(live) != len(overdue) {
		t.Fatalf("%d requests are live, want those of %v", len(live), overdue)
	}
	var last time.Time
	for _, r := range live {
		if r.ExpiresAt.After(last) {
			last = r.ExpiresAt
		}
	}
	if last.After(over.Add(minExpires)) {
		t.Errorf("a request expires at %s, which is more than --expires after the run", clock(last))
	}
	lab.sweepAt(t, last.Add(claim.ExpiryGrace-time.Second))
	if len(lab.live(t, sg)) == 0 {
		t.Error("a second before the stated time, no request is live: want the last one")
	}
	lab.sweepAt(t, last.Add(claim.ExpiryGrace))
	left := lab.ingress()
	if len(left) > 0 {
		t.Errorf("%s after the run, these rules are left: %v", last.Add(closesAfter).Sub(over), left)
	}
	fmt.Printf("run: %d cases, %d rules left\n", ran, len(left))
}
