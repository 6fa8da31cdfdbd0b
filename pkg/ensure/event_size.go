package ensure

import (
	"encoding/json"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/phrase"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// fit returns an event as one or more events that the bus accepts. It removes the tags and
// descriptions of the rules of a too large event, splits it, or leaves out reasons.
func fit(out events.Out) []events.Out {
	if sizeOf(out) <= maxBytes {
		return []events.Out{out}
	}
	switch e := out.(type) {
	case events.PortsEnsured:
		return split(brief(e), func(e events.PortsEnsured) events.Out { return e })
	case events.PortsReleased:
		return split(brief(events.PortsEnsured(e)),
			func(e events.PortsEnsured) events.Out { return events.PortsReleased(e) })
	case events.LaunchRejected:
		return []events.Out{fewer(e)}
	}
	return []events.Out{out}
}

// sizeOf returns the size of an event's detail in bytes.
func sizeOf(out events.Out) int {
	text, err := json.Marshal(out)
	if err != nil {
		return 0 // the bus returns the error
	}
	return len(text)
}

// brief returns the event without tags and descriptions. Of the rules that cover another, it
// keeps one.
func brief(e events.PortsEnsured) events.PortsEnsured {
	covered := make([]secgroup.CoveredEntry, len(e.Covered))
	for i, c := range e.Covered {
		covered[i] = secgroup.CoveredEntry{Rule: c.Rule, By: c.By[:min(1, len(c.By))]}
	}
	e.Covered, e.Authorized, e.Revoked = covered, bare(e.Authorized), bare(e.Revoked)
	return e
}

// bare returns entries without their tags and descriptions.
func bare(entries []secgroup.Entry) []secgroup.Entry {
	short := make([]secgroup.Entry, len(entries))
	for i, e := range entries {
		short[i] = secgroup.Entry{Rule: e.Rule, ID: e.ID}
	}
	return short
}

// split halves the lists of rules until each event fits. Each event names all launches.
func split(e events.PortsEnsured, as func(events.PortsEnsured) events.Out) []events.Out {
	if sizeOf(as(e)) <= maxBytes || len(e.Authorized)+len(e.Covered)+len(e.Revoked) < 2 {
		return []events.Out{as(e)}
	}
	first, second := e, e
	first.Authorized, second.Authorized = halves(e.Authorized)
	first.Covered, second.Covered = halves(e.Covered)
	first.Revoked, second.Revoked = halves(e.Revoked)
	return append(split(first, as), split(second, as)...)
}

func halves[T any](list []T) (first, second []T) {
	n := (len(list) + 1) / 2
	return list[:n], list[n:]
}

// fewer keeps as many reasons as fit, and counts the others.
func fewer(e events.LaunchRejected) events.LaunchRejected {
	all := e.Reasons
	for n := len(all) / 2; n > 0 && sizeOf(e) > maxBytes; n /= 2 {
		rest := claim.Fault{Problem: phrase.More(len(all) - n)}
		e.Reasons = append(all[:n:n], rest)
	}
	return e
}
