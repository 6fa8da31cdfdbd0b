package report

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// browsers are the names of Chromium's program.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"}

// browser starts Chromium without a window.
func browser(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range browsers {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		message := "no Chromium: apt-get install chromium, or put one of " + strings.Join(browsers, ", ") +
			" on the PATH"
		if os.Getenv("CI") != "" {
			t.Fatal(message)
		}
		t.Skip(message)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.WSURLReadTimeout(time.Minute))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(ctx)
	t.Cleanup(end)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// tab is a report that is open in a browser.
type tab struct {
	ctx context.Context
	*testing.T
	faults []string // errors in the console, and dialogs
}

// opened opens a report in a new tab, so many pixels wide.
func opened(t *testing.T, browser context.Context, r *drift.Report, width int64, actions ...chromedp.Action) *tab {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, []byte(rendered(t, HTML, r)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, end := chromedp.NewContext(browser)
	t.Cleanup(end)
	p := &tab{ctx: ctx, T: t}
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			p.faults = append(p.faults, e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			p.faults = append(p.faults, "console."+e.Type.String())
		case *log.EventEntryAdded:
			p.faults = append(p.faults, e.Entry.Text)
		case *cdpage.EventJavascriptDialogOpening:
			p.faults = append(p.faults, "a dialog: "+e.Message)
		}
	})
	p.run(append([]chromedp.Action{
		log.Enable(),
		emulation.SetDeviceMetricsOverride(width, 900, 1, width < 500),
	}, append(actions, chromedp.Navigate("file://"+file))...)...)
	return p
}

func (p *tab) run(actions ...chromedp.Action) {
	p.Helper()
	if err := chromedp.Run(p.ctx, actions...); err != nil {
		p.Fatal(err)
	}
}

// eval evaluates a script in the page.
func eval[T any](p *tab, script string) (result T) {
	p.Helper()
	p.run(chromedp.Evaluate(script, &result))
	return result
}

// awaited makes an evaluation wait for its promise.
func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
