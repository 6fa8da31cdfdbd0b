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

// benchmarks holds the benchmark results of one machine.
type benchmarks struct {
	Machine string
	Go      string
	Date    string
	Results map[string]map[string]float64 // by benchmark and unit: the best of all runs
}

// runs lists the benchmarks in the document.
var runs = [][]string{
	{"../core/secgroup", "-bench", "^BenchmarkDiff(ByText)?$", "-count", "5"},
	{"../../functions", "-bench", "^BenchmarkFunctions$", "-count", "3"},
	{"../audit", "-bench", "^BenchmarkAudit$", "-args", "-heavy"},
}

// measureAll writes the results so far after each run. It keeps earlier results of the same
// machine, Go version and day.
func measureAll(t *testing.T) {
	t.Helper()
	b := benchmarks{Machine: machine(), Go: runtime.Version(), Date: time.Now().Format(time.DateOnly),
		Results: make(map[string]map[string]float64)}
	if was := read(t).Benchmarks; was.Machine == b.Machine && was.Go == b.Go && was.Date == b.Date {
		b.Results = was.Results
	}
	for _, run := range runs {
		cmd := exec.Command("go", append([]string{"test", "-run", "^$", "-benchmem", "-benchtime", "300ms", "-timeout",
			"40m"}, run...)...)
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
			better := value < had != strings.HasSuffix(fields[i+1], "/s") // for a rate, higher is better
			if err == nil && (!again || better) {
				b.Results[name][fields[i+1]] = value
			}
		}
	}
}

// machine returns the number and model of this machine's processors.
func machine() string {
	model := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(text), "model name"); ok {
			model, _, _ = strings.Cut(strings.TrimLeft(rest, "\t :"), "\n")
		}
	}
	return strconv.Itoa(runtime.NumCPU()) + " x " + model + ", " + runtime.GOOS + "/" + runtime.GOARCH
}
