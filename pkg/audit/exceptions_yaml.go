package audit

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
	"gopkg.in/yaml.v3"
)

// members returns the values of a mapping by their keys. It refuses keys that
// are not known, with the nearest that is, and those that stand twice.
func (r *exceptionsReader) members(n *yaml.Node, known []string, what string) map[string]*yaml.Node {
	if n.Kind != yaml.MappingNode {
		r.fault(n, "%s: want a mapping with %s", what, strings.Join(known, ", "))
		return nil
	}
	m := make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case m[key.Value] != nil:
			r.fault(key, "the key %s is repeated: want it once", quote(key.Value))
		case !slices.Contains(known, key.Value):
			r.fault(key, "unknown key %s: the nearest known is %q, of %s", quote(key.Value), nearest(key.Value, known), strings.Join(known, ", "))
		default:
			m[key.Value] = value
		}
	}
	return m
}

// nearest returns the known key that takes the fewest edits, whatever the case.
func nearest(key string, known []string) string {
	key = strings.ToLower(key[:min(len(key), 80)])
	return slices.MinFunc(known, func(a, b string) int {
		return levenshtein.Distance(key, strings.ToLower(a), nil) - levenshtein.Distance(key, strings.ToLower(b), nil)
	})
}

const maxDepth = 8

var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

// json writes a node as JSON, as it stands: repeated keys too, which the events'
// decoder refuses. Aliases are refused, since a few of them write a great deal.
func (r *exceptionsReader) json(n *yaml.Node, depth int) string {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.fault(n, "anchors and aliases are not read: write it out")
		return "null"
	case depth > maxDepth:
		r.fault(n, "nested too deeply")
		return "null"
	case n.Kind == yaml.ScalarNode:
		return scalar(n)
	}
	parts := make([]string, 0, len(n.Content))
	for i, child := range n.Content {
		switch {
		case n.Kind == yaml.SequenceNode:
			parts = append(parts, r.json(child, depth+1))
		case i%2 == 1:
			parts = append(parts, encoded(n.Content[i-1].Value)+":"+r.json(child, depth+1))
		}
	}
	if n.Kind == yaml.SequenceNode {
		return "[" + strings.Join(parts, ",") + "]"
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func scalar(n *yaml.Node) string {
	switch {
	case n.Tag == "!!int" && decimal.MatchString(n.Value):
		return n.Value
	case n.Tag == "!!null":
		return "null"
	case n.Tag == "!!bool":
		return strconv.FormatBool(strings.EqualFold(n.Value, "true"))
	}
	return encoded(n.Value)
}

func encoded(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("a text has no JSON: %v", err)) // cannot be
	}
	return string(b)
}

// at returns the node that a JSON Pointer leads to from n, or the last one on
// the way.
func at(n *yaml.Node, pointer string) *yaml.Node {
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		next := child(n, strings.NewReplacer("~1", "/", "~0", "~").Replace(token))
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

func child(n *yaml.Node, token string) *yaml.Node {
	if n.Kind == yaml.SequenceNode {
		if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i]
		}
		return nil
	}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == token {
			return n.Content[i+1]
		}
	}
	return nil
}
