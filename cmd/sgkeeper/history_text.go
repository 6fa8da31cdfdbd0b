package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// print prints a history for people: a table with a line for each rule.
func (h history) print(w io.Writer) error {
	if len(h.past) == 0 {
		if _, err := fmt.Fprintln(w, "No history."); err != nil {
			return err
		}
		return printUnrecorded(w, h.unrecorded)
	}
	t := console.Table{Style: console.StyleFor(w)}
	why := slices.ContainsFunc(h.past, func(p past) bool { return p.purpose() != claim.Purpose{} })
	head := []string{"WHEN", "LAUNCH", "PUBLISHER", "GROUP", "RULES", "STATUS", "CLOSED", "REASONS"}
	if why {
		head = append(head, "WHY")
	}
	t.Add(console.Painted(console.Bold, head...)...)
	for _, p := range h.past {
		first, rules := p.row()
		for i, rule := range rules {
			if i > 0 {
				t.Add(console.Plain("", "", "", "", rule)...)
				continue
			}
			row := console.Plain(clock(p.at), first.launch, first.publisher, first.group, rule,
				first.status, clock(first.closed), orDash(first.reasons))
			t.Add(withWhy(why, row, orDash(whyText(p.purpose())))...)
		}
	}
	if _, err := io.WriteString(w, t.String()); err != nil {
		return err
	}
	return printUnrecorded(w, h.unrecorded)
}

// purpose is the requester and the reason.
func (p past) purpose() claim.Purpose {
	if p.refusal != nil {
		return p.refusal.Purpose
	}
	return p.request.Purpose
}

// pastRow is the first line of a request or a refused event, without the rule.
type pastRow struct {
	launch, publisher, group, status, reasons string
	closed                                    time.Time
}

// row returns the first line, and one or more rules.
func (p past) row() (pastRow, []string) {
	if r := p.refusal; r != nil {
		return pastRow{
			launch: orDash(printable(r.Launch.Name)), publisher: r.Publisher, group: refusedGroup(r.Group),
			status: string(claim.Refused), reasons: printable(r.Reasons.Error()), closed: r.At,
		}, refusedRules(*r)
	}
	r := p.request
	var rules []string
	for _, entry := range r.Rules {
		rules = append(rules, ruleText(entry, r.Group.ID))
	}
	if len(rules) == 0 {
		rules = []string{"-"}
	}
	return pastRow{
		launch: printable(r.Launch.Name), publisher: r.Launch.Owner(), group: r.Group.ID,
		status: string(r.Status), reasons: printable(r.Reasons.Error()), closed: r.Finished,
	}, rules
}

// historyJSON is the output of `sgkeeper history --output json`.
type historyJSON struct {
	History    []any          `json:"history"` // of pastRequestJSON and pastRefusalJSON
	Unrecorded map[string]int `json:"unrecorded,omitempty"`
	Unreadable []string       `json:"unreadable,omitempty"` // items of a newer schema, or with a key that no version writes
}

type pastRequestJSON struct {
	Kind string    `json:"kind"` // "request"
	At   time.Time `json:"at"`
	claimJSON[secgroup.Entry]
}

type pastRefusalJSON struct {
	Kind string    `json:"kind"` // "refusal"
	At   time.Time `json:"at"`
	refusalJSON[secgroup.Entry]
}

func (h history) json() historyJSON {
	document := historyJSON{History: []any{}, Unrecorded: h.unrecorded}
	for _, p := range h.past {
		document.History = append(document.History, p.json())
	}
	return document
}

func (p past) json() any {
	if p.refusal != nil {
		return pastRefusalJSON{"refusal", p.at.UTC(), refusalJSONOf(*p.refusal)}
	}
	return pastRequestJSON{"request", p.at.UTC(), claimJSONOf(*p.request)}
}
