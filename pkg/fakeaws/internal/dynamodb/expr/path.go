package expr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

// Path leads to an attribute or to a part of one, such as a.b[0]. Its first step is a name.
type Path []Step

// Step is a member of a map, or an element of a list if Name is empty.
type Step struct {
	Name  string
	Index int
}

// String returns the path as in DynamoDB's messages, such as [a, b, [0]].
func (p Path) String() string {
	steps := make([]string, len(p))
	for i, s := range p {
		steps[i] = s.String()
	}
	return "[" + strings.Join(steps, ", ") + "]"
}

// String returns the name, or the index in brackets.
func (s Step) String() string {
	if s.Name != "" {
		return s.Name
	}
	return fmt.Sprintf("[%d]", s.Index)
}

// Attribute returns the name of the item's attribute that the path leads into.
func (p Path) Attribute() string { return p[0].Name }

// Find returns the value at the path, if any.
func (p Path) Find(item attr.Item) (attr.Value, bool) {
	var at attr.Value = attr.Map(item)
	for _, s := range p {
		next, ok := s.of(at)
		if !ok {
			return nil, false
		}
		at = next
	}
	return at, true
}

func (s Step) of(v attr.Value) (attr.Value, bool) {
	switch v := v.(type) {
	case attr.Map:
		member, ok := v[s.Name]
		return member, ok && s.Name != ""
	case attr.List:
		if s.Name == "" && s.Index < len(v) {
			return v[s.Index], true
		}
	}
	return nil, false
}

// checkApart refuses paths that lead into each other, such as a and a.b. It also refuses paths
// that use one value as a map and as a list, such as a.b and a[0].
func (p *parser) checkApart(paths []Path) {
	for i, one := range paths {
		for _, two := range paths[:i] {
			if how := clash(two, one); how != "" {
				p.wrong("Two document paths %s with each other; must remove or rewrite one of these paths; "+
					"path one: %v, path two: %v", how, two, one)
			}
		}
	}
}

func clash(a, b Path) string {
	shared := 0
	for shared < min(len(a), len(b)) && a[shared] == b[shared] {
		shared++
	}
	switch {
	case shared == len(a) || shared == len(b):
		return "overlap"
	case (a[shared].Name == "") != (b[shared].Name == ""):
		return "conflict"
	}
	return ""
}

func samePath(a, b operand) bool {
	one, ok1 := a.(Path)
	two, ok2 := b.(Path)
	return ok1 && ok2 && slices.Equal(one, two)
}
