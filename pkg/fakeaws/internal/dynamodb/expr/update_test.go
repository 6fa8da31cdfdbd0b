package expr

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

// changes returns the attributes that an update changes. A removed attribute is NULL, which no
// value of the item is.
func changes(before, after attr.Item) attr.Item {
	changed := make(attr.Item)
	for name, v := range after {
		if old, ok := before[name]; !ok || !attr.Equal(old, v) {
			changed[name] = v
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			changed[name] = attr.Null{}
		}
	}
	return changed
}

func TestUpdateApply(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"SET n = :7", `{"n": {"N": "7"}}`},
		{"set n = n + :7", `{"n": {"N": "12"}}`},
		{"SET n = n - :7", `{"n": {"N": "-2"}}`},
		{"SET n = (n) + (:7)", `{"n": {"N": "12"}}`},
		{"SET q = n, n = :7", `{"q": {"N": "5"}, "n": {"N": "7"}}`}, // the right side is the old item
		{"SET l[0] = l[1], l[1] = l[0]", `{"l": {"L": [{"S": "y"}, {"S": "x"}, {"S": "z"}]}}`},
		{"SET l[1] = :7", `{"l": {"L": [{"S": "x"}, {"N": "7"}, {"S": "z"}]}}`},
		{"SET l[7] = :7, l[5] = :5", `{"l": {"L": [{"S": "x"}, {"S": "y"}, {"S": "z"}, {"N": "5"}, {"N": "7"}]}}`},
		{"SET m.c = :7", `{"m": {"M": {"a": {"N": "1"}, "b": {"L": [{"N": "1"}, {"N": "2"}]}, "c": {"N": "7"}}}}`},
		{"SET m.b[0] = :7", `{"m": {"M": {"a": {"N": "1"}, "b": {"L": [{"N": "7"}, {"N": "2"}]}}}}`},
		{"SET m = m.a", `{"m": {"N": "1"}}`},
		{"SET n = if_not_exists(n, :7)", `{}`},
		{"SET q = if_not_exists(q, :7)", `{"q": {"N": "7"}}`},
		{"SET n = (n + :7)", `{"n": {"N": "12"}}`},
		{"SET q = if_not_exists((q), if_not_exists(w, :7)) + :1", `{"q": {"N": "8"}}`},
		{"SET q = if_not_exists(q.r, :7)", `{"q": {"N": "7"}}`},
		{"SET l = list_append(l, :list)", `{"l": {"L": [{"S": "x"}, {"S": "y"}, {"S": "z"}, {"S": "w"}]}}`},
		{"SET q = list_append(if_not_exists(q, :list), :list)", `{"q": {"L": [{"S": "w"}, {"S": "w"}]}}`},
		{"REMOVE n, zz", `{"n": {"NULL": true}}`},
		{"REMOVE m.a, m.zz, l[9]", `{"m": {"M": {"b": {"L": [{"N": "1"}, {"N": "2"}]}}}}`},
		{"REMOVE l[0], l[2]", `{"l": {"L": [{"S": "y"}]}}`},
		{"REMOVE l[0] SET l[1] = :7", `{"l": {"L": [{"N": "7"}, {"S": "z"}]}}`}, // indexes mean the old list
		{"ADD n :7", `{"n": {"N": "12"}}`},
		{"ADD q :7, m.a :7", `{"q": {"N": "7"}, "m": {"M": {"a": {"N": "8"}, "b": {"L": [{"N": "1"}, {"N": "2"}]}}}}`},
		{"ADD ss :cd", `{"ss": {"SS": ["a", "b", "c", "d"]}}`},
		{"ADD q :cd", `{"q": {"SS": ["c", "d"]}}`},
		{"DELETE ss :cd", `{"ss": {"SS": ["a", "b"]}}`},
		{"DELETE ss :abc", `{"ss": {"NULL": true}}`}, // there are no empty sets
		{"DELETE zz :abc, m.zz :abc", `{}`},
		{"REMOVE s SET n = :7 DELETE ns :19 ADD q :1",
			`{"s": {"NULL": true}, "n": {"N": "7"}, "ns": {"NS": ["10"]}, "q": {"N": "1"}}`},
	} {
		item := parse[attr.Item](t, testItem)
		u, err := ParseUpdate(test.text, testScope(t))
		if err != nil {
			t.Errorf("ParseUpdate(%s): %v", test.text, err)
			continue
		}
		updated, err := u.Apply(item)
		if err != nil {
			t.Errorf("Apply(%s): %v", test.text, err)
			continue
		}
		want := parse[attr.Item](t, test.want)
		if got := changes(item, updated); !attr.Equal(attr.Map(got), attr.Map(want)) {
			t.Errorf("Apply(%s) changes %v, want %v", test.text, got, want)
		}
		if !attr.Equal(attr.Map(item), attr.Map(parse[attr.Item](t, testItem))) {
			t.Errorf("Apply(%s) changed the item given to %v", test.text, item)
		}
	}
}

