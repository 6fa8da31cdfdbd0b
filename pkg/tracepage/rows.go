package tracepage

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/trace"
)

// row is one event of the drawing.
type row struct {
	trace.Event
	lane   int // of the function; -1: no line
	holder int // the lane of the lease's holder; -1: free, -2: a pass without lines
	broken bool
	names  *strings.Replacer // short names of the passes
}

// mostRows bounds the drawing.
const mostRows = 2000

// rowsOf returns the first rows of a run, and the number of the others. If a step is impossible,
// the rows are the last before it.
func rowsOf(r trace.Result) (rows []row, left int) {
	lanes := make(map[string]int)
	for i, f := range r.Functions {
		lanes[f] = i
	}
	holders := make(map[string]int)
	events := r.Events
	if r.Broken != nil {
		events = upTo(events, r.Broken)
	}
	var short []string
	for _, e := range events {
		if e.Line != nil && e.Line.Number == 0 {
			short = append(short, e.Line.Pass, shortName(e.Line.Pass))
		}
		if e.Line != nil {
			holders[e.Line.Pass] = lanes[e.Line.Function]
		}
	}
	names := strings.NewReplacer(short...)
	for _, e := range events {
		row := row{Event: e, lane: -1, holder: -1, names: names}
		if e.Line != nil {
			row.lane = lanes[e.Line.Function]
		}
		if owner := e.Head.Owner; owner != lease.Nobody {
			lane, known := holders[owner.Nonce]
			if row.holder = lane; !known {
				row.holder = -2
			}
		}
		rows = append(rows, row)
	}
	if r.Broken != nil {
		last := rows[max(0, len(rows)-1):]
		broken := row{Event: trace.Event{Line: r.Broken.Line}, lane: lanes[r.Broken.Line.Function], holder: -1,
			broken: true, names: names}
		if len(last) > 0 {
			broken.Head, broken.holder = last[0].Head, last[0].holder
		}
		rows = append(rows, broken)
		left = max(0, len(rows)-mostRows)
		return rows[left:], left
	}
	left = max(0, len(rows)-mostRows)
	return rows[:len(rows)-left], left
}

// upTo returns the events up to those that the report shows before the impossible step.
func upTo(events []trace.Event, b *trace.Broken) []trace.Event {
	if len(b.Before) == 0 {
		return nil
	}
	last := b.Before[len(b.Before)-1]
	at := slices.Index(events, last)
	return events[:at+1]
}

// label describes the event in words.
func (r row) label() string {
	l := r.Line
	if l == nil {
		return text(r.names.Replace(r.Unlogged))
	}
	parts := []string{shortName(l.Pass), l.Step}
	switch {
	case l.Lost:
		parts = append(parts, "— the reply is lost")
	case l.Failed:
		parts = append(parts, "— refused")
	case l.Step == lease.Ring.String() && l.Head != nil:
		parts = append(parts, fmt.Sprintf("— ticket %d", l.Head.Want))
	case l.Step == lease.Claim.String():
		parts = append(parts, "— "+l.Claimed)
	case l.Step == lease.Release.String(), l.Step == lease.Load.String():
		parts = append(parts, fmt.Sprintf("— serves up to ticket %d", l.After.Seen))
	case l.Step == lease.Describe.String():
		parts = append(parts, fmt.Sprintf("— %d rules", l.Described))
	}
	for _, ids := range []struct {
		list *trace.IDs
		done string
	}{{l.Made, "made"}, {l.Revoked, "revoked"}} {
		if ids.list != nil {
			parts = append(parts, fmt.Sprintf("— %s %d", ids.done, len(ids.list.List)+ids.list.More))
		}
	}
	if l.After.Result != "" {
		parts = append(parts, "— ends: "+l.After.Result)
	}
	return text(strings.Join(parts, " "))
}

// title has the details of a row.
func (r row) title() string {
	l := r.Line
	if l == nil {
		return text(r.Unlogged)
	}
	s := fmt.Sprintf("step %d of pass %s, function %s, then %s", l.Number, l.Pass, l.Function, l.After.Step)
	if len(l.Plan) > 0 {
		s += ", plan: " + strings.Join(l.Plan, ", ")
	}
	for _, ids := range []*trace.IDs{l.Pending, l.Made, l.Revoked} {
		if ids != nil {
			s += ", " + strings.Join(ids.List, " ")
		}
	}
	return text(s)
}

// toEC2 reports whether the step calls EC2.
func (r row) toEC2() bool {
	return r.Line != nil && slices.Contains(ec2Steps, r.Line.Step)
}

var ec2Steps = []string{
	lease.Check.String(), lease.Describe.String(), lease.Revoke.String(), lease.Authorize.String(),
}

// writes reports whether the step changed the head. An effect without a line did.
func (r row) writes() bool { return r.Line == nil || r.Line.Writes() }
