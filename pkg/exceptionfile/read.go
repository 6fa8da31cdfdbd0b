// Package exceptionfile reads the file in which people declare the rules that are intended
// although no launch requested them.
package exceptionfile

import (
	_ "embed"
	"regexp"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/rulefile"
)

// Schema is the JSON Schema (2020-12) of an exceptions file.
//
//go:embed schema/exceptions.json
var Schema []byte

// MaxBytes limits the size of an exceptions file.
const MaxBytes = 1 << 20

var exceptionID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// Read reads an exceptions file in YAML or JSON, with rules in the form of launch events. The
// error names every fault with its line and place. An empty file has no exceptions.
func Read(data []byte) ([]drift.Exception, error) {
	var all []drift.Exception
	err := rulefile.Read("exceptions", data, MaxBytes, func(root rulefile.Node) {
		if root.Present() {
			all = readExceptions(root)
		}
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

func readExceptions(root rulefile.Node) (all []drift.Exception) {
	m := root.Members("exceptions")
	if m == nil {
		return nil
	}
	lines := make(map[string]int)
	for _, n := range m["exceptions"].List("a list of exceptions") {
		all = append(all, readException(n, lines))
	}
	return all
}

// readException reads one exception; lines maps the ids so far to their lines.
func readException(n rulefile.Node, lines map[string]int) (x drift.Exception) {
	m := n.Members("id", "owner", "reason", "expires", "permanent", "group", "rules")
	if m == nil {
		return x
	}
	switch x.ID = m["id"].Text(64); {
	case x.ID == "":
	case !exceptionID.MatchString(x.ID):
		m["id"].Fault("found %s: want letters, digits and ._-, at most 64, a letter or digit first",
			rulefile.Quote(x.ID))
	case lines[x.ID] > 0:
		m["id"].Fault("found %s, which line %d has too: want each id once", rulefile.Quote(x.ID), lines[x.ID])
	default:
		lines[x.ID] = m["id"].Line()
	}
	x.Owner, x.Reason = m["owner"].Text(128), m["reason"].Text(1000)
	if m["group"].Present() {
		x.Group = m["group"].Text(255)
	}
	x.Expires = readExpires(n, m["expires"], m["permanent"])
	for _, r := range m["rules"].Rules(nil) {
		x.Rules = append(x.Rules, r.Rule)
	}
	return x
}

// readExpires returns an exception's expiry, or the zero time if it says permanent.
func readExpires(n, expires, permanent rulefile.Node) time.Time {
	switch text, _ := expires.Scalar(); {
	case expires.Present() == permanent.Present():
		n.Fault("want either expires, with a date, or permanent: true")
	case permanent.Present() && !permanent.Bool():
		permanent.Fault("want true, or expires with a date instead")
	case expires.Present():
		for _, layout := range []string{time.DateOnly, time.RFC3339} {
			if t, err := time.Parse(layout, text); err == nil {
				return t.UTC()
			}
		}
		expires.Fault("found %s: want a date such as 2026-12-31 or a time such as 2026-12-31T17:00:00Z",
			rulefile.Quote(text))
	}
	return time.Time{}
}
