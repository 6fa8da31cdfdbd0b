package events

import (
	"fmt"
	"strings"
)

// Fault is one fault of an event. Field is a JSON Pointer (RFC 6901) within the detail, or ""
// for the whole event. An absent key has the pointer that it would have. Problem names the
// value found, the values allowed and, if useful, the remedy.
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

// Faults holds all faults of one event. It is an error.
type Faults []Fault

// Error returns all faults in one line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "; ")
}

// wholly returns the one fault of an unreadable event.
func wholly(format string, args ...any) Faults {
	return Faults{{Problem: fmt.Sprintf(format, args...)}}
}

// maxFaultBytes bounds an answer, so that it fits into an event after JSON has escaped it
// (PutEvents takes 1 MB).
const maxFaultBytes = 256 << 10

// findings collects the faults of one event, in the order of reading.
type findings struct {
	faults Faults
	bytes  int
	beyond int // faults counted but not kept
}

func (f *findings) add(at pointer, format string, args ...any) {
	if f.full() {
		return
	}
	fault := Fault{string(at), fmt.Sprintf(format, args...)}
	f.bytes += len(fault.Field) + len(fault.Problem)
	f.faults = append(f.faults, fault)
}

// full reports whether there is no room for another fault. If so, it counts that fault.
func (f *findings) full() bool {
	if f.bytes < maxFaultBytes {
		return false
	}
	f.beyond++
	return true
}

// all returns the kept faults, and one fault that counts the others.
func (f *findings) all() Faults {
	if f.beyond == 0 {
		return f.faults
	}
	return append(f.faults, Fault{Problem: fmt.Sprintf("%d more faults are not listed", f.beyond)})
}
