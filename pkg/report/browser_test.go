package report

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
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

// started is Chromium, without a window. It starts with the first test that needs it, and ended ends it.
var (
	started = sync.OnceValues(start)
	ended   = func() {}
)

func TestMain(m *testing.M) {
	code := m.Run()
	ended()
	os.Exit(code)
}

// browser returns Chromium.
func browser(t *testing.T) context.Context {
	t.Helper()
	ctx, err := started()
	if errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return ctx
}

func start() (context.Context, error) {
	path, err := "", exec.ErrNotFound
	for i := 0; i < len(browsers) && err != nil; i++ {
		path, err = exec.LookPath(browsers[i])
	}
	if err != nil {
		return nil, fmt.Errorf("no Chromium: apt-get install chromium, or put one of %s on the PATH: %w",
			strings.Join(browsers, ", "), err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.WSURLReadTimeout(time.Minute))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(ctx)
	ended = func() { end(); stop() }
	return ctx, chromedp.Run(ctx)
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
