package expr

import (
	"encoding/json"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

// testItem is the item against which the tests evaluate expressions.
const testItem = `{
	"pk": {"S": "a"},
	"n": {"N": "5"},
	"s": {"S": "hello"},
	"b": {"B": "AQID"},
	"t": {"BOOL": true},
	"l": {"L": [{"S": "x"}, {"S": "y"}, {"S": "z"}]},
	"m": {"M": {"a": {"N": "1"}, "b": {"L": [{"N": "1"}, {"N": "2"}]}}},
	"ss": {"SS": ["a", "b", "c"]},
	"ns": {"NS": ["1", "9", "10"]}
}`

// testScope returns values of every kind, under the names that the tests use.
func testScope(t testing.TB) *Scope {
	return &Scope{
		Names: map[string]string{"#n": "n", "#name": "name", "#dot": "a.b"},
		Values: parse[attr.Item](t, `{
			":1": {"N": "1"}, ":5": {"N": "5"}, ":7": {"N": "7"}, ":10": {"N": "10"},
			":he": {"S": "he"}, ":ll": {"S": "ll"}, ":s": {"S": "hello"}, ":x": {"S": "x"}, ":a": {"S": "a"},
			":N": {"S": "N"}, ":SS": {"S": "SS"}, ":Q": {"S": "Q"},
			":bin": {"B": "AQ=="}, ":true": {"BOOL": true}, ":null": {"NULL": true},
			":list": {"L": [{"S": "w"}]}, ":map": {"M": {}},
			":ab": {"SS": ["a", "b"]}, ":abc": {"SS": ["a", "b", "c"]}, ":cd": {"SS": ["c", "d"]}, ":19": {"NS": ["1", "9"]}
		}`),
	}
}

func parse[T any](t testing.TB, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func TestScopeCheckUsed(t *testing.T) {
	scope := testScope(t)
	scope.Names, scope.Values = map[string]string{"#n": "n"},
		parse[attr.Item](t, `{":5": {"N":"5"}, ":b": {"N":"5"}, ":a": {"N":"5"}}`)
	if _, err := ParseCondition(KindCondition, "#n = :5", scope); err != nil {
		t.Fatal(err)
	}
	want := "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a, :b}"
	if err := scope.CheckUsed(); err == nil || err.Error() != want {
		t.Errorf("CheckUsed() = %v, want %s", err, want)
	}
}

// All expressions of a request share one scope.
func TestScopeShared(t *testing.T) {
	scope := &Scope{Values: parse[attr.Item](t, `{":a": {"N":"5"}, ":b": {"N":"5"}}`)}
	if _, err := ParseCondition(KindCondition, "n = :a", scope); err != nil {
		t.Fatal(err)
	}
	if _, err := ParseUpdate("SET n = :b", scope); err != nil {
		t.Fatal(err)
	}
	if err := scope.CheckUsed(); err != nil {
		t.Error(err)
	}
}

func TestReserved(t *testing.T) {
	if len(reservedWords) != 573 {
		t.Errorf("%d reserved words, want 573", len(reservedWords))
	}
	for word, want := range map[string]bool{
		"name": true, "Status": true, "TTL": true, "shard": true, // our index needs #shard
		"own": false, "exp": false, "due": false, "want": false, "pk": false, "sk": false,
	} {
		if got := reserved(word); got != want {
			t.Errorf("reserved(%s) = %v, want %v", word, got, want)
		}
	}
}

// FuzzParse looks for texts that make a parser or an evaluation panic.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"n = :5 AND (NOT begins_with(s, :he) OR size(l) >= :1)",
		"m.b[0] IN (:1, :5) AND n BETWEEN :1 AND :10",
		"SET own = if_not_exists(own, :s), l[9] = n + :1 REMOVE m.a, l[0] ADD n :1, ss :ab DELETE ss :cd",
		"pk = :a AND begins_with(n, :he)",
		"#n, m.b[1], l", "(((", "a[", "size(size(", "SET", "n IN (", ":", "#", "é = :5", "NOT", "((n = :5))",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		item := parse[attr.Item](t, testItem)
		scope := testScope(t)
		if c, err := ParseCondition(KindCondition, text, scope); err == nil {
			c.Holds(item)
			c.Holds(nil)
			Attributes(c)
		}
		if u, err := ParseUpdate(text, scope); err == nil {
			u.Apply(item)
			u.Apply(nil)
			Projection(u.Paths()).Of(item)
		}
		if p, err := ParseProjection(text, scope); err == nil {
			p.Of(item)
		}
		if tests, err := ParseKeyCondition(text, scope); err == nil {
			for _, test := range tests {
				test.Holds(attr.String("a"))
				test.Above(attr.String("a"))
			}
		}
		if got := parse[attr.Item](t, testItem); !attr.Equal(attr.Map(got), attr.Map(item)) {
			t.Errorf("%q changed the item to %v", text, item)
		}
	})
}
