package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/demo"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/report"
)

const demoLong = `Race launches for the ports of a shared security group, first as launchers do it
by themselves and then with sgkeeper, and compare. It needs no AWS account, no
network and no flags: both races run on accounts embedded in this program.

Each group is like that of the incident: all traffic among its members, SSH from
an office, and ports 8000, 8002 and 8004 from earlier launches. Launches request
these ports again, common ports, overlapping ranges, IPv6, or a port of their own.
About one in eight events is delivered twice.

The naive way is that of SkyPilot's open_ports before skypilot-org/skypilot#5332:
describe, subtract, authorize. The other way is all of sgkeeper: the launch puts
its event on a bus, from which it goes through a queue to the function's real
handler, and the launch waits for the answer. Both use the real AWS SDK; a failed
launch is one whose launcher got an error, or a port of which is not open in the
end. The embedded EC2 lists rules in another order each time, which makes the
naive check fail far more often than the one in fifteen of the incident; "lost
races" are those that a right check would not have prevented. EC2's throttling is
off, which favours the many calls of the naive way.

After that the launches end, in three waves, and the demo shows which rules are
left after each: a rule of sgkeeper leaves with the last launch that needs it, and
foreign rules stay.

At the end, more launches request ports, and an audit finds no drift. Then an outsider
changes the groups, and another audit names each change. Its clock is half an hour
ahead, so that no change is too new to be a drift. Its report, an HTML page, is written
to sgkeeper-report.html; --report names another file. Then sgkeeper mend repairs two of
the drifts, and undoes one repair.

Times are real: calls take as long as they do within a Region (EC2 15 to 60 ms,
DynamoDB 4 to 12 ms). --seed fixes the launches, when they come, and how long the
n-th call of an operation takes; which launch makes that call is up to the
scheduler, so the naive figures differ a little from run to run.

Exit codes: 0 no launch failed with sgkeeper and the audit missed nothing, 1
otherwise.`

const demoExample = `  sgkeeper demo

  # Another workload, larger, for another program.
  sgkeeper demo --launches 300 --groups 3 --seed 7 --output json > demo.json`

// mostLaunches is the maximum number of launches of the demo.
const mostLaunches = 10_000

// demoFlags are the flags of `sgkeeper demo`.
type demoFlags struct {
	launches int
	groups   int
	seed     uint64
	log      string
	report   string
	verbose  bool
}

func newDemo() *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:     "demo",
		Short:   "Race launches for ports, without and with sgkeeper, with nothing to set up",
		Long:    demoLong,
		Example: demoExample,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	flags.IntVar(&f.launches, "launches", 60, "`number` of launches, 1 to 10000")
	flags.IntVar(&f.groups, "groups", 1, "`number` of groups that the launches share, at most as many as launches")
	flags.Uint64Var(&f.seed, "seed", 1, "`number` that fixes the launches and the latencies")
	flags.StringVar(&f.log, "log", "", "`file` for the function's log and metrics, JSON lines; none by default")
	flags.StringVar(&f.report, "report", "sgkeeper-report.html",
		"`file` for the audit's report, an HTML page; \"\" writes none")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "the function's log and metrics on standard error")
	for _, name := range []string{"launches", "groups", "seed"} {
		complete(cmd, name)
	}
	return cmd
}

func (f *demoFlags) run(cmd *cobra.Command) error {
	if err := f.check(); err != nil {
		return err
	}
	log, err := f.openLog(cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	result, err := demo.Run(cmd.Context(), demo.Options{
		Launches: f.launches, Groups: f.groups, Seed: f.seed, Log: log, Progress: cmd.ErrOrStderr(),
	})
	if err == nil && f.report != "" {
		result.Audit.Report = f.report
		if err = (auditOutput{f.report, report.HTML}).writeFile(result.Audit.Found, drift.Low); err != nil {
			err = fmt.Errorf("--report %s: %w", f.report, err)
		}
	}
	if err := cmp.Or(err, log.Close()); err != nil {
		return err
	}
	if outputOf(cmd) == jsonFormat {
		err = console.WriteJSON(cmd.OutOrStdout(), result)
	} else {
		err = result.Print(cmd.OutOrStdout())
	}
	if err == nil && !result.Verified() {
		err = failed
	}
	return err
}

func (f *demoFlags) check() error {
	if f.launches < 1 || f.launches > mostLaunches {
		return fmt.Errorf("--launches %d: want 1 to %d", f.launches, mostLaunches)
	}
	if f.groups < 1 || f.groups > f.launches {
		return fmt.Errorf("--groups %d: want 1 to %d, as many as launches", f.groups, f.launches)
	}
	if f.log != "" && f.verbose {
		return errors.New("--log and --verbose: want one of them")
	}
	return nil
}

// openLog opens the file for the function's log.
func (f *demoFlags) openLog(errOut io.Writer) (io.WriteCloser, error) {
	switch {
	case f.log != "":
		file, err := os.Create(f.log)
		if err != nil {
			return nil, fmt.Errorf("--log: %w", err)
		}
		return file, nil
	case f.verbose:
		return keptOpen{errOut}, nil
	}
	return keptOpen{io.Discard}, nil
}

// keptOpen is a writer that the demo must not close.
type keptOpen struct{ io.Writer }

// Close implements io.Closer.
func (keptOpen) Close() error { return nil }
