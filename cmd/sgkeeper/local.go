package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

const localLong = `Run an AWS account on this machine, with sgkeeper installed in it, for any AWS
client: EC2's security groups, DynamoDB, SQS, EventBridge and STS as far as
sgkeeper uses them. The account has a bus, its queues, a table and the real function, as
in production, and a shared security group to try. The function sweeps each minute, so
requests expire here, too.

At start the command prints the account's resources, its address, and commands to try.
The function's log goes to standard error, one JSON object a line. The account is kept in
memory. Ctrl-C ends it.

The account takes any credentials, so it listens on loopback addresses only, and
serves programs on this machine only. It answers 403 to a request whose Host header
is not a loopback address, localhost or a name below it, such as bucket.localhost,
with the port of --listen. It also answers 403 if the Origin header is there and is
no loopback address, or if a browser marks the request as cross-site. So a web page
of another site cannot reach it, even by DNS rebinding.`

const localExample = `  sgkeeper local
  sgkeeper local --listen 127.0.0.1:0 --output json   # any free port

  # Two teams that cannot touch each other's launches, in another terminal.
  sgkeeper local --guardrails two-teams.yaml
  sgkeeper open --source inference --launch llama-1 --group sg-0123456789abcdef0 \
    --ports 8000 --from 10.0.0.0/8
  sgkeeper close --source training --launch llama-1   # refused: the function's log says why`

func newLocal() *cobra.Command {
	var listen, guardrails string
	var sweeps time.Duration
	cmd := &cobra.Command{
		Use:     "local",
		Short:   "Run an embedded AWS account with sgkeeper in it, for any AWS client",
		Long:    localLong,
		Example: localExample,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runLocal(cmd, listen, guardrails, sweeps) },
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:4599",
		"loopback `address` and port to listen on; port 0 takes a free one")
	cmd.Flags().StringVar(&guardrails, "guardrails", "", "`file` with guardrails; by default the built-in ones")
	must(cmd.MarkFlagFilename("guardrails", "yaml", "yml", "json"))
	cmd.Flags().DurationVar(&sweeps, "sweep-every", embedded.SweepInterval,
		"`duration` between two sweeps, which expire requests and serve groups after thaw, adopt and guard evict")
	complete(cmd, "listen")
	complete(cmd, "sweep-every")
	return cmd
}

// playground is a group for experiments.
const playground = "sg-0123456789abcdef0"

func runLocal(cmd *cobra.Command, listen, guardrails string, sweeps time.Duration) error {
	if sweeps <= 0 {
		return fmt.Errorf("--sweep-every %s: want a positive duration, such as 10s", sweeps)
	}
	if err := checkGuardrails(cmd, guardrails); err != nil {
		return err
	}
	listener, err := listenLoopback(cmd.Context(), listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w", listen, err)
	}
	defer listener.Close()
	account := fakeaws.New(fakeaws.Options{})
	account.AddSecurityGroup(embedded.SharedGroup(playground))
	installed, err := embedded.Install(cmd.Context(), account, guardrails, withoutMetrics{cmd.ErrOrStderr()})
	if err != nil {
		return fmt.Errorf("install sgkeeper in the embedded account: %w", err)
	}
	if err := announce(cmd, localAt(listener.Addr(), installed)); err != nil {
		return err
	}
	return serveLocal(cmd.Context(), listener, installed, sweeps)
}

// checkGuardrails reads a given guardrails file before anything is set up.
func checkGuardrails(cmd *cobra.Command, file string) error {
	if file == "" {
		return nil
	}
	if _, err := (&source{stdin: cmd.InOrStdin()}).guardrails(file); err != nil {
		return fmt.Errorf("--guardrails %s: %w", file, err)
	}
	return nil
}

// announce prints the addresses once clients can connect.
func announce(cmd *cobra.Command, info localInfo) error {
	if outputOf(cmd) == jsonFormat {
		return console.WriteJSON(cmd.OutOrStdout(), info)
	}
	_, err := io.WriteString(cmd.OutOrStdout(), info.text(console.StyleFor(cmd.OutOrStdout())))
	return err
}

var errNotLoopback = errors.New("want a loopback address, such as 127.0.0.1:4599 or [::1]:4599: the account takes " +
	"any credentials, so only this machine may reach it")

// listenLoopback listens on an address that only this machine reaches.
func listenLoopback(ctx context.Context, address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, errors.New("want an address and a port, such as 127.0.0.1:4599")
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		return nil, errNotLoopback
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil,
			errors.New("another program listens there, perhaps another sgkeeper local: end it, or take a free " +
				"port with --listen 127.0.0.1:0")
	}
	if failure, ok := errors.AsType[*net.OpError](err); ok {
		return nil, failure.Err // without the address, which the caller names
	}
	return listener, err
}
