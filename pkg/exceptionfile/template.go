package exceptionfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

const templateHead = `# An exceptions file for the drifts of the audit %s.
# It explains nothing until you fill in owner, reason and expires of each exception: until then, the audit
# refuses the file. Delete the rules that should not exist, and split an exception if its rules have different
# owners. expires is a date such as 2027-06-30; "permanent: true" instead of it means never.
`

// explainable are the kinds of drifts that an exception for their rule ends.
var explainable = []drift.Kind{
	drift.AllTrafficWorld, drift.WorldOpenSensitive, drift.WidenedSource, drift.WidenedPorts, drift.WidenedProtocol,
	drift.Unexpected, drift.CrossAccount, drift.ExceptionExpired, drift.PeerKindSwap,
}

// Template returns an exceptions file for the foreign rules of a report's drifts, with one exception for each
// group. The owner, the reason and the expiry are empty, so that [Read] refuses the file until a person
// fills them in. It also returns the number of drifts with such a rule; the other drifts need a repair.
// Texts of others are in quotes within comments.
func Template(r *drift.Report) (file []byte, drifts int, err error) {
	groups := make(map[claim.Group][]drift.Drift)
	for _, d := range r.Drifts {
		if slices.Contains(explainable, d.Kind) && d.HasRule() {
			groups[d.Group] = append(groups[d.Group], d)
			drifts++
		}
	}
	names := make(map[claim.Group]string)
	for _, g := range r.Groups {
		names[g.Group] = g.Name
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, templateHead, strconv.QuoteToASCII(r.ID))
	if drifts == 0 {
		b.WriteString("exceptions: []\n")
		return b.Bytes(), 0, nil
	}
	b.WriteString("exceptions:\n")
	byPlace := func(g, h claim.Group) int { return bytes.Compare([]byte(g.String()), []byte(h.String())) }
	for _, g := range slices.SortedFunc(maps.Keys(groups), byPlace) {
		fmt.Fprintf(&b, "  # Group %s, account %s, Region %s\n", strconv.QuoteToASCII(names[g]),
			strconv.QuoteToASCII(g.Account), strconv.QuoteToASCII(g.Region))
		fmt.Fprintf(&b, "  - id: %s\n    owner: \"\"\n    reason: \"\"\n    expires: \"\"\n", g.ID)
		fmt.Fprintf(&b, "    group: %s\n    rules:\n", g.ID)
		for _, d := range groups[g] {
			rule, err := ruleText(d.Rule.Rule.Seen(g.ID))
			if err != nil {
				return nil, 0, err
			}
			fmt.Fprintf(&b, "      # %s, %s, %s\n      - %s\n", d.Severity, d.Kind,
				strconv.QuoteToASCII(d.Rule.Description), rule)
		}
	}
	return b.Bytes(), drifts, nil
}

// ruleText returns a rule as an event has it, which is YAML in one line.
func ruleText(r secgroup.Rule) (json.RawMessage, error) {
	detail, err := json.Marshal(events.Request{Rules: []secgroup.Entry{{Rule: r}}})
	if err != nil {
		return nil, err
	}
	var event struct {
		Rules []json.RawMessage `json:"rules"`
	}
	err = json.Unmarshal(detail, &event)
	return event.Rules[0], err
}
