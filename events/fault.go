package events

import (
	"fmt"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// eventFault returns a fault of the whole event.
func eventFault(format string, args ...any) claim.Faults {
	return claim.Faults{{Problem: fmt.Sprintf(format, args...)}}
}

// maxFaultBytes bounds the faults of one event. Package ensure shortens the event that
// publishes them.
const maxFaultBytes = 256 << 10

// findings collects the faults of one event, in the order of reading.
type findings struct {
	base   pointer // of the detail within the payload; "" if the detail is the whole
	faults claim.Faults
	bytes  int
	beyond int // faults counted but not kept
}

func (f *findings) add(at pointer, format string, args ...any) {
	if f.full() {
		return
	}
	fault := claim.Fault{Field: string(f.base + at), Problem: fmt.Sprintf(format, args...)}
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
func (f *findings) all() claim.Faults {
	if f.beyond == 0 {
		return f.faults
	}
	return append(f.faults, claim.Fault{Problem: fmt.Sprintf("%d more faults are not listed", f.beyond)})
}
