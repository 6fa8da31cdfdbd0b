package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/phrase"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// refusalTable is a table of refused events. The first line of each has its first rule, and
// the others have its other rules.
func refusalTable(style console.Style, refusals []claim.Refusal) string {
	t := console.Table{Style: style}
	t.Add(console.Painted(console.Bold, "WHEN", "LAUNCH", "PUBLISHER", "GROUP", "RULES", "REASONS")...)
	for _, r := range refusals {
		for i, rule := range refusedRules(r) {
			if i > 0 {
				t.Add(console.Plain("", "", "", "", rule)...)
				continue
			}
			t.Add(console.Plain(minute(r.At), orDash(printable(r.Launch.Name)), r.Publisher, refusedGroup(r.Group),
				rule, printable(r.Reasons.Error()))...)
		}
	}
	return t.String()
}

// refusedRules returns one or more lines with the rules of a refused event.
func refusedRules(r claim.Refusal) (lines []string) {
	for _, rule := range r.Rules {
		lines = append(lines, ruleText(secgroup.Entry{Rule: rule}, r.Group.ID))
	}
	switch {
	case r.End:
		return []string{"end of the launch"}
	case len(lines) == 0:
		return []string{"-"}
	case r.More > 0:
		lines = append(lines, phrase.More(r.More))
	}
	return lines
}

// refusedGroup is a refused event's group, or a dash.
func refusedGroup(g claim.GroupRef) string { return cmp.Or(g.ID, orDash(printable(g.Name))) }

// printUnrecorded prints the number of each publisher's refused events without a record.
func printUnrecorded(w io.Writer, unrecorded map[string]int) error {
	var text strings.Builder
	for _, publisher := range slices.Sorted(maps.Keys(unrecorded)) {
		fmt.Fprintf(&text, "sgkeeper refused %s of %s in the last 45 days. "+
			"It records %d a day of one publisher, and counts the others.\n",
			console.Count(unrecorded[publisher], "more event", "more events"), publisher, dynamo.RefusalsADay)
	}
	_, err := io.WriteString(w, console.StyleFor(w).Fit(text.String()))
	return err
}

// refusedEvents are the recorded refusals, and the number of unrecorded ones of each
// publisher.
type refusedEvents struct {
	refusals   []claim.Refusal
	unrecorded map[string]int
}

// refusalsOn reads the refusals on groups. It also reads the counts of their publishers and of
// the groups' accounts.
func refusalsOn(ctx context.Context, table *dynamo.Table, groups ...claim.Group) (e refusedEvents, err error) {
	var publishers []string
	for _, g := range groups {
		refusals, err := table.RefusalsOn(ctx, g, time.Time{})
		if err != nil {
			return e, err
		}
		for _, r := range refusals {
			publishers = append(publishers, r.Publisher)
		}
		publishers = append(publishers, g.Account)
		e.refusals = append(e.refusals, refusals...)
	}
	e.unrecorded, err = table.Unrecorded(ctx, publishers...)
	return e, err
}

// of returns the refusals of launches of that name, or all for "", in order.
func (e refusedEvents) of(launch string) refusedEvents {
	if launch != "" {
		e.refusals = slices.DeleteFunc(e.refusals, func(r claim.Refusal) bool { return r.Launch.Name != launch })
	}
	e.refusals = claim.RefusalsInOrder(e.refusals)
	return e
}

// print prints refused events for people, if there are any.
func (e refusedEvents) print(w io.Writer) error {
	if len(e.refusals) > 0 {
		table := refusalTable(console.StyleFor(w), e.refusals)
		if _, err := fmt.Fprintf(w, "\nRefused events:\n%s", table); err != nil {
			return err
		}
	}
	return printUnrecorded(w, e.unrecorded)
}
