package expr

import (
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

func TestConditionHolds(t *testing.T) {
	item := parse[attr.Item](t, testItem)
	for _, test := range []struct {
		text string
		want bool
	}{
		{"n = :5", true},
		{"n=:5", true},
		{":5 = n", true},
		{"#n = :5", true},
		{"n <> :5", false},
		{"n < :10", true}, // by value: "5" > "10" as text
		{"n <= :5", true},
		{"n > :5", false},
		{"n >= :5", true},
		{"n < :s", false},  // values of different types have no order
		{"n >= :s", false}, // in either direction
		{"zz = :5", false},
		{"zz <> :5", true}, // an absent value differs from every value
		{"zz < :5", false},
		{"t = :true", true},
		{"n BETWEEN :1 AND :5", true},
		{"n between :1 and :5 AND n = :5", true}, // BETWEEN takes the first AND
		{"s BETWEEN :he AND :x", true},
		{"zz BETWEEN :1 AND :5", false},
		{"n IN (:1, :5)", true},
		{"n IN (:1, :s)", false},
		{"NOT n = :5", false},
		{"NOT NOT n = :5", true},
		{"NOT n = :1 AND n = :5", true}, // NOT binds before AND
		{"n = :5 OR n = :1 AND n = :1", true},
		{"(n = :5 OR n = :1) AND n = :1", false},
		{"(n) = (:5)", true},
		{"attribute_exists(m.b[1])", true},
		{"attribute_exists(m.b[2])", false},
		{"attribute_exists(n.a)", false},
		{"attribute_not_exists(zz)", true},
		{"attribute_exists(#dot)", false}, // a name with a dot is one name
		{"attribute_type(n, :N)", true},
		{"attribute_type(ss, :SS)", true},
		{"attribute_type(zz, :N)", false},
		{"begins_with(s, :he)", true},
		{"begins_with(s, :ll)", false},
		{"begins_with(b, :bin)", true},
		{"begins_with(n, :he)", false},
		{"contains(s, :ll)", true},
		{"contains(b, :bin)", true},
		{"contains(ss, :a)", true},
		{"contains(ss, :x)", false},
		{"contains(l, :x)", true},
		{"contains(ns, :10)", true},
		{"contains(n, :5)", false},
		{"contains(ss, :ab)", false}, // a set is not a member
		{"size(s) = :5", true},
		{"(size(s)) = :5", true},
		{"size(ss) < size(s)", true},
		{"size(n) >= :1", false}, // a number has no size
		{"size(zz) >= :1", false},
		{"m.a = :1 and m . b [ 0 ] = :1", true},
		{"l[0] = :x", true},
		{"l[0] = l[1]", false},
	} {
		c, err := ParseCondition(KindCondition, test.text, testScope(t))
		if err != nil {
			t.Errorf("ParseCondition(%s): %v", test.text, err)
			continue
		}
		if got := c.Holds(item); got != test.want {
			t.Errorf("Eval(%s) = %v, want %v", test.text, got, test.want)
		}
	}
}

func TestConditionOfNoItem(t *testing.T) {
	for text, want := range map[string]bool{
		"attribute_not_exists(pk)":          true,
		"attribute_exists(pk)":              false,
		"n = :5":                            false,
		"attribute_not_exists(n) OR n = :5": true,
	} {
		c, err := ParseCondition(KindCondition, text, testScope(t))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Holds(nil); got != want {
			t.Errorf("Eval(%s) of no item = %v, want %v", text, got, want)
		}
	}
}

// The messages are those of DynamoDB Local 3.3 for the same expressions.
func TestParseConditionRefuses(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "The expression can not be empty;"},
		{"n", `Syntax error; token: "<EOF>", near: "n"`},
		{"n = :5 OR", `Syntax error; token: "<EOF>", near: "OR"`},
		{"n == :5", `Syntax error; token: "=", near: "== :5"`},
		{"n = 5", `Syntax error; token: "5", near: "= 5"`},
		{"n = 'abc'", `Syntax error; token: "'", near: "= 'abc"`},
		{"n = :5 AND AND n = :5", `Syntax error; token: "AND", near: "AND AND n"`},
		{"n IN ()", `Syntax error; token: ")", near: "()"`},
		{"n IN :5", `Syntax error; token: ":5", near: "IN :5"`},
		{"n + :5 = :5", `Syntax error; token: "+", near: "n + :5"`},
		{"n-a = :5", `Syntax error; token: "-", near: "n-a"`},
		{"_n = :5", `Syntax error; token: "_", near: "_n"`},
		{"1n = :5", `Syntax error; token: "1", near: "1n"`},
		{"a[x] = :5", `Syntax error; token: "x", near: "[x]"`},
		{"a[-1] = :5", `Syntax error; token: "-", near: "[-1"`},
		{"n = :5)", `Syntax error; token: ")", near: ":5)"`},
		{"(n = :5", `Syntax error; token: "<EOF>", near: ":5"`},
		{"(n = :5) = :5", `Syntax error; token: "=", near: ") = :5"`},
		{"n OR n = :5", `Syntax error; token: "OR", near: "n OR n"`},
		{"n and n = :5", `Syntax error; token: "and", near: "n and n"`},
		{"n = :5 # x", `Syntax error; token: "#", near: ":5 # x"`},
		{"name = = :5", `Syntax error; token: "=", near: "= = :5"`}, // syntax errors come first
		{"((n = :5))", "The expression has redundant parentheses;"},
		{"n = n", "The first operand must be distinct from the remaining operands for this operator or function; " +
			"operator: =, first operand: [n]"},
		{"m.b[0] IN (:5, m.b[0])", "operator: IN, first operand: [m, b, [0]]"},
		{"contains(n, n)", "operator: contains, first operand: [n]"},
		{"name = :5", "Attribute name is a reserved keyword; reserved keyword: name"},
		{"a.b.name = :5", "Attribute name is a reserved keyword; reserved keyword: name"},
		{"n = :w", "An expression attribute value used in expression is not defined; attribute value: :w"},
		{"#q.n = :5", "An expression attribute name used in the document path is not defined; attribute name: #q"},
		{"foo(n, :5)", "Invalid function name; function: foo"},
		{"ATTRIBUTE_EXISTS(n)", "Invalid function name; function: ATTRIBUTE_EXISTS"},
		{"if_not_exists(n, :5) = :5", "The function is not allowed in a condition expression; function: if_not_exists"},
		{"size(n)", "The function is not allowed to be used this way in an expression; function: size"},
		{"attribute_exists(n) = :5",
			"The function is not allowed to be used this way in an expression; function: attribute_exists"},
		{"contains(n, attribute_exists(n))",
			"The function is not allowed to be used this way in an expression; function: attribute_exists"},
		{"size(n, n) = :5", "Incorrect number of operands for operator or function; operator or function: size, " +
			"number of operands: 2"},
		{"size(size(n)) = :5", "Incorrect operand type for operator or function; operator or function: " +
			"size, operand type: N"},
		{"attribute_exists(:5)", "Operator or function requires a document path; " +
			"operator or function: attribute_exists"},
		{"attribute_type(n, :5)", "Incorrect operand type for operator or function; operator or function: " +
			"attribute_type, operand type: N"},
		{"attribute_type(n, :Q)", "Invalid attribute type name found; type: Q"},
		{"begins_with(n, :5)", "Incorrect operand type for operator or function; operator or function: " +
			"begins_with, operand type: N"},
		{"t < :true", "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"},
		{"n BETWEEN :5 AND :1", "lower bound operand: AttributeValue: {N:5}, upper bound operand: " +
			"AttributeValue: {N:1}"},
		{"n BETWEEN :5 AND :s", "The BETWEEN operator requires same data type for lower and upper bounds"},
		{"a[99999999999] = :5", "List index is not within the allowable range; index: [99999999999]"},
		{"a" + strings.Repeat("[0]", 40) + " = :5",
			"The document path has too many nesting levels; nesting levels: 41"},
		{"n IN (:5" + strings.Repeat(",:5", 100) + ")",
			"The IN operator is provided with too many operands; number of operands: 101"},
		{"n=:5" + strings.Repeat(" AND n=:5", 150), "The expression contains too many operators; operator count: 301"},
		{"n = :5" + strings.Repeat(" ", 5000),
			"Expression size has exceeded the maximum allowed size; expression size: 5006"},
	} {
		_, err := ParseCondition(KindCondition, test.text, testScope(t))
		if err == nil || !strings.HasPrefix(err.Error(), "Invalid ConditionExpression: ") ||
			!strings.Contains(err.Error(), test.want) {
			t.Errorf("ParseCondition(%.60s) = %v, want %s", test.text, err, test.want)
		}
	}
}

func TestAttributes(t *testing.T) {
	c, err := ParseCondition(KindFilter,
		"NOT (n = :5 AND size(m.a) > :1) OR l IN (:5) OR contains(s, ss) OR attribute_exists(#name)", testScope(t))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(Attributes(c), " "), "n m l s ss name"; got != want {
		t.Errorf("Attributes = %s, want %s", got, want)
	}
}
