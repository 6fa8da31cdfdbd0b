package performance_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

// sortRows orders rows by the text of their first cell.
func sortRows(rows []table.Row) {
	slices.SortFunc(rows, func(a, b table.Row) int { return strings.Compare(fmt.Sprint(a[0]), fmt.Sprint(b[0])) })
}

func (f figures) auditRows(names []string) string {
	slices.Sort(names)
	var rows []table.Row
	for _, name := range names {
		of := f.Benchmarks.Results[name]
		title := strings.ReplaceAll(strings.TrimPrefix(name, "BenchmarkAudit/"), "_", " ")
		rows = append(rows, table.Row{
			title, fmt.Sprintf("%.3g", of["ns/op"]/1e9), fmt.Sprintf("%.3g", of["cpu-s"]),
			fmt.Sprintf("%.0f", of["ec2-calls"]),
			fmt.Sprintf("%.0f", of["table-calls"]),
			fmt.Sprintf("%.3g", of["rules/s"]), fmt.Sprintf("%.0f", of["peak-MiB"]),
		})
	}
	return markdown(table.Row{"audit of", "seconds", "processor seconds", "EC2 calls", "DynamoDB calls", "rules a second",
		"heap at its most, MiB"}, rows)
}
