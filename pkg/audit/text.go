package audit

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// named is how many rules or launches a sentence names.
const named = 3

// quote returns foreign text in quotes, in ASCII and abbreviated, so that
// nothing that was written into it is more than text.
func quote(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most] + "..."
	}
	return strconv.QuoteToASCII(s)
}

// launches names the first few askers, each once.
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

// parts says which launches asked for parts of a rule that none asked for as it is; ""
// if none did.
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

// word is a launch's name, which was checked when it came in, or was not.
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

// name is what a sentence calls an entry.
func name(e secgroup.Entry) string {
	if e.ID == "" {
		return "rule " + quote(e.Rule.String())
	}
	return fmt.Sprintf("rule %s (%s)", word(e.ID), e.Rule)
}
