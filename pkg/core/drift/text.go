package drift

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/phrase"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// maxNamed is the number of rules or launches that a sentence names.
const maxNamed = 3

// quote returns hostile text in quotes, in ASCII, and cut to 200 bytes.
func quote(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most] + "..."
	}
	return strconv.QuoteToASCII(s)
}

// launches names the launches of some requests, each once, and the first few of them.
func launches(requests []Request) string {
	var names []string
	seen := make(map[string]bool, len(requests))
	for _, a := range requests {
		if !seen[a.Launch.Name] {
			seen[a.Launch.Name] = true
			names = append(names, "launch "+word(a.Launch.Name))
		}
	}
	if len(names) == 0 {
		return "no launch on record"
	}
	return few(names)
}

// requestedRules names rules with the launches that requested them, the first few of each. For
// example, "tcp 80 from 10.0.0.0/9 of launch a".
func requestedRules(requests []Request) string {
	var texts []string
	for _, r := range requests {
		text := "launch " + word(r.Launch.Name)
		if len(r.Wants) > 0 {
			text = ruleList(r.Wants) + " of " + text
		}
		texts = append(texts, text)
	}
	if len(texts) == 0 {
		return launches(nil)
	}
	return few(texts)
}

// parts returns a sentence on the launches that requested parts of a rule and not the rule
// itself, or "" if there are none.
func parts(requests []Request) string {
	var names []string
	for _, a := range requests {
		if a.Relation == Part {
			names = append(names, fmt.Sprintf("launch %s (%s)", word(a.Launch.Name), ruleList(a.Wants)))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf(" No launch requested this rule. These requested part of it: %s.", few(names))
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

// few lists the first texts, and counts the others.
func few(texts []string) string { return phrase.Few(texts, maxNamed) }

// name returns a rule's name for a sentence.
func name(e secgroup.Entry) string {
	if e.ID == "" {
		return "rule " + quote(e.Rule.String())
	}
	return fmt.Sprintf("rule %s (%s)", word(e.ID), e.Rule)
}

// moment formats a time for a sentence.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }
