package drift

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// named is the number of rules or launches that a sentence names.
const named = 3

// quote returns text of others in quotes, in ASCII, and cut to 200 bytes.
func quote(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most] + "..."
	}
	return strconv.QuoteToASCII(s)
}

// launches names the first few launches, each once.
func launches(asked []Asker) string {
	var names []string
	seen := make(map[string]bool, len(asked))
	for _, a := range asked {
		if !seen[a.Launch.Name] {
			seen[a.Launch.Name] = true
			names = append(names, "launch "+word(a.Launch.Name))
		}
	}
	if len(names) == 0 {
		return "nobody on record"
	}
	return few(names)
}

// parts names the launches that requested parts of a rule that none requested itself; "" if
// there are none.
func parts(asked []Asker) string {
	var names []string
	for _, a := range asked {
		if a.Relation == Part {
			names = append(names, fmt.Sprintf("launch %s (%s)", word(a.Launch.Name), ruleList(a.Wants)))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf(" No launch asked for this rule. These asked for part of it: %s.", few(names))
}

// word returns a launch's name, quoted if it has unusual characters.
func word(s string) string {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' || strings.IndexByte("`\"'<>&", c) >= 0 {
			return quote(s)
		}
	}
	return s
}

func ruleList(rules []secgroup.Rule) string {
	texts := make([]string, len(rules))
	for i, r := range rules {
		texts[i] = r.String()
	}
	return few(texts)
}

func few(texts []string) string {
	if n := len(texts); n > named {
		return fmt.Sprintf("%s and %d more", strings.Join(texts[:named], ", "), n-named)
	}
	return strings.Join(texts, ", ")
}

// name returns a rule's name for a sentence.
func name(e secgroup.Entry) string {
	if e.ID == "" {
		return "rule " + quote(e.Rule.String())
	}
	return fmt.Sprintf("rule %s (%s)", word(e.ID), e.Rule)
}
