package provider

import (
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// addFaults adds an error for each fault, at the attribute that the fault's field names. The text
// names the attribute, too, because Terraform shows only the line of the resource for an
// attribute within another one.
func addFaults(diags *diag.Diagnostics, summary string, faults claim.Faults) {
	for _, f := range faults {
		if at, ok := attributeOf(f.Field); ok {
			diags.AddAttributeError(at, summary, at.String()+": "+f.Problem)
		} else {
			diags.AddError(summary, f.String())
		}
	}
}

// attributes are the attributes with the names of an event's keys in snake case.
var attributes = map[string]string{
	"launch": "launch", "group": "group", "rules": "rules", "expiresAt": "expires_at",
	"requester": "requester", "reason": "reason", "ticket": "ticket",
}

// attributeOf returns the attribute for a JSON Pointer within a detail. For example,
// /rules/0/ports is rules[0].ports. If the provider has no such attribute, it returns the
// nearest one above.
func attributeOf(pointer string) (at path.Path, ok bool) {
	if detail, ok := strings.CutPrefix(pointer, "/request/"); ok { // the fault of a wait
		pointer = "/" + detail
	}
	fields := strings.Split(pointer, "/")
	if len(fields) < 2 || fields[0] != "" || attributes[fields[1]] == "" {
		return path.Empty(), false
	}
	at = path.Root(attributes[fields[1]])
	switch fields[1] {
	case "rules":
		return ruleAttributeOf(at, fields[2:]), true
	case "group":
		if len(fields) > 2 && groupType[fields[2]] != nil {
			at = at.AtName(fields[2])
		}
	}
	return at, true
}

// ruleAttributeOf returns the attribute below rules.
func ruleAttributeOf(rules path.Path, fields []string) path.Path {
	at := rules
	for i, f := range fields {
		index, err := strconv.Atoi(f)
		switch {
		case i == 0 || i == 2 && (fields[1] == "from" || fields[1] == "to"):
			if err != nil || index < 0 {
				return at
			}
			at = at.AtListIndex(index)
		case i == 1 && ruleType.AttrTypes[f] != nil, i == 2 && fields[1] == "icmp" && icmpType[f] != nil:
			at = at.AtName(f)
		default:
			return at
		}
	}
	return at
}
