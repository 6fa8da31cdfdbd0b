package main

const runLong = `Open ports of a security group, run a command, and end the launch when the command ends:
after success, a failure, SIGINT, SIGTERM or SIGHUP. Each run is a new launch, whose name
has a random suffix. The command finds the name in SGKEEPER_LAUNCH, and inherits standard
input, output and error. Everything that sgkeeper prints goes to standard error.

The ports are opened and awaited as by sgkeeper open --wait, with the same permissions. If
sgkeeper refuses the request or the ports do not open within --timeout, the command is
not started.

The first signal is passed to the command, and the second one kills it. A key of the
terminal, such as Ctrl-C, reaches the command directly, as often as you press it. sgkeeper
then waits for the command, and publishes the end. It tries that for 30 seconds, and
prints the command that ends the launch if it fails.

If sgkeeper itself is killed (SIGKILL) or the machine fails, the ports close within
--expires and two minutes: by default within 17 minutes. The two minutes are the grace for
clocks and the interval of sweeps. While the command runs, the launch is extended at each
third of --expires. If that fails, sgkeeper tries again at each twelfth and warns.

--from me is this machine's public address, which the command prints. For example, behind
a NAT gateway it is the address of the gateway, and admits every machine behind it.

Exit codes: those of the command; 128 and the number of the signal that ended it; 126 if
the command cannot be executed, 127 if it does not exist; 1 an error, a refusal, or an
end that could not be published.`

const runExample = `  # Serve a folder to this machine until Ctrl-C.
  sgkeeper run --group sg-0123456789abcdef0 --ports 8000 --from me -- \
    ssh worker.example.com python3 -m http.server 8000

  # Run a test with open ports. The exit code is the test's.
  sgkeeper run --name ci --group sg-0123456789abcdef0 --ports 8443 --from 10.0.0.0/8 -- ./integration-test`
