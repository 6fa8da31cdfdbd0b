package expr

import (
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

func TestParseKeyCondition(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"pk = :a", "pk ="},
		{":a = pk AND :1 < n", "pk =; n >"},
		{"(pk = :a) AND (n BETWEEN :1 AND :5)", "pk =; n BETWEEN"},
		{"(n >= :1 AND pk = :a)", "n >=; pk ="},
		{"pk = :a AND begins_with(#name, :he)", "pk =; name begins_with"},
	} {
		tests, err := ParseKeyCondition(test.text, testScope(t))
		var got []string
		for _, k := range tests {
			got = append(got, k.Attribute+" "+k.Operator)
		}
		if err != nil || strings.Join(got, "; ") != test.want {
			t.Errorf("ParseKeyCondition(%s) = %q, %v, want %s", test.text, got, err, test.want)
		}
	}
}

// The messages are those of DynamoDB Local 3.3 for the same expressions.
func TestParseKeyConditionRefuses(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"pk = :a OR n > :1", "Invalid operator used in KeyConditionExpression: OR"},
		{"NOT pk = :a", "Invalid operator used in KeyConditionExpression: NOT"},
		{"pk = :a AND n <> :1", "Invalid operator used in KeyConditionExpression: <>"},
		{"pk = :a AND n IN (:1)", "Invalid operator used in KeyConditionExpression: IN"},
		{"pk = :a AND contains(s, :he)", "Invalid operator used in KeyConditionExpression: contains"},
		{"pk = :a AND attribute_exists(s)", "Invalid operator used in KeyConditionExpression: attribute_exists"},
		{"pk = :a AND attribute_not_exists(s)",
			"Invalid operator used in KeyConditionExpression: attribute_not_exists"},
		{"pk = :a AND pk = :a", "KeyConditionExpressions must only contain one condition per key"},
		{"pk = :a AND n = :1 AND s = :he", "Conditions can be of length 1 or 2 only"},
		{"pk = :a AND size(s) = :5", "KeyConditionExpressions cannot contain nested operations"},
		{"pk.a = :a", "Key attributes must be scalars; list random access '[]' and map lookup '.' are " +
			"not allowed: Key: pk"},
		{":a = :a", "Invalid condition in KeyConditionExpression: No key attribute specified"},
		{"pk = s", "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"},
		{"pk = :a AND :5 BETWEEN n AND :5", "BETWEEN operator must have the key attribute as its first operand"},
		{"pk = :a AND begins_with(:he, s)", "begins_with operator must have the key attribute as its first operand"},
		{"pk = ", `Invalid KeyConditionExpression: Syntax error; token: "<EOF>", near: "= "`},
	} {
		if _, err := ParseKeyCondition(test.text, testScope(t)); err == nil ||
			!strings.Contains(err.Error(), test.want) {
			t.Errorf("ParseKeyCondition(%s) = %v, want %s", test.text, err, test.want)
		}
	}
}

// A binary search finds the values that pass. That is right only if each test, in the order of
// values, first fails, then holds, and is then above.
func TestKeyTestMonotone(t *testing.T) {
	ascending := []attr.Value{attr.String(""), attr.String("a"), attr.String("h"), attr.String("he"),
		attr.String("hello"), attr.String("hf"), attr.String("x"), attr.String("z")}
	for _, text := range []string{"s = :he", "s < :he", "s <= :he", "s > :he", "s >= :he", "s BETWEEN :a AND :he",
		"begins_with(s, :he)"} {
		tests, err := ParseKeyCondition(text, testScope(t))
		if err != nil {
			t.Fatal(err)
		}
		stage := 0 // below, holds, above
		for _, v := range ascending {
			now := 0
			switch {
			case tests[0].Above(v):
				now = 2
			case tests[0].Holds(v):
				now = 1
			}
			if now < stage || tests[0].Above(v) && tests[0].Holds(v) {
				t.Errorf("%s: %q is at stage %d after stage %d", text, v, now, stage)
			}
			stage = now
		}
	}
}
