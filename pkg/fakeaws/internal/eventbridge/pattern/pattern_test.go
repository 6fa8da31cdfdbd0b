package pattern_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/eventbridge/pattern"
)

func match(t *testing.T, rule, event string) bool {
	t.Helper()
	p, err := pattern.Parse([]byte(rule))
	if err != nil {
		t.Fatalf("Parse(%s): %v", rule, err)
	}
	e, err := pattern.ParseEvent([]byte(event))
	if err != nil {
		t.Fatalf("ParseEvent(%s): %v", event, err)
	}
	return p.Match(e)
}

// instance is the event of the examples in EventBridge's guide.
const instance = `{
	"version": "0",
	"id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
	"detail-type": "EC2 Instance State-change Notification",
	"source": "aws.ec2",
	"account": "111122223333",
	"time": "2017-12-22T18:43:48Z",
	"region": "us-west-1",
	"resources": ["arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0"],
	"detail": {"instance-id": "i-1234567890abcdef0", "state": "terminated"}
}`

func TestMatchInstance(t *testing.T) {
	for _, tt := range []struct {
		rule string
		want bool
	}{
		{`{"source": ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"], "detail": {"state": ["terminated"]}}`, true},
		{`{"source": ["aws.ec2"], "detail": {"state": ["running"]}}`, false},
		{`{"detail": {"state": ["running", "terminated"]}}`, true},
		{`{"detail": {"state": ["Terminated"]}}`, false}, // case-sensitive
		{`{"Detail": {"state": ["terminated"]}}`, false},
		{`{"time": [{"prefix": "2017-12-22"}]}`, true},
		{`{"region": [{"anything-but": {"prefix": "us-"}}]}`, false},
		{`{"resources": ["a", "arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0"]}`, true},
		{`{"resources": [{"wildcard": "arn:aws:ec2:*:instance/*"}]}`, true},
		{`{"account": [{"exists": true}], "detail": {"reason": [{"exists": false}]}}`, true},
	} {
		if got := match(t, tt.rule, instance); got != tt.want {
			t.Errorf("Match(%s) = %v, want %v", tt.rule, got, tt.want)
		}
	}
}

