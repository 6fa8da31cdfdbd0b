package performance_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// benchmarks is what the benchmarks of one machine said.
type benchmarks struct {
	Machine string
	Go      string
	Date    string
	Results map[string]map[string]float64 // by benchmark and unit, the least of all runs
}

// runs are the benchmarks whose figures the document tells.
var runs = [][]string{
	{"../secgroup", "-bench", "^BenchmarkDiff(ByText)?$", "-count", "5"},
	{"../../functions", "-bench", "^BenchmarkFunctions$", "-count", "3"},
	{"../audit", "-bench", "^BenchmarkAudit$", "-args", "-heavy"},
}

// measureAll writes what has been measured so far after each run. It adds to what
// was measured on the same machine on the same day.
func measureAll(t *testing.T) {
	t.Helper()
	b := benchmarks{Machine: machine(), Go: runtime.Version(), Date: time.Now().Format(time.DateOnly), Results: make(map[string]map[string]float64)}
	if was := read(t).Benchmarks; was.Machine == b.Machine && was.Go == b.Go && was.Date == b.Date {
		b.Results = was.Results
	}
	for _, run := range runs {
		cmd := exec.Command("go", append([]string{"test", "-run", "^$", "-benchmem", "-benchtime", "300ms", "-timeout", "40m"}, run...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", cmd, err, out)
		}
		b.add(out)
		write(t, "benchmarks.json", b)
	}
}

// add reads lines such as "BenchmarkDiff/60-2  1000  5000 ns/op  12 B/op".
func (b benchmarks) add(out []byte) {
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name, _, _ := strings.Cut(fields[0]+"-", "-"+strconv.Itoa(runtime.GOMAXPROCS(0))+"-")
		name = strings.TrimSuffix(name, "-")
		if b.Results[name] == nil {
			b.Results[name] = make(map[string]float64)
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			had, again := b.Results[name][fields[i+1]]
			better := value < had != strings.HasSuffix(fields[i+1], "/s") // a rate is better the higher it is
			if err == nil && (!again || better) {
				b.Results[name][fields[i+1]] = value
			}
		}
	}
}

// machine is the processor of this machine, and how many of them it has.
func machine() string {
	model := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(text), "model name"); ok {
			model, _, _ = strings.Cut(strings.TrimLeft(rest, "\t :"), "\n")
		}
	}
	return strconv.Itoa(runtime.NumCPU()) + " x " + model + ", " + runtime.GOOS + "/" + runtime.GOARCH
}
