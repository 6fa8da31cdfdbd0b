package demo

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows the progress of a race, if its output is a terminal.
type progress struct{ out io.Writer }

// bar is the progress of one race. It may be used concurrently.
type bar struct{ shown *progressbar.ProgressBar }

// bar begins a race of that number of launches.
func (p progress) bar(title string, launches int) bar {
	file, ok := p.out.(*os.File)
	visible := ok && term.IsTerminal(int(file.Fd()))
	return bar{progressbar.NewOptions(launches,
		progressbar.OptionSetWriter(p.out),
		progressbar.OptionSetVisibility(visible),
		progressbar.OptionSetDescription(title),
		progressbar.OptionSetWidth(30),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionShowCount(),
		progressbar.OptionThrottle(50*time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "━", SaucerPadding: " "}),
	)}
}

// add counts one more launch. It ignores a bar that cannot be shown.
func (b bar) add() { _ = b.shown.Add(1) }

// done removes the bar.
func (b bar) done() { _ = b.shown.Finish() }