func TestUpdateApplyRefuses(t *testing.T) {
	for _, test := range []struct {
		text string
		want error
	}{
		{"SET n = zz", errNoAttribute},
		{"SET n = zz + :7", errNoAttribute},
		{"SET n = l[8]", errNoAttribute},
		{"SET n = s + :7", errOperandType},
		{"SET n = list_append(n, l)", errOperandType},
		{"SET zz.c = :7", errNoPlace},
		{"SET n.c = :7", errNoPlace},
		{"SET s[0] = :7", errNoPlace},
		{"SET m[0] = :7", errNoPlace},
		{"SET l.a = :7", errNoPlace},
		{"SET l[9].a = :7", errNoPlace},
		{"REMOVE zz.a", errNoPlace},
		{"ADD zz.q :7", errNoPlace},
		{"DELETE zz.q :ab", errNoPlace},
		{"ADD s :7", errOperandType},
		{"ADD ns :ab", errOperandType},
		{"DELETE ns :ab", errOperandType},
		{"DELETE s :ab", errOperandType},
	} {
		u, err := ParseUpdate(test.text, testScope(t))
		if err != nil {
			t.Errorf("ParseUpdate(%s): %v", test.text, err)
			continue
		}
		if _, err := u.Apply(parse[attr.Item](t, testItem)); err != test.want {
			t.Errorf("Apply(%s) = %v, want %v", test.text, err, test.want)
		}
	}
}

