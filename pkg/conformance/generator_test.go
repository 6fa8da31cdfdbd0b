package conformance_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"pgregory.net/rapid"
)

// generator draws calls to a table. Its items are like the project's, and their attributes
// often have the types that the expressions need.
type generator struct {
	*rapid.T
	prefix string // of this sequence's partitions and shards
	count  int
}

func (g *generator) next() int {
	g.count++
	return g.count
}

type attributes = map[string]types.AttributeValue

func (g *generator) partition() string {
	return g.prefix + rapid.SampledFrom([]string{"SG#1", "SG#2", "L#1"}).Draw(g.T, "pk")
}

var sortKeys = []string{"HEAD", "R#a", "R#b", "R#c", "RX#a", "END", "END#1"}

func (g *generator) key() attributes {
	return attributes{"pk": textValue(g.partition()), "sk": textValue(rapid.SampledFrom(sortKeys).Draw(g.T, "sk"))}
}

// names are attributes, most of which have a fixed type.
var names = []string{"own", "exp", "want", "applied", "due", "shard", "cond", "made", "gone", "recent", "seen", "st"}

func (g *generator) name() string { return rapid.SampledFrom(names).Draw(g.T, "name") }

func (g *generator) item() attributes { return g.itemAt(g.key()) }

func (g *generator) itemAt(key attributes) attributes {
	it := maps.Clone(key)
	for range rapid.IntRange(0, 4).Draw(g.T, "attributes") {
		name := g.name()
		it[name] = g.value(name)
	}
	return it
}

// value draws a value for an attribute, sometimes of another type. The index's keys keep their
// types.
func (g *generator) value(name string) types.AttributeValue {
	if name != "due" && name != "shard" && rapid.IntRange(0, 9).Draw(g.T, "odd") == 0 {
		name = g.name()
	}
	switch name {
	case "exp", "want", "applied":
		return g.number()
	case "due":
		return &types.AttributeValueMemberN{Value: fmt.Sprint(rapid.IntRange(0, 5).Draw(g.T, "due"))}
	case "shard":
		return textValue(g.prefix + rapid.SampledFrom([]string{"0", "1"}).Draw(g.T, "shard"))
	case "cond":
		return &types.AttributeValueMemberSS{Value: rapid.SampledFrom([][]string{{"x"}, {"y"}, {"x", "y"},
			{"x", "z"}}).Draw(g.T, "set")}
	case "made":
		return rapid.SampledFrom([]types.AttributeValue{listValue(), listValue(textValue("x")),
			listValue(numberValue("1"), textValue("y"))}).Draw(g.T, "list")
	case "gone":
		return rapid.SampledFrom([]types.AttributeValue{mapValue(nil), mapValue(attributes{"x": numberValue("1")}),
			mapValue(attributes{"x": textValue("a"), "y": listValue()})}).Draw(g.T, "map")
	case "recent":
		return &types.AttributeValueMemberB{Value: rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(g.T, "bytes")}
	case "seen":
		return rapid.SampledFrom([]types.AttributeValue{&types.AttributeValueMemberBOOL{Value: true},
			&types.AttributeValueMemberBOOL{}, &types.AttributeValueMemberNULL{Value: true}}).Draw(g.T, "bool")
	}
	return textValue(rapid.SampledFrom([]string{"", "a", "b", "ab", "open", "é"}).Draw(g.T, "text"))
}

func (g *generator) number() types.AttributeValue {
	return numberValue(rapid.SampledFrom([]string{"0", "1", "2", "3", "-1", "1.5", "1000", "0.1",
		"12345678901234567890123456789", "1790000000000"}).Draw(g.T, "number"))
}

func textValue(s string) types.AttributeValue   { return &types.AttributeValueMemberS{Value: s} }
func numberValue(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }
func listValue(l ...types.AttributeValue) types.AttributeValue {
	return &types.AttributeValueMemberL{Value: l}
}
func mapValue(m attributes) types.AttributeValue { return &types.AttributeValueMemberM{Value: m} }

func (g *generator) onFailure() types.ReturnValuesOnConditionCheckFailure {
	return rapid.SampledFrom([]types.ReturnValuesOnConditionCheckFailure{"", "NONE", "ALL_OLD"}).Draw(g.T, "on failure")
}

// show returns an item's text, which is equal for equal items.
func show(it attributes) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(it)) {
		all = append(all, name+"="+showValue(it[name]))
	}
	return "{" + strings.Join(all, " ") + "}"
}

func showValue(value types.AttributeValue) string {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return fmt.Sprintf("%q", v.Value)
	case *types.AttributeValueMemberN:
		return v.Value
	case *types.AttributeValueMemberB:
		return fmt.Sprintf("0x%x", v.Value)
	case *types.AttributeValueMemberBOOL:
		return fmt.Sprint(v.Value)
	case *types.AttributeValueMemberNULL:
		return "null"
	case *types.AttributeValueMemberSS:
		return fmt.Sprintf("SS%q", slices.Sorted(slices.Values(v.Value)))
	case *types.AttributeValueMemberNS:
		return fmt.Sprintf("NS%q", slices.Sorted(slices.Values(v.Value)))
	case *types.AttributeValueMemberL:
		var all []string
		for _, element := range v.Value {
			all = append(all, showValue(element))
		}
		return "[" + strings.Join(all, " ") + "]"
	case *types.AttributeValueMemberM:
		return show(v.Value)
	}
	return fmt.Sprintf("%T", value)
}
