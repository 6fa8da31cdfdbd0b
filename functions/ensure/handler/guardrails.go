package handler

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/aws/parameter"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/guardfile"
)

// Intervals at which one process reads the guardrails.
const (
	refreshEvery = time.Minute     // if some are loaded
	retryEvery   = 5 * time.Second // if none are loaded
	refreshTakes = 3 * time.Second // at most
)

// guardrails are the guardrails in force: the last valid ones that were read. A file that is
// unreadable or invalid changes nothing. Until the first valid ones, there are none, and
// requests wait.
type guardrails struct {
	source text
	mu     sync.Mutex
	guard  *guard.Guard
	seen   string    // the version read last, valid or not
	wrong  error     // the fault of that version
	failed error     // of the last refresh
	next   time.Time // time of the next refresh
}

// text is the place that holds the guardrails.
type text interface {
	// Read returns the text and its version; nil if the version is the known one.
	Read(ctx context.Context, known string) (data []byte, version string, err error)
}

// newGuardrails returns the guardrails of a setting: a file, an SSM parameter or, for "", the
// built-in ones. It makes a client only for a parameter.
func newGuardrails(setting string, c aws.Config) *guardrails {
	name, isParameter := strings.CutPrefix(setting, runtime.SSM)
	switch {
	case setting == "":
		return &guardrails{guard: guard.Builtin()}
	case isParameter:
		return &guardrails{source: parameter.New(ssm.NewFromConfig(c), name)}
	}
	return &guardrails{source: file(setting)}
}

// current returns the guardrails in force, nil if there are none. rejected reports whether the
// last refresh failed. It refreshes at most once an interval.
func (g *guardrails) current(ctx context.Context, now time.Time,
	log *slog.Logger) (inForce *guard.Guard, rejected bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.source != nil && !now.Before(g.next) {
		g.refresh(ctx, log)
		g.next = now.Add(refreshEvery)
		if g.guard == nil {
			g.next = now.Add(retryEvery)
		}
	}
	return g.guard, g.failed != nil
}

func (g *guardrails) refresh(ctx context.Context, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, refreshTakes)
	defer cancel()
	data, version, err := g.source.Read(ctx, g.seen)
	switch {
	case err != nil:
		g.failed = err
	case data == nil:
		g.failed = g.wrong
	default:
		g.take(data, version)
		if g.failed == nil {
			log.InfoContext(ctx, "guardrails loaded", "version", version)
		}
	}
	if g.failed != nil {
		log.ErrorContext(ctx, "guardrails rejected", "version", version, "error", g.failed, "in_force", g.inForce())
	}
}

// take puts a new version in force if it is valid.
func (g *guardrails) take(data []byte, version string) {
	read, err := guardfile.Read(data)
	g.seen, g.wrong, g.failed = version, err, err
	if err == nil {
		g.guard = read
	}
}

// inForce describes the guardrails in force for the log.
func (g *guardrails) inForce() string {
	if g.guard == nil {
		return "none: requests wait"
	}
	return "the last valid guardrails"
}

// file is the name of a file.
type file string

// Read implements text. A file's version is its time and size.
func (f file) Read(_ context.Context, known string) ([]byte, string, error) {
	info, err := os.Stat(string(f))
	if err != nil {
		return nil, "", err
	}
	version := fmt.Sprint(info.ModTime().UTC().Format(time.RFC3339Nano), " ", info.Size())
	if version == known {
		return nil, version, nil
	}
	data, err := os.ReadFile(string(f))
	if data == nil {
		data = []byte{}
	}
	return data, version, err
}
