package ensure_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func tracing(c *handler.Config) { c.Trace = true }

// tracedSteps returns the traced lines of a log.
func tracedSteps(log string) (lines []string) {
	for line := range strings.Lines(log) {
		if strings.Contains(line, `"trace":{`) {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestTraceIsOff: without the setting, no step is logged.
func TestTraceIsOff(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	r.ensured(launch("a", shared, 8000))
	if steps := tracedSteps(r.log.String()); len(steps) > 0 {
		t.Errorf("%d steps are logged: %s", len(steps), steps[0])
	}
}

// TestTraceHasEachStep: with the setting, each step of a pass is one line, also if the log level
// hides other lines. A line names no rule and no launch.
func TestTraceHasEachStep(t *testing.T) {
	r := newRig(t, fakeaws.Options{}, tracing, func(c *handler.Config) { c.LogLevel = 8 })
	r.ensured(request("secret-launch", shared, rule{"ports": []any{8000}, "from": []string{"203.0.113.7/32"}}))
	steps := tracedSteps(r.log.String())
	want := []string{"claim", "ring", "load", "describe", "authorize", "publish", "release"}
	if len(steps) != len(want) {
		t.Fatalf("%d steps, want %d:\n%s", len(steps), len(want), strings.Join(steps, ""))
	}
	for i, step := range want {
		if !strings.Contains(steps[i], fmt.Sprintf(`"n":%d,`, i)) || !strings.Contains(steps[i], `"step":"`+step+`"`) {
			t.Errorf("step %d is %s, want %s", i, steps[i], step)
		}
		for _, hidden := range []string{"secret-launch", "203.0.113.7", "8000"} {
			if strings.Contains(steps[i], hidden) {
				t.Errorf("step %d names %s: %s", i, hidden, steps[i])
			}
		}
	}
	if !strings.Contains(steps[4], `"made":{"ids":["sgr-`) {
		t.Errorf("the authorize names no rule that EC2 made: %s", steps[4])
	}
}

// BenchmarkLaunch measures a launch and its end, each on a group of its own, with and without
// traces. It also measures the traced lines.
func BenchmarkLaunch(b *testing.B) {
	for _, row := range []struct {
		name      string
		configure []func(*handler.Config)
	}{{"untraced", nil}, {"traced", []func(*handler.Config){tracing}}} {
		b.Run(row.name, func(b *testing.B) {
			r := newRig(b, fakeaws.Options{}, row.configure...)
			for n := 0; b.Loop(); n++ {
				group := fmt.Sprintf("sg-%017x", n)
				r.addGroup(group)
				r.ensured(launch(name(n), group, 8000))
				r.released(end(name(n), group))
			}
			steps := tracedSteps(r.log.String())
			b.ReportMetric(float64(len(steps))/float64(b.N), "lines/op")
			b.ReportMetric(float64(len(strings.Join(steps, "")))/float64(b.N), "traced-B/op")
		})
	}
}
