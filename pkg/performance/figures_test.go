package performance_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
)

// storm is one row of TestStorm or TestScale.
type storm struct {
	Title            string
	Launches, Groups int
	Within           time.Duration
	Way              string
	Served           int
	EC2, DynamoDB    int
	Bus, Throttled   int
	Rounds           int
	Invocations      int
	Median, P99      time.Duration
	Last             time.Duration
	Read, Written    float64
	PeakRead         int
	PeakWritten      int
}

// wall is one row of TestWalls.
type wall struct {
	Name, Wall, At string
	Size           int
	Costs          []struct {
		Size, Item, Head, Event, Read int // bytes but for Size
		Reads, Writes                 int // units
		EC2, Table                    int // calls
	}
}

type figures struct {
	Benchmarks benchmarks
	Storms     []storm
	Deployed   []storm
	Scales     []storm
	Walls      []wall
}

const sgkeeper = "sgkeeper"

// tables returns the tables of the document, by name.
func (f figures) tables() map[string]string {
	return map[string]string{
		"machine":   fmt.Sprintf("%s, %s, %s.\n", f.Benchmarks.Machine, f.Benchmarks.Go, f.Benchmarks.Date),
		"storms":    f.storms(),
		"deployed":  f.deployed(),
		"cost":      f.cost(),
		"scales":    f.scales(),
		"walls":     f.walls(),
		"algebra":   f.algebra(),
		"functions": f.functions(),
		"audits":    f.audits(),
	}
}

func markdown(header table.Row, rows []table.Row) string {
	w := table.NewWriter()
	w.AppendHeader(header)
	w.AppendRows(rows)
	return w.RenderMarkdown() + "\n"
}

func (f figures) storms() string {
	var rows []table.Row
	for _, s := range f.Storms {
		rows = append(rows, table.Row{
			s.Launches, s.Groups, took(s.Within), s.Way, s.Launches - s.Served, s.EC2, s.Throttled, s.DynamoDB,
			took(s.Median), took(s.P99),
		})
	}
	return markdown(table.Row{"launches", "groups", "within", "way", "failed", "EC2 calls", "throttled",
		"DynamoDB calls", "median", "p99"}, rows)
}

// deployed is storms through the queue as deployed.
func (f figures) deployed() string {
	var rows []table.Row
	for _, s := range f.Deployed {
		rows = append(rows, table.Row{
			s.Launches, s.Groups, took(s.Within), s.Launches - s.Served, s.EC2, s.Throttled, s.DynamoDB, took(s.Median),
			took(s.P99),
		})
	}
	return markdown(table.Row{"launches", "groups", "within", "failed", "EC2 calls", "throttled", "DynamoDB calls",
		"median", "p99"}, rows)
}

func (f figures) scales() string {
	var rows []table.Row
	for _, s := range f.Scales {
		minutes := int(s.Within / time.Minute)
		rows = append(rows, table.Row{
			s.Launches / minutes, s.Launches, s.Launches - s.Served, s.EC2, s.Throttled, s.DynamoDB, took(s.Median),
			took(s.P99), took(s.Last - s.Within),
		})
	}
	return markdown(table.Row{"launches a minute", "in all", "failed", "EC2 calls", "throttled", "DynamoDB calls",
		"median", "p99", "last answer after the last launch"}, rows)
}

// walls returns two tables: the behaviour at each wall, and the costs of loads.
func (f figures) walls() string {
	var at, costs []table.Row
	for _, w := range f.Walls {
		at = append(at, table.Row{w.Name, w.Size, w.Wall, w.At})
		for _, c := range w.Costs {
			costs = append(costs, table.Row{w.Name, c.Size, w.Size, kb(c.Item), kb(c.Head), kb(c.Event), kb(c.Read),
				c.Reads, c.Writes, c.EC2, c.Table})
		}
	}
	return markdown(table.Row{"load", "wall", "limit", "behaviour at the wall"}, at) + "\n" +
		markdown(table.Row{"load", "measured at", "wall", "largest item, KB", "head, KB", "largest event, KB",
			"read, KB",
			"read units", "write units", "EC2 calls", "DynamoDB calls"}, costs)
}

// kb returns a size in KB of 1,024 bytes.
func kb(bytes int) string { return fmt.Sprintf("%.1f", float64(bytes)/1024) }

