package main

import (
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// printable and printableLines make untrusted text safe to print.
func printable(s string) string      { return console.Printable(s) }
func printableLines(s string) string { return console.PrintableLines(s) }

// ruleText is a group's rule for people. A reference to the group itself is self.
func ruleText(e secgroup.Entry, group string) string { return printable(e.Rule.Seen(group).String()) }

// groupText is an event's group for people.
func groupText(g events.Group) string {
	if g.ID != "" {
		return g.ID
	}
	return printable(g.Name) + " in " + g.VPC
}

// minute is a time to the minute, in UTC.
func minute(t time.Time) string { return t.UTC().Format("2006-01-02T15:04Z") }

// clock is a time to the second. The zero time is a dash.
func clock(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// untilTime is the time of an expiry. The zero time stands for the end of the launch.
func untilTime(until time.Time) string {
	if until.IsZero() {
		return "its end"
	}
	return minute(until)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
