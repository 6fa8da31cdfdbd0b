package guard

import (
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/rulefile"
)

// requirement is an entry that requires fields for requests with its rules.
type requirement struct {
	entry
	fields []string // of an event: requester, reason, ticket, expiresAt
}

const expiryField = "expiresAt"

// requirable are the fields that an entry can require.
func requirable() []string {
	fields := []string{expiryField}
	for _, k := range claim.PurposeKeys {
		fields = append(fields, k.Key)
	}
	return fields
}

// requirement reads an entry. Without rules, it is about all rules.
func (r *reader) requirement(n rulefile.Node) (q requirement) {
	m := n.Members("id", "reason", "groups", "tags", "launches", "accounts", "sources", "publishers", "fields", "rules")
	if m == nil {
		return q
	}
	q.entry = r.entryOf(m)
	if m["rules"].Present() {
		q.terms = terms(m["rules"], denying)
	} else {
		q.terms = allTerms()
	}
	if !m["fields"].Present() {
		m["fields"].Fault("absent: want the fields that a request must have, of %s", strings.Join(requirable(), ", "))
		return q
	}
	q.fields = texts(m["fields"], "a list of fields", func(s string) (bool, string) {
		return slices.Contains(requirable(), s), "one of " + strings.Join(requirable(), ", ")
	})
	return q
}

// require records each required field that the request lacks. If it is unknown whether an
// entry applies to the request, the entry counts unless the trial is lenient.
func (t *trial) require() {
	filed := make(map[string]bool)
	for i := range t.requirements {
		q := &t.requirements[i]
		applies := q.applies(t.ask)
		if t.unsure = t.unsure || applies == maybe; applies == no || applies == maybe && t.lenient {
			continue
		}
		for _, field := range q.fields {
			if filed[field] || t.has(field) {
				continue
			}
			if of := t.about(q); of != "" {
				filed[field] = true
				t.fault("/"+field, "absent: entry %q%s requires it for %s", q.id, q.because(), of)
			}
		}
	}
}

// has reports whether the request has a value in a field.
func (t *trial) has(field string) bool {
	if field == expiryField {
		return !t.ask.ExpiresAt.IsZero()
	}
	return strings.TrimSpace(*t.ask.Purpose.Part(field)) != ""
}

// about returns the first wanted rule that a requirement covers; "" if there is none.
func (t *trial) about(q *requirement) string {
	for i := range q.terms {
		term := &q.terms[i]
		if term.peers == theWorld {
			if open := t.open(term); len(open) > 0 {
				return open[0].asked.String()
			}
			continue
		}
		for j := range t.wants {
			w := t.wants[j]
			if r, ok := term.about(w, true); ok && r.Overlaps(w.rule) {
				return w.asked.String()
			}
		}
	}
	return ""
}

// allTerms returns terms that cover every rule.
func allTerms() (all []term) {
	for _, d := range []secgroup.Direction{secgroup.Ingress, secgroup.Egress} {
		all = append(all, term{Rule: secgroup.New(d, secgroup.All, secgroup.NoPorts, secgroup.Self), peers: everyone})
	}
	return all
}
