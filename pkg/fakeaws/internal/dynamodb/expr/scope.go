package expr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

// Scope holds the placeholders of one request. All its expressions share the Scope, because a
// placeholder must be used by at least one of them.
type Scope struct {
	Names  map[string]string     // "#name" to the attribute's name
	Values map[string]attr.Value // ":value" to the value

	used  map[string]bool
	paths []Path
}

// Paths returns the document paths of all parsed expressions.
func (s *Scope) Paths() []Path { return s.paths }

func (s *Scope) name(placeholder string) (string, bool) {
	name, ok := s.Names[placeholder]
	s.use(placeholder)
	return name, ok
}

func (s *Scope) value(placeholder string) (attr.Value, bool) {
	v, ok := s.Values[placeholder]
	s.use(placeholder)
	return v, ok
}

func (s *Scope) use(placeholder string) {
	if s.used == nil {
		s.used = make(map[string]bool)
	}
	s.used[placeholder] = true
}

// CheckUsed refuses placeholders that no expression has used.
func (s *Scope) CheckUsed() error {
	if err := unused(s, "ExpressionAttributeNames", s.Names); err != nil {
		return err
	}
	return unused(s, "ExpressionAttributeValues", s.Values)
}

func unused[V any](s *Scope, parameter string, given map[string]V) error {
	var idle []string
	for placeholder := range given {
		if !s.used[placeholder] {
			idle = append(idle, placeholder)
		}
	}
	if idle == nil {
		return nil
	}
	slices.Sort(idle)
	return fmt.Errorf("Value provided in %s unused in expressions: keys: {%s}", parameter, strings.Join(idle, ", "))
}
