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

// fleet is the processes of the function, and what they share.
type fleet struct {
	program       string
	dynamodb, ec2 string // URLs of the engines
	table         string
	account       string
	quota         int      // SGKEEPER_QUOTA; 0: the default
	buckets       *buckets // of EC2; nil: it does not throttle

	queue   *queue
	plan    deaths
	replace chan *function // killed, to be started anew
	calls   atomic.Int64
	killed  atomic.Int64
	late    atomic.Int64 // killed at their deadline
	lost    atomic.Int64 // replies

	mu     sync.Mutex
	told   map[string]map[string]bool // by detail-type, the launches that it named
	faults []string
	last   time.Time // when a process was last killed, or a reply lost
	alive  map[*function]bool
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

// run starts n processes, and another for each that is killed, until the test ends.
func (f *fleet) run(t *testing.T, n int) {
	t.Helper()
	f.alive, f.replace = make(map[*function]bool), make(chan *function, len(f.plan.kills)+n)
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

// anyOutput is the end of what some process wrote.
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

func (f *fleet) fault(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, fmt.Sprintf(format, args...))
}

// strikes notes that something just went wrong, as planned.
func (f *fleet) strikes(n *atomic.Int64) {
	n.Add(1)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = time.Now()
}

// answer is what an engine answers, whole.
type answer struct {
	http.Header
	body []byte
}

// send sends a process's request on to an engine. The bus is our own: it keeps
// what it is told.
func (f *fleet) send(engine string, r *http.Request, body []byte) (status int, a answer, err error) {
	if engine == "" {
		return f.publish(body)
	}
	to, err := http.NewRequest(r.Method, engine+"/", bytes.NewReader(body))
	if err != nil {
		return 0, answer{}, err
	}
	to.Header = r.Header.Clone()
	reply, err := engines32.Do(to)
	if err != nil {
		return 0, answer{}, err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	return reply.StatusCode, answer{reply.Header, text}, err
}

// engines32 keeps a connection for each process.
var engines32 = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: processes, DisableCompression: true}}

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
		f.tell(entry.DetailType, entry.Detail)
	}
	text := `{"FailedEntryCount":0,"Entries":[` + strings.Join(ids, ",") + `]}`
	return http.StatusOK, answer{http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, []byte(text)}, nil
}

func (f *fleet) tell(detailType, detail string) {
	var d struct {
		Launch   string
		Launches []string
	}
	if err := json.Unmarshal([]byte(detail), &d); err != nil {
		f.fault("an event that cannot be read: %s", detail)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.told[detailType] == nil {
		f.told[detailType] = make(map[string]bool)
	}
	for _, launch := range append(d.Launches, d.Launch) {
		f.told[detailType][launch] = true
	}
}

func (f *fleet) wasTold(detailType, launch string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.told[detailType][launch]
}
