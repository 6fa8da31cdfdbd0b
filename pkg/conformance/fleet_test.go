package conformance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// fleet is the processes of the function, and their shared parts.
type fleet struct {
	program       string
	dynamodb, ec2 string // URLs of the engines
	table         string
	account       string
	quota         int      // SGKEEPER_QUOTA; 0: the default
	buckets       *buckets // of EC2; nil: it does not throttle
	steps         *steps   // that the processes log; nil: they log none
	history       *history // of the launches; nil: there is none

	queue   *queue
	plan    faultPlan
	replace chan *function // killed processes
	calls   atomic.Int64
	killed  atomic.Int64
	late    atomic.Int64 // killed at their deadline
	lost    atomic.Int64 // replies

	mu         sync.Mutex
	announced  map[string]map[string]bool // by detail-type, the launches in its events
	violations []string
	last       time.Time // of the last planned fault
	alive      map[*function]bool
}

// buildFunction compiles the function as it is deployed, for this machine.
func buildFunction(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-o", program, "../../functions/ensure")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// run starts n processes, and replaces each killed one, until the test ends.
func (f *fleet) run(t *testing.T, n int) {
	t.Helper()
	f.alive, f.replace = make(map[*function]bool), make(chan *function, len(f.plan.faults)+n)
	for range n {
		f.start(t)
	}
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case dead := <-f.replace:
				f.forget(dead)
				f.start(t)
			case <-over:
				return
			}
		}
	}()
	t.Cleanup(func() {
		close(over)
		<-ended
		for fn := range f.alive {
			fn.stop()
			fn.server.CloseClientConnections()
			fn.server.Close()
		}
	})
}

// anyOutput is the end of the output of one process.
func (f *fleet) anyOutput() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	for fn := range f.alive {
		return fn.output()
	}
	return ""
}

func (f *fleet) start(t *testing.T) {
	fn := f.launch(t)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.alive[fn] = true
}

func (f *fleet) forget(fn *function) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.alive, fn)
}

func (f *fleet) violation(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.violations = append(f.violations, fmt.Sprintf(format, args...))
}

// countFault counts a planned fault, and records its time.
func (f *fleet) countFault(n *atomic.Int64) {
	n.Add(1)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = time.Now()
}

// answer is a whole reply of an engine.
type answer struct {
	http.Header
	body []byte
}

// send passes a process's request on to an engine, or for "" to the fleet's bus.
func (f *fleet) send(engine string, r *http.Request, body []byte) (status int, a answer, err error) {
	if engine == "" {
		return f.publish(body)
	}
	to, err := http.NewRequest(r.Method, engine+"/", bytes.NewReader(body))
	if err != nil {
		return 0, answer{}, err
	}
	to.Header = r.Header.Clone()
	reply, err := engineClient.Do(to)
	if err != nil {
		return 0, answer{}, err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	return reply.StatusCode, answer{reply.Header, text}, err
}

// engineClient keeps a connection for each process.
var engineClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: processes, DisableCompression: true}}

// publish is the bus's PutEvents. It records the launches in the events.
func (f *fleet) publish(body []byte) (int, answer, error) {
	var in struct {
		Entries []struct{ DetailType, Detail string }
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return 0, answer{}, err
	}
	ids := make([]string, len(in.Entries))
	for i, entry := range in.Entries {
		ids[i] = fmt.Sprintf(`{"EventId":"e%d"}`, i)
		f.record(entry.DetailType, entry.Detail)
	}
	text := `{"FailedEntryCount":0,"Entries":[` + strings.Join(ids, ",") + `]}`
	return http.StatusOK, answer{http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, []byte(text)}, nil
}

func (f *fleet) record(detailType, detail string) {
	var d struct {
		Launch   string
		Launches []string
	}
	if err := json.Unmarshal([]byte(detail), &d); err != nil {
		f.violation("an event that cannot be read: %s", detail)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.announced[detailType] == nil {
		f.announced[detailType] = make(map[string]bool)
	}
	for _, launch := range append(d.Launches, d.Launch) {
		f.history.told(detailType, launch)
		f.announced[detailType][launch] = true
	}
}

func (f *fleet) wasAnnounced(detailType, launch string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.announced[detailType][launch]
}
