package conformance_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"pgregory.net/rapid"
)

// expression draws expressions with one set of placeholders.
type expression struct {
	g      *generator
	names  map[string]string
	values attributes
}

func (g *generator) expression() *expression {
	return &expression{g: g, names: make(map[string]string), values: make(attributes)}
}

// String returns the placeholders' meanings.
func (e *expression) String() string { return fmt.Sprint(e.names) + show(e.values) }

// attributeNames and attributeValues return nil for no elements, because DynamoDB rejects an
// empty map.
func (e *expression) attributeNames() map[string]string {
	if len(e.names) == 0 {
		return nil
	}
	return e.names
}

func (e *expression) attributeValues() attributes {
	if len(e.values) == 0 {
		return nil
	}
	return e.values
}

// of returns the placeholder of a name. Some names are reserved.
func (e *expression) of(name string) string {
	e.names["#"+name] = name
	return "#" + name
}

func (e *expression) value(v types.AttributeValue) string {
	placeholder := fmt.Sprint(":v", len(e.values))
	e.values[placeholder] = v
	return placeholder
}

// path draws an attribute or, sometimes, an element within it.
func (e *expression) path(name string) string {
	if rapid.IntRange(0, 3).Draw(e.g.T, "within") > 0 {
		return e.of(name)
	}
	switch name {
	case "gone":
		return e.of(name) + "." + e.of(rapid.SampledFrom([]string{"x", "y"}).Draw(e.g.T, "member"))
	case "made":
		return fmt.Sprintf("%s[%d]", e.of(name), rapid.IntRange(0, 2).Draw(e.g.T, "element"))
	}
	return e.of(name)
}

func (e *expression) maybeCondition() *string {
	if rapid.IntRange(0, 2).Draw(e.g.T, "conditional") == 0 {
		return nil
	}
	return aws.String(e.condition(2))
}

// condition draws a condition of the given depth.
func (e *expression) condition(depth int) string {
	if depth > 0 {
		switch rapid.IntRange(0, 4).Draw(e.g.T, "operator") {
		case 0:
			return e.condition(depth-1) + " AND " + e.condition(depth-1)
		case 1:
			return e.condition(depth-1) + " OR " + e.condition(depth-1)
		case 2:
			return "NOT " + e.condition(depth-1)
		case 3:
			return "(" + e.condition(depth-1) + ")"
		}
	}
	return e.comparison()
}

func (e *expression) comparison() string {
	name := e.g.name()
	path := e.path(name)
	switch rapid.IntRange(0, 9).Draw(e.g.T, "comparison") {
	case 0:
		return "attribute_exists(" + path + ")"
	case 1:
		return "attribute_not_exists(" + path + ")"
	case 2:
		return "attribute_type(" + path + ", " +
			e.value(textValue(rapid.SampledFrom([]string{"S", "N", "SS", "L", "M", "BOOL", "NULL", "B"}).Draw(e.g.T,
				"type"))) + ")"
	case 3:
		return "begins_with(" + path + ", " + e.value(textValue(rapid.SampledFrom([]string{"", "a", "op"}).Draw(e.g.T,
			"beginning"))) + ")"
	case 4:
		return "contains(" + path + ", " + e.value(textValue(rapid.SampledFrom([]string{"a", "x", "y"}).Draw(e.g.T,
			"part"))) + ")"
	case 5:
		return "size(" + path + ") > " + e.value(numberValue(rapid.SampledFrom([]string{"0", "1", "2"}).Draw(e.g.T,
			"size")))
	case 6:
		return path + " IN (" + e.value(e.g.value(name)) + ", " + e.value(e.g.value(name)) + ")"
	case 7:
		return path + " " + e.comparator() + " " + e.path(e.g.name())
	}
	return path + " " + e.comparator() + " " + e.value(e.g.value(name))
}

func (e *expression) comparator() string {
	return rapid.SampledFrom([]string{"=", "=", "<>", "<", "<=", ">", ">="}).Draw(e.g.T, "comparator")
}

// update draws up to three changes of different attributes.
func (e *expression) update() string {
	clauses := make(map[string][]string)
	drawn := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 3, rapid.ID[string]).Draw(e.g.T, "changed")
	for _, name := range drawn {
		clause, action := e.action(name)
		clauses[clause] = append(clauses[clause], action)
	}
	var all []string
	for _, clause := range slices.Sorted(maps.Keys(clauses)) {
		all = append(all, clause+" "+strings.Join(clauses[clause], ", "))
	}
	return strings.Join(all, " ")
}

func (e *expression) action(name string) (clause, action string) {
	path := e.path(name)
	switch n := rapid.IntRange(0, 7).Draw(e.g.T, "action"); {
	case n == 0:
		return "REMOVE", path
	case n == 1 && (name == "want" || name == "applied" || name == "exp" || name == "due"):
		return "ADD", e.of(name) + " " + e.value(numberValue("1"))
	case n <= 2 && name == "cond":
		return rapid.SampledFrom([]string{"ADD", "DELETE"}).Draw(e.g.T, "set action"),
			e.of(name) + " " + e.value(e.g.value(name))
	case n == 2 && name == "made":
		return "SET", fmt.Sprintf("%s = list_append(%s, %s)", e.of(name), e.of(name),
			e.value(listValue(textValue("z"))))
	case n == 3 && (name == "want" || name == "applied" || name == "exp"):
		return "SET", fmt.Sprintf("%s = %s %s %s", e.of(name), e.of(e.g.name()),
			rapid.SampledFrom([]string{"+", "-"}).Draw(e.g.T, "sign"), e.value(e.g.number()))
	case n == 4:
		return "SET", fmt.Sprintf("%s = if_not_exists(%s, %s)", path, e.of(e.g.name()), e.value(e.g.value(name)))
	}
	return "SET", path + " = " + e.value(e.g.value(name))
}

func (e *expression) maybeProjection() *string {
	if rapid.Bool().Draw(e.g.T, "whole") {
		return nil
	}
	paths := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 3, rapid.ID[string]).Draw(e.g.T, "projected")
	for i, name := range paths {
		paths[i] = e.path(name)
	}
	return aws.String(strings.Join(paths, ", "))
}

func (e *expression) keyCondition() string {
	pk := "pk = " + e.value(textValue(e.g.partition()))
	sk := func() string {
		return e.value(textValue(rapid.SampledFrom(append([]string{"R", "R#", "E"}, sortKeys...)).Draw(e.g.T, "bound")))
	}
	switch rapid.IntRange(0, 3).Draw(e.g.T, "sort condition") {
	case 0:
		return pk
	case 1:
		return pk + " AND begins_with(sk, " + sk() + ")"
	case 2:
		return pk + " AND sk BETWEEN " + sk() + " AND " + sk()
	}
	return pk + " AND sk " + rapid.SampledFrom([]string{"=", "<", "<=", ">", ">="}).Draw(e.g.T, "comparator") + " " +
		sk()
}

func (e *expression) indexCondition() string {
	condition := e.of("shard") + " = " + e.value(textValue(e.g.prefix+
		rapid.SampledFrom([]string{"0", "1"}).Draw(e.g.T, "shard")))
	if rapid.Bool().Draw(e.g.T, "due") {
		condition += " AND " + e.of("due") + " <= " +
			e.value(numberValue(fmt.Sprint(rapid.IntRange(0, 5).Draw(e.g.T, "due"))))
	}
	return condition
}
