package dynamodb

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/expr"
)

// placeholders holds the members that accompany expressions. nil maps are absent. Empty ones
// are refused.
type placeholders struct {
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues map[string]json.RawMessage
}

// scope reads the placeholders. Without them, the scope is empty.
func (p placeholders) scope() (*expr.Scope, error) {
	if err := p.checkNames(); err != nil {
		return nil, err
	}
	values, err := p.values()
	if err != nil {
		return nil, err
	}
	return &expr.Scope{Names: p.ExpressionAttributeNames, Values: values}, nil
}

func (p placeholders) checkNames() error {
	if p.ExpressionAttributeNames != nil && len(p.ExpressionAttributeNames) == 0 {
		return validation("ExpressionAttributeNames must not be empty")
	}
	for _, key := range slices.Sorted(maps.Keys(p.ExpressionAttributeNames)) {
		if !expr.IsPlaceholder(key, '#') {
			return validation(`ExpressionAttributeNames contains invalid key: Syntax error; key: "%s"`, key)
		}
		if p.ExpressionAttributeNames[key] == "" {
			return validation("ExpressionAttributeNames contains invalid value: Empty attribute name for key %s", key)
		}
	}
	return nil
}

func (p placeholders) values() (map[string]attr.Value, error) {
	if p.ExpressionAttributeValues != nil && len(p.ExpressionAttributeValues) == 0 {
		return nil, validation("ExpressionAttributeValues must not be empty")
	}
	values := make(map[string]attr.Value)
	for _, key := range slices.Sorted(maps.Keys(p.ExpressionAttributeValues)) {
		if !expr.IsPlaceholder(key, ':') {
			return nil, validation(`ExpressionAttributeValues contains invalid key: Syntax error; key: "%s"`, key)
		}
		v, err := attr.Decode(p.ExpressionAttributeValues[key])
		if refused, ok := errors.AsType[attr.Error](err); ok {
			return nil, validation("ExpressionAttributeValues contains invalid value: %s for key %s", refused, key)
		}
		if err != nil {
			return nil, serialization(err)
		}
		values[key] = v
	}
	return values, nil
}

// checkScope makes the checks that need all expressions: it refuses unused placeholders, and
// paths that lead into keys.
func (t *table) checkScope(scope *expr.Scope) error {
	if err := scope.CheckUsed(); err != nil {
		return err
	}
	for _, path := range scope.Paths() {
		if kind := t.keyKind(path.Attribute()); len(path) > 1 && kind != "" {
			return validation("Key attributes must be scalars; list random access '[]' and map lookup '.' "+
				"are not allowed: %s: %s", kind, path.Attribute())
		}
	}
	return nil
}

// keyKind returns the word that messages use for a key attribute, or "" for other attributes.
func (t *table) keyKind(attribute string) string {
	if t.key().has(attribute) {
		return "Key"
	}
	for _, x := range t.indexes {
		if x.schema.has(attribute) {
			return "IndexKey"
		}
	}
	return ""
}

// checkExpressions refuses placeholders in a request without expressions. names lists the
// expressions that the request may have.
func (p placeholders) checkExpressions(names string, expressions ...*string) error {
	for _, e := range expressions {
		if e != nil {
			return nil
		}
	}
	switch {
	case p.ExpressionAttributeNames != nil:
		return validation("ExpressionAttributeNames can only be specified when using expressions")
	case p.ExpressionAttributeValues != nil:
		return validation("ExpressionAttributeValues can only be specified when using expressions: %s null", names)
	}
	return nil
}

// parsed returns the condition of an optional expression, or nil if it is absent.
func parsed(kind expr.Kind, text *string, scope *expr.Scope) (expr.Condition, error) {
	if text == nil {
		return nil, nil
	}
	return expr.ParseCondition(kind, *text, scope)
}

// projected returns the projection of an optional expression, or nil if it is absent.
func projected(text *string, scope *expr.Scope) (expr.Projection, error) {
	if text == nil {
		return nil, nil
	}
	return expr.ParseProjection(*text, scope)
}
