package events

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong with an event. Field is a JSON Pointer (RFC
// 6901) within the detail, "" for the whole event; an absent key has the
// pointer it would have. Problem says what was found, what is allowed, and
// where it helps, the remedy.
type Fault struct {
	Field   string `json:"field"`
	Problem string `json:"problem"`
}

// String returns the problem, after its field.
func (f Fault) String() string {
	if f.Field == "" {
		return f.Problem
	}
	return f.Field + ": " + f.Problem
}

// Faults is all that is wrong with one event. It is an error.
type Faults []Fault

// Error returns all faults in one line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "; ")
}

// wholly returns the one fault of an event that could not be read at all.
func wholly(format string, args ...any) Faults {
	return Faults{{Problem: fmt.Sprintf(format, args...)}}
}

// maxFaultBytes bounds an answer, which must fit into an event of its own
// (PutEvents takes 1 MB) after JSON has escaped it.
const maxFaultBytes = 256 << 10

// findings collects the faults of one event, in the order of reading.
type findings struct {
	faults Faults
	bytes  int
	beyond int // faults that were counted but not kept
}

func (f *findings) add(at pointer, format string, args ...any) {
	if f.full() {
		return
	}
	fault := Fault{string(at), fmt.Sprintf(format, args...)}
	f.bytes += len(fault.Field) + len(fault.Problem)
	f.faults = append(f.faults, fault)
}

// full reports whether there is no room for one more fault, and counts it.
func (f *findings) full() bool {
	if f.bytes < maxFaultBytes {
		return false
	}
	f.beyond++
	return true
}

// all returns what was collected, with a last word about what was not kept.
func (f *findings) all() Faults {
	if f.beyond == 0 {
		return f.faults
	}
	return append(f.faults, Fault{Problem: fmt.Sprintf("%d more faults are not listed", f.beyond)})
}