// Each row is the content of "detail" in the rule and in the event.
func TestMatchDetail(t *testing.T) {
	for _, tt := range []struct {
		rule, event string
		want        bool
	}{
		// Plain values: the type matters, the spelling of a number does not.
		{`{"n": [300]}`, `{"n": 300.0}`, true},
		{`{"n": [300]}`, `{"n": 3.0e2}`, true},
		{`{"n": [300]}`, `{"n": "300"}`, false},
		{`{"n": [123456789012345678901234567890]}`, `{"n": 123456789012345678901234567890}`, true}, // as text
		{`{"n": [123456789012345678901234567890]}`, `{"n": 123456789012345678901234567891}`, false},
		{`{"n": [0]}`, `{"n": -0.0}`, true},
		{`{"n": [1]}`, `{"n": 1e999999999999}`, false},
		{`{"b": [true]}`, `{"b": true}`, true},
		{`{"b": [true]}`, `{"b": "true"}`, false},
		{`{"v": [null]}`, `{"v": null}`, true},
		{`{"v": [null]}`, `{"v": "null"}`, false},
		{`{"v": [null]}`, `{"v": []}`, false},
		{`{"v": [""]}`, `{"v": ""}`, true},
		{`{"ip": ["::1"]}`, `{"ip": "0:0:0:0:0:0:0:1"}`, true}, // an address by value

		// Prefix and suffix.
		{`{"f": [{"suffix": ".png"}]}`, `{"f": "a.png"}`, true},
		{`{"f": [{"suffix": ".png"}]}`, `{"f": "a.PNG"}`, false},
		{`{"f": [{"suffix": {"equals-ignore-case": ".png"}}]}`, `{"f": "a.PNG"}`, true},
		{`{"f": [{"prefix": {"equals-ignore-case": "EventB"}}]}`, `{"f": "eventbridge"}`, true},
		{`{"f": [{"prefix": {"equals-ignore-case": "EventB"}}]}`, `{"f": "even"}`, false},
		{`{"f": [{"prefix": ""}]}`, `{"f": "x"}`, true},
		{`{"f": [{"prefix": "1"}]}`, `{"f": 12}`, false}, // strings only
		{`{"f": [{"equals-ignore-case": "Ok"}]}`, `{"f": "oK"}`, true},
		{`{"f": [{"equals-ignore-case": "Ok"}]}`, `{"f": "oKa"}`, false},

		// Anything-but: the field must exist.
		{`{"s": [{"anything-but": "initializing"}]}`, `{"s": "running"}`, true},
		{`{"s": [{"anything-but": "initializing"}]}`, `{"s": "initializing"}`, false},
		{`{"s": [{"anything-but": "initializing"}]}`, `{"x": "running"}`, false},
		{`{"s": [{"anything-but": "initializing"}, {"exists": false}]}`, `{"x": "running"}`, true},
		{`{"s": [{"anything-but": "initializing"}]}`, `{"s": null}`, true},
		{`{"s": [{"anything-but": 123}]}`, `{"s": 123.0}`, false},
		{`{"s": [{"anything-but": 123}]}`, `{"s": "123"}`, true},
		{`{"s": [{"anything-but": ["stopped", "overloaded"]}]}`, `{"s": "overloaded"}`, false},
		{`{"s": [{"anything-but": [100, 200]}]}`, `{"s": 300}`, true},
		{`{"s": [{"anything-but": {"prefix": ["init", "err"]}}]}`, `{"s": "error"}`, false},
		{`{"s": [{"anything-but": {"suffix": ".png"}}]}`, `{"s": 5}`, true},
		{`{"s": [{"anything-but": {"equals-ignore-case": ["A", "B"]}}]}`, `{"s": "b"}`, false},
		{`{"s": [{"anything-but": {"wildcard": "*/lib/*"}}]}`, `{"s": "/usr/lib/x"}`, false},
		{`{"s": [{"anything-but": "a"}, {"anything-but": "b"}]}`, `{"s": "a"}`, true}, // any of two
		{`{"s": [{"anything-but": "a"}]}`, `{"s": ["a", "c"]}`, true},                 // any element

		// Numeric.
		{`{"c": [{"numeric": [">", 0, "<=", 5]}]}`, `{"c": 5}`, true},
		{`{"c": [{"numeric": [">", 0, "<=", 5]}]}`, `{"c": 0}`, false},
		{`{"c": [{"numeric": ["<", 10]}]}`, `{"c": 9.99}`, true},
		{`{"c": [{"numeric": ["=", 3.018e2]}]}`, `{"c": 301.8}`, true},
		{`{"c": [{"numeric": [">=", -5]}]}`, `{"c": -5}`, true},
		{`{"c": [{"numeric": [">", 0]}]}`, `{"c": "1"}`, false}, // numbers only

		// CIDR.
		{`{"ip": [{"cidr": "10.0.0.0/24"}]}`, `{"ip": "10.0.0.255"}`, true},
		{`{"ip": [{"cidr": "10.0.0.0/24"}]}`, `{"ip": "10.0.1.0"}`, false},
		{`{"ip": [{"cidr": "10.0.0.7/24"}]}`, `{"ip": "10.0.0.1"}`, true}, // host bits do not matter
		{`{"ip": [{"cidr": "2001:db8:1234:1a00::/64"}]}`, `{"ip": "2001:0db8:1234:1a00:0000:0000:0000:0001"}`, true},
		{`{"ip": [{"cidr": "0.0.0.0/0"}]}`, `{"ip": "::1"}`, false},
		{`{"ip": [{"cidr": "10.0.0.0/24"}]}`, `{"ip": "host"}`, false},

		// Exists tests leaves.
		{`{"p": [{"exists": true}]}`, `{"p": null}`, true},
		{`{"p": [{"exists": true}]}`, `{"p": {"S": "x"}}`, false},
		{`{"p": [{"exists": false}]}`, `{"p": {"S": "x"}}`, true},
		{`{"p": [{"exists": true}]}`, `{"p": []}`, false},
		{`{"p": {"S": [{"exists": false}]}}`, `{"q": 1}`, true}, // the parent is absent

		// Wildcards.
		{`{"f": [{"wildcard": "dir/*.png"}]}`, `{"f": "dir/a/b.png"}`, true},
		{`{"f": [{"wildcard": "dir/*.png"}]}`, `{"f": "dir/.pn"}`, false},
		{`{"f": [{"wildcard": "*a*b"}]}`, `{"f": "xxaxbb"}`, true},
		{`{"f": [{"wildcard": "ab*ba"}]}`, `{"f": "aba"}`, false}, // the ends do not overlap
		{`{"f": [{"wildcard": "*"}]}`, `{"f": ""}`, true},
		{`{"f": [{"wildcard": ""}]}`, `{"f": "x"}`, false},
		{`{"f": [{"wildcard": "a\\*b\\\\"}]}`, `{"f": "a*b\\"}`, true},
		{`{"f": [{"wildcard": "a\\*b"}]}`, `{"f": "axb"}`, false},

		// Or.
		{`{"$or": [{"c": [{"numeric": [">", 0]}]}, {"d": [{"numeric": ["<", 10]}]}]}`, `{"c": 0, "d": 0}`, true},
		{`{"$or": [{"c": [{"numeric": [">", 0]}]}, {"d": [{"numeric": ["<", 10]}]}]}`, `{"c": 0, "d": 10}`, false},
		{`{"$or": [{"a": [1]}, {"b": [1]}], "c": [1]}`, `{"b": 1, "c": 1}`, true},
		{`{"$or": [{"a": [1]}, {"b": [1]}], "c": [1]}`, `{"b": 1}`, false},
		{`{"$or": [{"a": [1], "$or": [{"x": [1]}, {"y": [1]}]}, {"b": [1]}]}`, `{"a": 1, "y": 1}`, true},
		{`{"$or": [{"a": [1], "$or": [{"x": [1]}, {"y": [1]}]}, {"b": [1]}]}`, `{"a": 1}`, false},
		{`{"u": {"$or": [{"arn": [{"anything-but": "us"}]}, {"arn": [{"exists": false}]}]}}`, `{"u": {"type": "Root"}}`,
			true},
		{`{"a": [1], "$or": [{"a": [2]}, {"b": [2]}]}`, `{"a": 2}`, true}, // the branch replaces

		// Keys joined with dots, repeated keys.
		{`{"state": {"status": ["running"]}}`, `{"state.status": "running"}`, true},
		{`{"state.status": ["running"]}`, `{"state": {"status": "running"}}`, true},
		{`{"state.status": {"status": ["running"]}}`, `{"state": {"status": "running"}}`, false},
		{`{"l": ["b"]}`, `{"l": "a", "l": "b"}`, true},
		{`{"l": ["a"], "l": ["b"]}`, `{"l": "a"}`, false}, // the last one counts

		// Arrays: fields inside one array must match in one element.
		{`{"e": {"first": ["Anna"]}}`, `{"e": [{"first": "John"}, {"first": "Anna"}]}`, true},
		{`{"e": {"first": ["Anna"], "last": ["Jones"]}}`,
			`{"e": [{"first": "Anna", "last": "Smith"}, {"first": "Peter", "last": "Jones"}]}`, false},
		{`{"e": {"first": ["Anna"], "last": ["Smith"]}}`,
			`{"e": [[{"first": "John", "last": "Doe"}, {"first": "Anna", "last": "Smith"}]]}`, true},
		// different arrays
		{`{"e": {"x": [1]}, "f": {"y": [2]}}`, `{"e": [{"x": 1}], "f": [{"y": 1}, {"y": 2}]}`, true},
	} {
		if got := match(t, `{"detail": `+tt.rule+`}`, `{"detail": `+tt.event+`}`); got != tt.want {
			t.Errorf("rule %s, event %s: match %v, want %v", tt.rule, tt.event, got, tt.want)
		}
	}
}

