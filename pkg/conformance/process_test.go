package conformance_test

import (
	"io"
	"os/exec"
	"regexp"
	"runtime"
	"sync"
)

// process is a program that runs beside the tests and ends with them.
type process struct {
	*exec.Cmd
	ended chan struct{} // closed when the program has ended
	tail  tail
}

// startProcess starts a program, and keeps the end of its output. It also writes the output to the
// given writers. On Linux, the program ends with this process, even if this process is killed.
func startProcess(cmd *exec.Cmd, also ...io.Writer) (*process, error) {
	p := &process{Cmd: cmd, ended: make(chan struct{})}
	out := io.MultiWriter(append(also, &p.tail)...)
	cmd.Stdout, cmd.Stderr = out, out
	tether(cmd)
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the tether is to the thread that starts it
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
			close(p.ended)
		}
	}()
	return p, <-started
}

// stop kills the process and waits for its end.
func (p *process) stop() {
	_ = p.Process.Kill()
	<-p.ended
}

// output is the end of the process's output, without the lines of answered requests.
func (p *process) output() string {
	return answeredLine.ReplaceAllString(p.tail.String(), "")
}

var answeredLine = regexp.MustCompile(`(?m)^.*"POST / HTTP/1.1" [24]00 -\n`)

// tail keeps the last bytes that are written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

const tailSize = 8 << 10

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, b...)
	if more := len(t.kept) - tailSize; more > 0 {
		t.kept = append(t.kept[:0], t.kept[more:]...)
	}
	return len(b), nil
}

// String returns those bytes.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept)
}
