package expr

import (
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

func TestProjection(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"n, s", `{"n": {"N": "5"}, "s": {"S": "hello"}}`},
		{"zz", `{}`},
		{"n.a, m.zz", `{}`},
		{"m.a, m.b[1]", `{"m": {"M": {"a": {"N": "1"}, "b": {"L": [{"N": "2"}]}}}}`},
		{"l[2], l[0], l[9]", `{"l": {"L": [{"S": "x"}, {"S": "z"}]}}`}, // the order of the list
		{"#n", `{"n": {"N": "5"}}`},
	} {
		p, err := ParseProjection(test.text, testScope(t))
		if err != nil {
			t.Errorf("ParseProjection(%s): %v", test.text, err)
			continue
		}
		if got, want := p.Of(parse[attr.Item](t, testItem)),
			parse[attr.Item](t, test.want); !attr.Equal(attr.Map(got), attr.Map(want)) {
			t.Errorf("Projection(%s) = %v, want %v", test.text, got, want)
		}
	}
	for text, want := range map[string]string{
		"n, m.a, m": "Two document paths overlap with each other; must remove or rewrite one of these paths; " +
			"path one: [m, a], path two: [m]",
		"n s":  `Syntax error; token: "s", near: "n s"`,
		":5":   `Syntax error; token: ":5", near: ":5"`,
		"name": "Attribute name is a reserved keyword; reserved keyword: name",
	} {
		if _, err := ParseProjection(text, testScope(t)); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("ParseProjection(%s) = %v, want %s", text, err, want)
		}
	}
}