// The reasons are AWS's.
func TestParseRefused(t *testing.T) {
	for _, tt := range []struct{ rule, reason string }{
		{`["not", "a", "dict"]`, "Filter is not an object"},
		{`{'bad': 'quotation'}`, "invalid character"},
		{`{"a": ["b"]} x`, "invalid character"},
		{`{}`, "Empty objects are not allowed"},
		{`{"detail": {}}`, "Empty objects are not allowed"},
		{`{"resources": []}`, "Empty arrays are not allowed at line: 1, column: 17"},
		{`{"int": 42}`, `"int" must be an object or an array at line: 1, column: 11`},
		{`{"a": [["b"]]}`, "Match value must be String, number, true, false, or null"},
		{`{"a": [{}]}`, "Match expression name not found"},
		{`{"a": [{"EXISTS": true}]}`, "Unrecognized match type EXISTS"},
		{`{"a": [{"exists": "true"}]}`, "exists match pattern must be either true or false."},
		{`{"a": [{"exists": true, "prefix": "x"}]}`, "Only one key allowed in match expression"},
		{`{"a": [{"prefix": "x", "suffix": "y"}]}`, "Only one key allowed in match expression"},
		{`{"a": [{"prefix": ["x"]}]}`, "prefix match pattern must be a string"},
		{`{"a": [{"suffix": 123}]}`, "suffix match pattern must be a string"},
		{`{"a": [{"prefix": {"wildcard": "x"}}]}`, "Unsupported prefix pattern: wildcard"},
		{`{"a": [{"equals-ignore-case": ["x"]}]}`, "equals-ignore-case match pattern must be a string"},
		{`{"a": [{"wildcard": 123}]}`, "wildcard match pattern must be a string"},
		{`{"a": [{"wildcard": "a**"}]}`, "Consecutive wildcard characters at pos 2"},
		{`{"a": [{"wildcard": "a\\b"}]}`, "Invalid escape character at pos 2"},
		{`{"a": [{"anything-but": null}]}`, "Value of anything-but must be an array or single string/number value."},
		{`{"a": [{"anything-but": ["x", null]}]}`, "Inside anything but list, start|null|boolean is not supported."},
		{`{"a": [{"anything-but": ["x", 1]}]}`, "mixed type is not supported"},
		{`{"a": [{"anything-but": []}]}`, "mixed type is not supported"},
		{`{"a": [{"anything-but": {"prefix": ""}}]}`, "Null prefix/suffix not allowed"},
		{`{"a": [{"anything-but": {"suffix": [1]}}]}`, "prefix/suffix match pattern must be a string"},
		{`{"a": [{"anything-but": {"prefix": {"equals-ignore-case": "x"}}}]}`,
			"Value of anything-but must be an array or single string/number value."},
		{`{"a": [{"anything-but": {"cidr": "10.0.0.0/8"}}]}`, "Unsupported anything-but pattern: cidr"},
		{`{"a": [{"numeric": 10}]}`, "Value of numeric must be an array."},
		{`{"a": [{"numeric": []}]}`, "Invalid member in numeric match: ]"},
		{`{"a": [{"numeric": ["!", 1]}]}`, "Unrecognized numeric range operator: !"},
		{`{"a": [{"numeric": [">", 0, ">", 0]}]}`, "Bad numeric range operator: >"},
		{`{"a": [{"numeric": [">", 0, "<"]}]}`, "Value of < must be numeric"},
		{`{"a": [{"numeric": ["=", "5"]}]}`, "Value of equals must be numeric"},
		{`{"a": [{"numeric": ["=", 5, "<", 6]}]}`, "Too many elements in numeric expression"},
		{`{"a": [{"numeric": [">", 5, "<", 5]}]}`, "Bottom must be less than top"},
		{`{"a": [{"numeric": [">", 1e400]}]}`, "Cannot compare number : 1e400"},
		{`{"a": [{"cidr": "10.0.0.0"}]}`, "Malformed CIDR, one '/' required"},
		{`{"a": [{"cidr": "10.0.0.0/x"}]}`, "Malformed CIDR, mask bits must be an integer"},
		{`{"a": [{"cidr": "xx.11.xx/8"}]}`, "Nonstandard IP address: xx.11.xx"},
		{`{"a": [{"cidr": "10.0.0.1/32"}]}`, "IPv4 mask bits must be < 32"},
		{`{"$or": {"a": ["b"]}}`, "It must be an Array followed with $or."},
		{`{"$or": [{"a": ["b"]}]}`, "There must have at least 2 Objects in $or relationship."},
		{`{"$or": [{"a": ["b"]}, "c"]}`, "Only JSON object is allowed in array of $or relationship."},
		{`{"$or": [{"prefix": ["b"]}, {"a": ["c"]}]}`,
			"prefix is Ruler reserved fieldName which cannot be used inside $or."},
		{"{\n\"a\": \"b\"}", "at line: 2, column: 9"},
	} {
		_, err := pattern.Parse([]byte(tt.rule))
		if _, ok := errors.AsType[*pattern.SyntaxError](err); !ok || !strings.Contains(err.Error(), tt.reason) {
			t.Errorf("Parse(%s) = %v, want %q", tt.rule, err, tt.reason)
		}
	}
}

func TestParseTooManyAlternatives(t *testing.T) {
	rule := `{"a": ["b"]`
	for i := range 10 { // 2 to the 10th
		c := string(rune('a' + i))
		rule += `, "` + c + `": {"$or": [{"x": [1]}, {"y": [1]}]}`
	}
	if _, err := pattern.Parse([]byte(rule + "}")); !errors.Is(err, pattern.ErrTooManyAlternatives) {
		t.Errorf("error = %v, want ErrTooManyAlternatives", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"source": ["a", 1, null, true], "detail": {"s": [{"prefix": "x"}, {"exists": false}]}}`,
		`{"$or": [{"a": [{"numeric": [">", 0, "<=", 5]}]}, {"b": [{"cidr": "10.0.0.0/8"}]}]}`,
		`{"a": [{"anything-but": {"wildcard": ["*x\\*", "y"]}}, {"suffix": {"equals-ignore-case": "é"}}]}`,
		`{"a": [1e-400, 123456789012345678901234567890]}`,
	} {
		f.Add(seed, instance)
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, rule, event string) {
		e, eventErr := pattern.ParseEvent([]byte(event))
		p, err := pattern.Parse([]byte(rule))
		if err == nil && eventErr == nil {
			p.Match(e)
		}
	})
}