// These are list prices in dollars (us-east-1, on demand, November 2025).
const (
	perWrite      = 0.625e-6 // a write unit of DynamoDB
	perRead       = 0.125e-6 // a read unit
	perInvocation = 0.2e-6
	perGBSecond   = 13.3334e-6 // arm64
	perEvent      = 1e-6       // of EventBridge, custom
	perMessage    = 0.4e-6     // of SQS
	memory        = 0.5        // GB of a function, as the stack deploys it
)

// cost returns dollars for 1,000 launches. A launch costs one event in, three calls of a
// queue, and its share of the published events.
func (f figures) cost() string {
	var rows []table.Row
	for _, s := range f.Storms {
		if s.Way != sgkeeper {
			continue
		}
		n := 1000 / float64(s.Launches)
		tableCost := (s.Written*perWrite + s.Read*perRead) * n
		run := float64(s.Invocations)*perInvocation*n + s.seconds()*memory*perGBSecond*n
		rest := (float64(s.Launches+s.Bus)*perEvent + 3*float64(s.Launches)*perMessage) * n
		rows = append(rows, table.Row{s.Launches, s.Groups, took(s.Within), dollars(tableCost), dollars(run),
			dollars(rest), dollars(tableCost + run + rest)})
	}
	return markdown(table.Row{"launches", "groups", "within", "DynamoDB", "Lambda", "EventBridge, SQS",
		"a thousand launches"}, rows)
}

// seconds returns the least run time of the functions: 40 ms for each invocation without a
// round, 100 ms for each round, and the pauses between rounds.
func (s storm) seconds() float64 {
	pauses := max(0, float64(s.Rounds-2*s.Groups))
	return float64(s.Invocations)*0.04 + float64(s.Rounds)*0.1 + pauses
}

func dollars(d float64) string { return fmt.Sprintf("$%.4f", d) }

func (f figures) algebra() string {
	var rows []table.Row
	for _, n := range []int{10, 60, 200, 1000, 10_000, 100_000} {
		ours := f.Benchmarks.Results[fmt.Sprintf("BenchmarkDiff/%d", n)]
		sets := f.Benchmarks.Results[fmt.Sprintf("BenchmarkDiff/%d/with_sets", n)]
		text := f.Benchmarks.Results[fmt.Sprintf("BenchmarkDiffByText/%d", n)]
		rows = append(rows, table.Row{
			n, nanoseconds(ours["ns/op"]), int(ours["allocs/op"]), nanoseconds(sets["ns/op"]), int(sets["allocs/op"]),
			nanoseconds(text["ns/op"]), int(text["allocs/op"]), times(text["ns/op"] / ours["ns/op"]),
			times(text["ns/op"] / sets["ns/op"]),
		})
	}
	return markdown(table.Row{"rules", "Compare", "allocations", "sets made, too", "allocations", "by text",
		"allocations", "faster", "with sets"}, rows)
}

func (f figures) functions() string {
	var rows []table.Row
	for _, name := range []string{"ensure", "audit"} {
		all := f.Benchmarks.Results["BenchmarkFunctions/"+name]
		for prefix, title := range map[string]string{"": name, "bare-": name + "'s clients alone"} {
			row := table.Row{title}
			for _, unit := range []string{"init-ms", "first-ms", "quick-us", "work-ms", "peak-MB", "binary-MB",
				"zip-MB"} {
				if value, ok := all[prefix+unit]; ok {
					row = append(row, fmt.Sprintf("%.3g", value))
				} else {
					row = append(row, "")
				}
			}
			rows = append(rows, row)
		}
	}
	sortRows(rows)
	return markdown(table.Row{"program", "init, ms", "first answer, ms", "warm, no calls, us", "warm, with calls, ms",
		"memory, MB", "binary, MB", "zip, MB"}, rows)
}

func (f figures) audits() string {
	var lines []string
	for name := range f.Benchmarks.Results {
		if strings.HasPrefix(name, "BenchmarkAudit/") {
			lines = append(lines, name)
		}
	}
	return f.auditRows(lines)
}

func took(d time.Duration) string {
	switch {
	case d == 0:
		return "0"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f min", d.Minutes())
}

func nanoseconds(n float64) string {
	switch {
	case n < 1e3:
		return fmt.Sprintf("%.0f ns", n)
	case n < 1e6:
		return fmt.Sprintf("%.3g us", n/1e3)
	}
	return fmt.Sprintf("%.3g ms", n/1e6)
}

func times(x float64) string { return fmt.Sprintf("%.0fx", x) }
