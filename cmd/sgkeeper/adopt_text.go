package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// adoptJSON is the output of `sgkeeper adopt --output json`. No list in it is null.
type adoptJSON struct {
	Group        string            `json:"group"`
	Installation string            `json:"installation"`
	Adopted      bool              `json:"adopted"` // false: this is the plan
	Rules        []adoptedRuleJSON `json:"rules"`
	Left         []leftRuleJSON    `json:"left"`
}

type adoptedRuleJSON struct {
	Rule secgroup.Entry `json:"rule"`
	Goes bool           `json:"goes"` // no launch requests it
	Fate string         `json:"fate"`
}

type leftRuleJSON struct {
	Rule   secgroup.Entry `json:"rule"`
	Reason string         `json:"reason"`
}

func (a *adoption) json() adoptJSON {
	document := adoptJSON{a.group.ID, string(a.owner), a.done, []adoptedRuleJSON{}, []leftRuleJSON{}}
	for _, c := range a.choices {
		document.Rules = append(document.Rules, adoptedRuleJSON{c.Entry, c.Goes, c.Fate})
	}
	for _, l := range a.left {
		document.Left = append(document.Left, leftRuleJSON{l.Entry, l.Reason})
	}
	return document
}

func (a *adoption) print(w io.Writer, f format) error {
	if f == jsonFormat {
		return console.WriteJSON(w, a.json())
	}
	text := a.plan(console.StyleFor(w))
	if a.done {
		text = fmt.Sprintf("adopted: %s of %s\n", console.Count(len(a.choices), "rule", "rules"), a.group.ID)
	}
	_, err := io.WriteString(w, text)
	return err
}

// plan prints the rules to adopt, the fate of each, and the rules that are left alone.
func (a *adoption) plan(s console.Style) string {
	rows := console.Table{Style: s}
	rows.Add(console.Painted(console.Bold, "", "RULE", "ID", "AFTER ADOPTION IT")...)
	for _, c := range a.choices {
		mark := console.Green.Cell("~")
		if c.Goes {
			mark = console.Red.Cell("-")
		}
		row := console.Plain(ruleText(c.Entry, a.group.ID), printable(c.Entry.ID), printable(c.Fate))
		rows.Add(append([]console.Cell{mark}, row...)...)
	}
	for _, l := range a.left {
		row := console.Plain(ruleText(l.Entry, a.group.ID), printable(l.Entry.ID),
			"is not adopted: "+printable(l.Reason))
		rows.Add(append([]console.Cell{console.Yellow.Cell("!")}, row...)...)
	}
	text := fmt.Sprintf("%s to adopt in %s, for the installation %s\n", console.Count(len(a.choices), "rule", "rules"),
		a.group.ID, printable(string(a.owner)))
	if len(a.choices)+len(a.left) > 0 {
		text += rows.String()
	}
	return text
}

var errNotConfirmed = errors.New("nothing is adopted: want yes, or --yes for a program")

// confirm shows the plan on standard error, and fails unless a person says yes.
func confirm(cmd *cobra.Command, a *adoption) error {
	question := "Adopt them?"
	if len(a.choices) == 1 {
		question = "Adopt it?"
	}
	yes, err := confirmed(cmd, a.plan(console.StyleFor(cmd.ErrOrStderr())), question)
	if err == nil && !yes {
		err = errNotConfirmed
	}
	return err
}
