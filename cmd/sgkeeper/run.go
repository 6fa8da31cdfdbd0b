package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/launcher"
)

// Default and minimum of --expires. The launch is extended at each third of it. At the minimum,
// an extension has two minutes to arrive, and claim.ExpiryGrace after that.
const (
	runExpires = 15 * time.Minute
	minExpires = 3 * time.Minute
)

// runFlags are the flags of `sgkeeper run`: those of open, for a launch that lasts as long as a
// command.
type runFlags struct {
	openFlags
	name   string        // the launch's name without its suffix
	length time.Duration // from each extension to the expiry
}

func newRun() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:               "run --group SG --ports PORTS --from PEER,... -- COMMAND [ARG...]",
		Short:             "Open ports of a security group while a command runs",
		Long:              runLong,
		Example:           runExample,
		Args:              aCommand,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              f.run,
	}
	f.detail.add(cmd)
	f.publishFlags.add(cmd, "")
	f.waiter.add(cmd)
	flags := cmd.Flags()
	flags.SetInterspersed(false) // flags after the command belong to the command
	flags.Var(checked(&f.name, "name", checkLaunch), "name",
		"`name` of the launch, to which a random suffix is added; by default that of the command")
	redefine(cmd, "launch", "", "`name` of the launch without a suffix; after the command, it cannot be used again")
	redefine(cmd, "expires", runExpires.String(),
		"`duration` after which the ports close if sgkeeper dies; the launch is extended at each third of it")
	redefine(cmd, "timeout", f.timeout.String(), "maximum time until the ports are open")
	must(flags.MarkHidden("wait")) // run always waits
	cmd.MarkFlagsMutuallyExclusive("launch", "name")
	for _, name := range []string{"group", "from"} {
		must(cmd.MarkFlagRequired(name))
	}
	complete(cmd, "name")
	return cmd
}

// redefine gives a flag of open another default and another help.
func redefine(cmd *cobra.Command, name, value, usage string) {
	flag := cmd.Flags().Lookup(name)
	must(flag.Value.Set(value))
	flag.DefValue, flag.Usage = value, usage
}

// aCommand fails if there is no command to run.
func aCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 || args[0] == "" {
		return fmt.Errorf("no command is given: give it and its arguments after --; see %s --help", cmd.CommandPath())
	}
	return nil
}

// run opens the ports, runs the command, and ends the launch in each case. Signals are caught
// before anything else, so that none is lost between two steps.
func (f *runFlags) run(cmd *cobra.Command, args []string) error {
	signals := catchSignals()
	defer signals.stop()
	if err := f.settle(args[0]); err != nil {
		return err
	}
	child, err := newChild(cmd, args, f.detail.launch)
	if err != nil {
		printError(cmd, err)
		return notStarted(err)
	}
	request, err := f.request(cmd)
	if err != nil {
		return err
	}
	// main's context ends at the first signal, and the end is still to be published then.
	cmd.SetContext(context.WithoutCancel(cmd.Context()))
	o, err := f.openUnless(cmd, request, signals)
	if err != nil {
		return f.end(cmd, request.Launch.Name, o, err)
	}
	if err := o.print(cmd.ErrOrStderr(), outputOf(cmd)); err != nil {
		return f.end(cmd, request.Launch.Name, o, err)
	}
	stop := f.extend(cmd, request)
	err = child.run(signals)
	stop()
	return f.end(cmd, request.Launch.Name, o, err)
}

// settle checks the flags that differ from those of open, and names the launch.
func (f *runFlags) settle(command string) error {
	f.wait = true
	var err error
	f.length, err = time.ParseDuration(f.detail.expires)
	switch {
	case err != nil || f.length < minExpires:
		return fmt.Errorf("--expires %q: want a duration from %s on, such as %s: "+
			"it is the time after which the ports close "+
			"if sgkeeper dies, and the launch is extended while the command runs",
			f.detail.expires, minExpires, runExpires)
	case f.timeout > f.length*2/3:
		return fmt.Errorf("--timeout %s: want at most %s, two thirds of --expires, "+
			"because a launch is extended only when "+
			"its ports are open; or give a longer --expires", f.timeout, f.length*2/3)
	}
	if f.detail.launch == "" {
		f.detail.launch = launcher.Incarnation(cmp.Or(f.name, launchNameOf(command)))
	}
	return nil
}

// launchNameOf returns a launch's name after a command's file. Characters that a name cannot
// have become dashes.
func launchNameOf(command string) string {
	name := strings.Map(func(c rune) rune {
		if events.IsLaunchName("a" + string(c)) {
			return c
		}
		return '-'
	}, filepath.Base(command))
	return cmp.Or(strings.TrimLeft(name, "-._:/=+@"), "run")
}
