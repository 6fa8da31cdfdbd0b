package rulefile

import (
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// Text returns a text of 1 to most bytes. If the value is absent or no such text, it records a
// fault and returns "".
func (n Node) Text(most int) string {
	switch {
	case n.yaml == nil:
		n.Fault("absent: want a text")
	case n.yaml.Kind == yaml.ScalarNode && n.yaml.Tag != "!!str":
		n.Fault("found %s: want a text; put it in quotes", n.found())
	case n.yaml.Kind != yaml.ScalarNode:
		n.Fault("found %s: want a text", n.found())
	case strings.TrimSpace(n.yaml.Value) == "" || len(n.yaml.Value) > most:
		n.Fault("found %d bytes: want a text of 1 to %d", len(n.yaml.Value), most)
	default:
		return n.yaml.Value
	}
	return ""
}

// Number returns a whole number within the bounds. If the value is no such number, it records
// a fault and returns 0.
func (n Node) Number(least, most int) int {
	if n.yaml.Kind == yaml.ScalarNode && n.yaml.Tag == "!!int" && decimal.MatchString(n.yaml.Value) {
		if i, err := strconv.Atoi(n.yaml.Value); err == nil && least <= i && i <= most {
			return i
		}
	}
	n.Fault("found %s: want a whole number from %d to %d", n.found(), least, most)
	return 0
}

// Bool returns a boolean value. If the value is neither true nor false, it records a fault.
func (n Node) Bool() bool {
	if n.yaml.Kind != yaml.ScalarNode || n.yaml.Tag != "!!bool" || n.yaml.Value != "true" && n.yaml.Value != "false" {
		n.Fault("found %s: want true or false", n.found())
	}
	return n.yaml.Value == "true"
}

// Scalar returns the text of a value that is neither a list nor a mapping. Otherwise ok is
// false.
func (n Node) Scalar() (text string, ok bool) {
	if n.yaml == nil || n.yaml.Kind != yaml.ScalarNode {
		return "", false
	}
	return n.yaml.Value, true
}

func (n Node) found() string {
	switch {
	case n.yaml == nil:
		return "nothing"
	case n.yaml.Kind == yaml.MappingNode:
		return "a mapping"
	case n.yaml.Kind == yaml.SequenceNode:
		return "a list"
	case n.yaml.Tag == "!!null":
		return "null"
	}
	return Quote(n.yaml.Value)
}

// maxQuoted is the number of bytes of foreign text that are quoted.
const maxQuoted = 80

// Quote returns foreign text in quotes, in ASCII and abbreviated, so that a log or a terminal
// shows it without any effect.
func Quote(s string) string {
	if len(s) > maxQuoted {
		s = strings.ToValidUTF8(s[:maxQuoted], "") + "..."
	}
	return strconv.QuoteToASCII(s)
}

// quotable returns a key for a path: printable and not too long.
func quotable(s string) string {
	if len(s) > maxQuoted {
		s = strings.ToValidUTF8(s[:maxQuoted], "") + "..."
	}
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return unicode.ReplacementChar
		}
		return c
	}, s)
}