// The messages are those of DynamoDB Local 3.3 for the same texts.
func TestParseUpdateRefuses(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "The expression can not be empty;"},
		{"SET", `Syntax error; token: "<EOF>", near: "SET"`},
		{"SET n", `Syntax error; token: "<EOF>", near: "n"`},
		{"SET n = :7,", `Syntax error; token: "<EOF>", near: ","`},
		{"n = :7", `Syntax error; token: "n", near: "n ="`},
		{"FOO n = :7", `Syntax error; token: "FOO", near: "FOO n"`},
		{"SET n += :7", `Syntax error; token: "+", near: "n +="`},
		{"SET n = n + :7 + :7", `Syntax error; token: "+", near: ":7 + :7"`},
		{"SET n = n + (n + :7)", `Syntax error; token: "+", near: "n + :7"`},
		{"SET n = (n + :7) + :7", `Syntax error; token: "+", near: ") + :7"`},
		{"SET n = if_not_exists(n, n + :7)", `Syntax error; token: "+", near: "n + :7"`},
		{"SET n = ((n))", "The expression has redundant parentheses;"},
		{"SET n = ((n + :7))", "The expression has redundant parentheses;"},
		{"SET l = list_append(list_append(l, l), l)",
			"The function is not allowed to be used this way in an expression; function: list_append"},
		{"SET l = if_not_exists(l, list_append(l, l))",
			"The function is not allowed to be used this way in an expression; function: list_append"},
		{"SET n = list_append(l, l) + :7",
			"The function is not allowed to be used this way in an expression; function: list_append"},
		{"SET n = -:7", `Syntax error; token: "-", near: "= -:7"`},
		{"SET n = :7 AND q = :7", `Syntax error; token: "AND", near: ":7 AND q"`},
		{"SET n = :7, REMOVE q", `Syntax error; token: "REMOVE", near: ", REMOVE q"`},
		{"ADD n m", `Syntax error; token: "m", near: "n m"`},
		{"SET n = :7 SET q = :7", `The "SET" section can only be used once in an update expression;`},
		{"SET n = :7, n = :7", "Two document paths overlap with each other; " +
			"must remove or rewrite one of these paths; path one: [n], path two: [n]"},
		{"SET m.a = :7 REMOVE m", "Two document paths overlap with each other; " +
			"must remove or rewrite one of these paths; path one: [m, a], path two: [m]"},
		{"SET m.a = :7, m[0] = :7",
			"Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [m, " +
				"a], path two: [m, [0]]"},
		{"SET n = :w", "An expression attribute value used in expression is not defined; attribute value: :w"},
		{"SET #q = :7", "An expression attribute name used in the document path is not defined; attribute name: #q"},
		{"SET name = :7", "Attribute name is a reserved keyword; reserved keyword: name"},
		{"SET q = foo(q)", "Invalid function name; function: foo"},
		{"SET q = size(q)", "The function is not allowed in an update expression; function: size"},
		{"SET q = if_not_exists(q)",
			"Incorrect number of operands for operator or function; operator or function: if_not_exists, " +
				"number of operands: 1"},
		{"SET q = if_not_exists(:7, :7)",
			"Operator or function requires a document path; operator or function: if_not_exists"},
		{"SET l = list_append(l, :7)",
			"Incorrect operand type for operator or function; operator or function: list_append, operand type: N"},
		{"SET n = n + :s", "Incorrect operand type for operator or function; operator or function: +, operand type: S"},
		{"SET n = :s - n", "Incorrect operand type for operator or function; operator or function: -, operand type: S"},
		{"ADD s :s", "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, " +
			"typeSet: ALLOWED_FOR_ADD_OPERAND"},
		{"DELETE n :7", "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, " +
			"typeSet: ALLOWED_FOR_DELETE_OPERAND"},
	} {
		_, err := ParseUpdate(test.text, testScope(t))
		if want := "Invalid UpdateExpression: " + test.want; err == nil || err.Error() != want {
			t.Errorf("ParseUpdate(%s) = %v, want %s", test.text, err, want)
		}
	}
}

func TestUpdateIfNotExists(t *testing.T) {
	scope := &Scope{Values: parse[attr.Item](t,
		`{":me": {"S": "a1"}, ":exp": {"N": "90"}, ":zero": {"N": "0"}, ":one": {"N": "1"}}`)}
	ring, err := ParseUpdate("SET own = if_not_exists(own, :me), exp = if_not_exists(exp, :exp), "+
		"due = :zero ADD want :one", scope)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ before, after string }{
		{`{}`, `{"own": {"S": "a1"}, "exp": {"N": "90"}, "due": {"N": "0"}, "want": {"N": "1"}}`},
		{
			`{"own": {"S": "b2"}, "exp": {"N": "50"}, "due": {"N": "7"}, "want": {"N": "4"}}`,
			`{"own": {"S": "b2"}, "exp": {"N": "50"}, "due": {"N": "0"}, "want": {"N": "5"}}`,
		},
	} {
		after, err := ring.Apply(parse[attr.Item](t, test.before))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(parse[map[string]any](t, test.after), encoded(t, after)); diff != "" {
			t.Errorf("Apply to %s (-want +got):\n%s", test.before, diff)
		}
	}
}

func encoded(t *testing.T, item attr.Item) map[string]any {
	t.Helper()
	members := make(map[string]any)
	for name, v := range item {
		text, err := v.(interface{ MarshalJSON() ([]byte, error) }).MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		members[name] = parse[any](t, string(text))
	}
	return members
}
