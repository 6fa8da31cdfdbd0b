package guard

import (
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// Requirement is an entry that requires fields of an event for requests with its rules.
type Requirement struct {
	Entry
	Fields []string // of [RequirableFields]
}

const expiryField = "expiresAt"

// RequirableFields returns the fields of an event that a requirement may name.
func RequirableFields() []string {
	fields := []string{expiryField}
	for _, k := range claim.PurposeKeys {
		fields = append(fields, k.Key)
	}
	return fields
}

// require records each required field that the request lacks. If it is unknown whether an
// entry applies to the request, the entry counts unless the trial is lenient.
func (t *trial) require() {
	filed := make(map[string]bool)
	for i := range t.guardrails.Require {
		q := &t.guardrails.Require[i]
		applies := q.applies(t.candidate)
		if t.unsure = t.unsure || applies == maybe; applies == no || applies == maybe && t.lenient {
			continue
		}
		for _, field := range q.Fields {
			if filed[field] || t.has(field) {
				continue
			}
			if of := t.about(q); of != "" {
				filed[field] = true
				t.fault("/"+field, "absent: entry %q%s requires it for %s", q.ID, q.because(), of)
			}
		}
	}
}

// has reports whether the request has a value in a field.
func (t *trial) has(field string) bool {
	if field == expiryField {
		return !t.candidate.ExpiresAt.IsZero()
	}
	return strings.TrimSpace(*t.candidate.Purpose.Part(field)) != ""
}

// about returns the first wanted rule that a requirement covers; "" if there is none.
func (t *trial) about(q *Requirement) string {
	for i := range q.Terms {
		term := &q.Terms[i]
		if term.Peers == World {
			if open := t.open(term); len(open) > 0 {
				return open[0].requested.String()
			}
			continue
		}
		for j := range t.wants {
			w := t.wants[j]
			if r, ok := term.about(w, true); ok && r.Overlaps(w.rule) {
				return w.requested.String()
			}
		}
	}
	return ""
}
