package main

import (
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// spinner shows that the command waits, on standard error if that is a terminal.
type spinner struct{ shown *progressbar.ProgressBar }

// waiting starts a spinner with the reason for the wait.
func waiting(cmd *cobra.Command, what string) spinner {
	file, ok := cmd.ErrOrStderr().(*os.File)
	return spinner{progressbar.NewOptions(-1,
		progressbar.OptionSetWriter(cmd.ErrOrStderr()),
		progressbar.OptionSetVisibility(ok && term.IsTerminal(int(file.Fd()))),
		progressbar.OptionSetDescription(what),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionSetElapsedTime(true),
		progressbar.OptionSetSpinnerChangeInterval(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)}
}

// say changes the reason. If the terminal cannot show it, the command goes on.
func (s spinner) say(what string) { s.shown.Describe(printable(what)); _ = s.shown.RenderBlank() }

// done removes the spinner.
func (s spinner) done() { _ = s.shown.Finish() }
