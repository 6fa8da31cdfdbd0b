package report

import (
	"encoding/csv"
	"io"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

var csvColumns = []string{
	"severity", "kind", "account", "region", "group", "name", "rule", "rule_id", "subject", "gap", "asked_by",
	"detail", "remedy", "since", "changed_by", "changed_at", "change", "event_id", "id",
	"rule_description", "unverified_since",
}

// writeCSV writes a heading, then a row for each drift.
func writeCSV(w io.Writer, r *drift.Report) error {
	out := csv.NewWriter(w)
	if err := out.Write(csvColumns); err != nil {
		return err
	}
	for _, s := range sections(r) {
		for _, d := range s.drifts {
			if err := out.Write(csvRow(s.Group, d)); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func csvRow(g *drift.Group, d *drift.Drift) []string {
	row := []string{
		d.Severity.String(), string(d.Kind), d.Group.Account, d.Group.Region, d.Group.ID, g.Name,
		ruleText(d.Rule.Rule, d.Group), d.Rule.ID, d.Subject, strings.Join(ruleTexts(d.Gap, d.Group), "; "),
		requestsText(d),
		d.Detail, d.Remedy, stamp(d.Since), d.Changed.Actor, stamp(d.Changed.At), d.Changed.Name, d.Changed.EventID,
		d.ID, d.Rule.Description, stamp(d.Unverified),
	}
	for i, field := range row {
		row[i] = inert(field)
	}
	return row
}

// inert keeps a spreadsheet from taking a field for a formula. It puts an apostrophe before a
// field that begins like one, also in full-width characters or after blanks.
func inert(field string) string {
	field = console.Printable(field)
	if first := strings.TrimLeft(field, " \u3000"); first != "" &&
		strings.ContainsRune("=+-@|%=+-@", []rune(first)[0]) {
		return "'" + field
	}
	return field
}
