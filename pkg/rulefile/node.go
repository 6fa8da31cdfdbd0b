package rulefile

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
	"go.yaml.in/yaml/v3"
)

// Node is a place in a file: a value, or an absent value under a key.
type Node struct {
	file *file
	up   *Node // the value around it; nil for the root
	step string
	yaml *yaml.Node // nil if absent
}

// maxDepth is the deepest nesting of a file. Rules in an entry of a list take five levels.
const maxDepth = 12

// Present reports whether there is a value.
func (n Node) Present() bool { return n.yaml != nil }

// Line returns the line of the value. For an absent value, it is the line of the nearest value
// around it.
func (n Node) Line() int {
	for n.yaml == nil && n.up != nil {
		n = *n.up
	}
	if n.yaml == nil {
		return 1
	}
	return n.yaml.Line
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// Path returns the JSON Pointer of the place.
func (n Node) Path() string {
	var steps []string
	for at := &n; at.up != nil; at = at.up {
		steps = append(steps, quotable(pointerEscapes.Replace(at.step)))
	}
	slices.Reverse(steps)
	if len(steps) == 0 {
		return ""
	}
	return "/" + strings.Join(steps, "/")
}

// Fault records a fault at the place.
func (n Node) Fault(format string, args ...any) {
	place := fmt.Sprintf("line %d: ", n.Line())
	if path := n.Path(); path != "" {
		place += path + ": "
	}
	n.file.fault(fmt.Errorf("%s%s", place, fmt.Sprintf(format, args...)))
}

func (n Node) child(step string, v *yaml.Node) Node {
	return Node{file: n.file, up: &n, step: step, yaml: v}
}

// plain reports whether the value has no anchors, no aliases and no tags, and is not too deep.
// If not, it records the first fault.
func (n Node) plain() bool {
	if n.yaml == nil {
		return true
	}
	bad, what := wrong(n.yaml, 1)
	if bad != nil {
		n.file.fault(fmt.Errorf("line %d: %s", bad.Line, what))
	}
	return bad == nil
}

// wrong returns the first node that is not plain, and the reason.
func wrong(n *yaml.Node, depth int) (*yaml.Node, string) {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return n, "anchors and aliases are not read: write it out"
	case depth > maxDepth:
		return n, fmt.Sprintf("nested deeper than %d levels: want at most that many", maxDepth)
	case n.Style&yaml.TaggedStyle != 0:
		return n, fmt.Sprintf("the tag %s is not read: leave it out", Quote(n.Tag))
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && child.Kind != yaml.ScalarNode {
			return child, "found a key that is not a text: want a plain key"
		}
		if bad, what := wrong(child, depth+1); bad != nil {
			return bad, what
		}
	}
	return nil, ""
}

// Members returns the values of a mapping by key. A missing key has an absent value. Members
// records unknown keys, with the nearest known one, and repeated keys. It returns nil if the
// value is no mapping.
func (n Node) Members(known ...string) map[string]Node {
	if n.yaml == nil || n.yaml.Kind != yaml.MappingNode {
		n.Fault("found %s: want a mapping with %s", n.found(), list(known))
		return nil
	}
	members := make(map[string]Node, len(known))
	for key, v := range n.pairs() {
		switch {
		case members[key.Value].Present():
			n.child(key.Value, key).Fault("the key %s is repeated: want it once", Quote(key.Value))
		case !slices.Contains(known, key.Value):
			n.child(key.Value, key).Fault("unknown key %s: the nearest known is %q, of %s", Quote(key.Value),
				nearest(key.Value, known), list(known))
		default:
			members[key.Value] = n.child(key.Value, v)
		}
	}
	for _, key := range known {
		if !members[key].Present() {
			members[key] = n.child(key, nil)
		}
	}
	return members
}

// pairs yields the keys and values of a mapping.
func (n Node) pairs() iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, v *yaml.Node) bool) {
		for i := 0; i+1 < len(n.yaml.Content); i += 2 {
			if !yield(n.yaml.Content[i], n.yaml.Content[i+1]) {
				return
			}
		}
	}
}

// Pairs returns the keys and values of a mapping with arbitrary keys, in order. It records
// repeated keys.
func (n Node) Pairs(want string) (keys []string, values []Node) {
	if n.yaml.Kind != yaml.MappingNode || len(n.yaml.Content) == 0 {
		n.Fault("found %s: want %s", n.found(), want)
		return nil, nil
	}
	for key, v := range n.pairs() {
		if slices.Contains(keys, key.Value) {
			n.child(key.Value, key).Fault("the key %s is repeated: want it once", Quote(key.Value))
			continue
		}
		keys, values = append(keys, key.Value), append(values, n.child(key.Value, v))
	}
	return keys, values
}

// List returns the elements of a list. If the value is no list, it records a fault.
func (n Node) List(want string) []Node {
	if n.yaml == nil || n.yaml.Kind != yaml.SequenceNode {
		n.Fault("found %s: want %s", n.found(), want)
		return nil
	}
	elements := make([]Node, len(n.yaml.Content))
	for i, v := range n.yaml.Content {
		elements[i] = n.child(strconv.Itoa(i), v)
	}
	return elements
}

// nearest returns the known key with the fewest edits from key, ignoring case.
func nearest(key string, known []string) string {
	key = strings.ToLower(key[:min(len(key), maxQuoted)])
	return slices.MinFunc(known, func(a, b string) int {
		return levenshtein.Distance(key, strings.ToLower(a), nil) - levenshtein.Distance(key, strings.ToLower(b), nil)
	})
}

func list(keys []string) string { return strings.Join(keys, ", ") }
