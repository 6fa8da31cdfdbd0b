package main

import (
	"fmt"
	"io"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// printClaims prints requests for people: a table with a line for each rule.
func printClaims(w io.Writer, requests []claim.Request) error {
	if len(requests) == 0 {
		_, err := fmt.Fprintln(w, "No claims.")
		return err
	}
	t := console.Table{Style: console.StyleFor(w)}
	why := printPurposes(requests)
	head := []string{"LAUNCH", "ACCOUNT", "GROUP", "RULES", "SINCE", "UNTIL", "STATUS"}
	if why {
		head = append(head, "WHY")
	}
	t.Add(console.Painted(console.Bold, head...)...)
	for _, r := range requests {
		rows := claimRows(r)
		rows[0] = withWhy(why, rows[0], orDash(whyText(r.Purpose)))
		t.Rows = append(t.Rows, rows...)
	}
	_, err := io.WriteString(w, t.String())
	return err
}

// printFrozen names frozen groups.
func printFrozen(w io.Writer, frozen []dynamo.Headed) error {
	style := console.StyleFor(w)
	for _, h := range frozen {
		line := fmt.Sprintf("%s is frozen: %s\n", h.Group.ID, printable(h.Ledger.Frozen.String()))
		if _, err := io.WriteString(w, style.Fit(line)); err != nil {
			return err
		}
	}
	return nil
}

// claimRows are the lines of one request. The first has its first rule, and the others have
// the other rules.
func claimRows(r claim.Request) [][]console.Cell {
	var rows [][]console.Cell
	for _, entry := range r.Rules {
		rows = append(rows, console.Plain("", "", "", ruleText(entry, r.Group.ID)))
	}
	if len(rows) == 0 {
		rows = [][]console.Cell{console.Plain("", "", "", "")}
	}
	rest := console.Plain(minute(r.Received), untilTime(r.ExpiresAt), statusText(r))
	first := console.Plain(printable(r.Launch.Name), r.Launch.Owner(), r.Group.ID, rows[0][3].Text)
	rows[0] = append(first, rest...)
	return rows
}

// statusText is a request's status, with the time of its end, and the reasons of a refusal.
func statusText(r claim.Request) string {
	switch {
	case r.Status == claim.Open:
		return string(r.Status)
	case len(r.Reasons) > 0:
		return printable(string(r.Status) + ": " + r.Reasons.Error())
	}
	return string(r.Status) + " " + minute(r.Finished)
}
