package guardfile

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// read reads a valid file.
func read(t testing.TB, file string) *guard.Guard {
	t.Helper()
	g, err := Read([]byte(file))
	if err != nil {
		t.Fatalf("%v in\n%s", err, file)
	}
	return g
}

const schemaID = "https://github.com/sgkeeper/sgkeeper/pkg/guard/schema/guardrails.json"

func compiled(t testing.TB) *jsonschema.Schema {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(schemaID, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(schemaID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// validate checks a file against the schema. The file must be YAML with a form in JSON.
func validate(t testing.TB, s *jsonschema.Schema, file []byte) error {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(file, &v); err != nil {
		t.Fatalf("%v in\n%s", err, file)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

// TestExamples: the reader and the schema accept the examples.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("examples/*")
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	s := compiled(t)
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		read(t, string(file))
		if err := validate(t, s, file); err != nil {
			t.Errorf("%s: the schema says %v", name, err)
		}
	}
}

const web = `{id: web, rules: [{ports: 80, from: [0.0.0.0/0]}]}`

// within is a file with one allow entry, in which new replaces a part of web's entry.
func within(old, new string) string {
	return "allow:\n- " + strings.Replace(web, old, new, 1)
}

// badFiles are files that the reader refuses, and the schema too if it can.
var badFiles = []struct {
	file    string
	problem string
	schema  bool
}{
	{"allow: web", `line 1: /allow: found "web": want a list of entries; an empty one allows nothing`, true},
	{"- allow", "line 1: found a list: want a mapping with builtin, allow, deny, require, limits, " +
		"publishers, reach, admins", true},
	{"alow: []",
		`line 1: /alow: unknown key "alow": the nearest known is "allow", of builtin, allow, deny, require, limits, publishers, reach, admins`, true},
	{"Allow: []", `line 1: /Allow: unknown key "Allow": the nearest known is "allow"`, true},
	{"builtin: yes please", `line 1: /builtin: found "yes please": want true or false`, true},
	{"builtin: {}", `line 1: /builtin: found a mapping: want true or false`, true},
	{"builtin: 1", `line 1: /builtin: found "1": want true or false`, true},
	{"builtin: null", `line 1: /builtin: found null: want true or false`, true},
	{"allow: [web]",
		`line 1: /allow/0: found "web": want a mapping with id, reason, groups, tags, launches, accounts, sources, publishers, rules`, true},
	{within("id: web", "di: web"), `line 2: /allow/0/di: unknown key "di": the nearest known is "id"`, true},
	{within("id: web, ", ""), "line 2: /allow/0/id: absent: want a text", true},
	{within("web", "7"), `line 2: /allow/0/id: found "7": want a text; put it in quotes`, true},
	{within("web", "a b"), `line 2: /allow/0/id: found "a b": want letters, digits and ._-`, true},
	{within("web", "builtin"), `line 2: /allow/0/id: found "builtin": that is the name of the built-in entries`, true},
	{within("web", "[web]"), "line 2: /allow/0/id: found a list: want a text", true},
	{within(", rules", ", reason: \"b\\u00fcro\", rules"),
		`line 2: /allow/0/reason: found "b\u00fcro": want printable ASCII`, true},
	{within(", rules", ", groups: web, rules"),
		`line 2: /allow/0/groups: found "web": want a list of groups' ids, or of names`, true},
	{within(", rules", ", groups: [], rules"), "line 2: /allow/0/groups: found an empty list, which matches nothing",
		true},
	{within(", rules", ", groups: [sg-12345], rules"),
		`line 2: /allow/0/groups/0: found "sg-12345": want sg- and 8 to 17 hexadecimal digits`, true},
	{within(", rules", ", groups: [sg-*], rules"), `line 2: /allow/0/groups/0: found "sg-*": want sg- and`, true},
	{within(", rules", ", tags: [env], rules"), "line 2: /allow/0/tags: found a list: want a mapping of tags' keys",
		true},
	{within(", rules", ", tags: {}, rules"), "line 2: /allow/0/tags: found a mapping: want", true},
	{within(", rules", ", tags: {env: 7}, rules"),
		`line 2: /allow/0/tags/env: found "7": want a text; put it in quotes`, true},
	{within(", rules", ", launches: [my launch], rules"),
		`line 2: /allow/0/launches/0: found "my launch": want a launch's name`, true},
	{within(", rules", ", accounts: [111122223333], rules"),
		`line 2: /allow/0/accounts/0: found "111122223333": want a text; put it in quotes`, true},
	{within(", rules", ", accounts: ['1'], rules"),
		`line 2: /allow/0/accounts/0: found "1": want an account id of 12 digits`, true},
	{"allow: [{id: web}]", "line 1: /allow/0/rules: found nothing: want a list of rules as in an event", true},
	{within("[{ports: 80, from: [0.0.0.0/0]}]", "[]"), "line 2: /allow/0/rules: an empty list", true},
	{within("[{ports: 80, from: [0.0.0.0/0]}]", "any"), `line 2: /allow/0/rules: found "any": want a list of rules`,
		true},
	{within("80", "http"), `line 2: /allow/0/rules/0/ports: ports "http": want a port from 0 to 65535`, true},
	{within("80", "0x50"), `line 2: /allow/0/rules/0/ports: ports "0x50": want a port`, false}, // a number in YAML
	{within("ports: 80, ", ""), "line 2: /allow/0/rules/0/ports: absent: protocol tcp wants", true},
	{within("ports: 80", "port: 80"), `line 2: /allow/0/rules/0/port: unknown key "port": the nearest known is "ports"`,
		true},
	{within("0.0.0.0/0", "10.0.0.1/8"),
		"line 2: /allow/0/rules/0/from/0: 10.0.0.1/8 was read as 10.0.0.0/8: write it in that form", false},
	{within("0.0.0.0/0", "10.0.0.0/0"),
		`line 2: /allow/0/rules/0/from/0: peer "10.0.0.0/0": a /0 with host bits would be the whole world`, true},
	{within("0.0.0.0/0", "world"),
		"line 2: /allow/0/rules/0/from/0: found the peer world in an allow entry: want addresses", true},
	{within("0.0.0.0/0", "pl-*"), "line 2: /allow/0/rules/0/from/0: found the peer pl-* in an allow entry", true},
	{within("0.0.0.0/0", "'*'"), `line 2: /allow/0/rules/0/from/0: peer "*": want an IPv4 or IPv6 CIDR`, true},
	{within("0.0.0.0/0", "sg-0123*"), `line 2: /allow/0/rules/0/from/0: peer "sg-0123*": want sg- followed by`, true},
	{within("[0.0.0.0/0]", "{}"), "line 2: /allow/0/rules/0/from: found an object: want a list of peers", true},
	{"allow: [" + web + "]\ndeny: [" + web + "]",
		`line 2: /deny/0/id: found "web", which line 1 has too: want each id once`, false},
	{"allow: [" + web + ", " + web + "]", `line 1: /allow/1/id: found "web", which line 1 has too`, false},
	{"admins: [{id: a}]", "line 1: /admins/0/accounts: absent: want the accounts, or the publishers, " +
		"that may add to and end", true},
	{"require: [{id: a}]", "line 1: /require/0/fields: absent: want the fields that a request must have, of expiresAt",
		true},
	{"require: [{id: a, fields: [why]}]", `line 1: /require/0/fields/0: found "why": want one of expiresAt, requester`,
		true},
	{"publishers: [{sources: [a]}]", "line 1: /publishers/0/name: absent: want a text", true},
	{"publishers: [{name: a/b}]", `line 1: /publishers/0/name: found "a/b": want letters, digits and ._-`, true},
	{"publishers: [{name: a, roles: [x]}]", `line 1: /publishers/0/roles/0: found "x": want the ARN of a role`, true},
	{"publishers: [{name: a}, {name: b}]", "line 1: /publishers/1: an event may belong to publisher a and to b", false},
	{"reach: [{accounts: ['*'], groups: [x]}]",
		`line 1: /reach/0/groups/0: found "x": want an account id of 12 digits, or *`, true},
	{"reach: [{accounts: ['*']}]", "line 1: /reach/0/groups: absent: want the accounts that own the groups", true},
	{"admins: {}", "line 1: /admins: found a mapping: want a list of entries", true},
	{"deny: {}", "line 1: /deny: found a mapping: want a list of entries", true},
	{"limits: 7",
		`line 1: /limits: found "7": want a mapping with rules, claims, publisherRules, publisherClaims, expiry, worldExpires`, true},
	{"limits: {rules: 0}", `line 1: /limits/rules: found "0": want a whole number from 1 to 1000`, true},
	{"limits: {rules: '7'}", `line 1: /limits/rules: found "7": want a whole number from 1 to 1000`, true},
	{"limits: {claims: [7]}", "line 1: /limits/claims: found a list: want a whole number from 1 to 100000", true},
	{"limits: {expiry: 7}", `line 1: /limits/expiry: found "7": want a text; put it in quotes`, true},
	{"limits: {expiry: 7w}", `line 1: /limits/expiry: found "7w": want days, hours or minutes, such as 7d, 12h or 90m`,
		true},
	{"limits: {expiry: 4000d}", `line 1: /limits/expiry: found "4000d": want days, hours or minutes`, false},
	{"limits: {expiry: 999999d}", `line 1: /limits/expiry: found "999999d": want days, hours or minutes`, false},
	{"limits: {worldExpires: always}", `line 1: /limits/worldExpires: found "always": want true or false`, true},
}

func TestBadFiles(t *testing.T) {
	s := compiled(t)
	if err := validate(t, s, []byte(within("", ""))); err != nil {
		t.Fatal(err)
	}
	for _, test := range badFiles {
		g, err := Read([]byte(test.file))
		if g != nil || err == nil || !strings.Contains(err.Error(), "guardrails: "+test.problem) {
			t.Errorf("%s\n%v, want %s", test.file, err, test.problem)
		}
		if err := validate(t, s, []byte(test.file)); (err != nil) != test.schema {
			t.Errorf("%s\nthe schema says %v, want an error: %v", test.file, err, test.schema)
		}
	}
}

// TestUnreadableFiles: the reader refuses files that no schema can judge.
func TestUnreadableFiles(t *testing.T) {
	for _, test := range []struct{ name, file, problem string }{
		{"empty", "", "line 1: an empty file: want a mapping"},
		{"only a comment", "# nothing\n", "line 1: an empty file"},
		{"not YAML", "allow: [", "not YAML"},
		{"a tab", "allow:\n\t- id: x", "not YAML"},
		{"not UTF-8", "allow: \xff", "not YAML"},
		{"two documents", "allow: []\n---\nallow: []", "found a second document"},
		{"a repeated key", "allow: []\nallow: []", `line 2: /allow: the key "allow" is repeated: want it once`},
		{"a repeated key of a rule", within("ports: 80", "ports: 80, ports: 81"),
			`line 2: /allow/0/rules/0/ports: the key "ports" is repeated`},
		{"a repeated tag", within(", rules", ", tags: {a: b, a: c}, rules"),
			`line 2: /allow/0/tags/a: the key "a" is repeated`},
		{"an anchor", "allow: &a []\ndeny: *a", "line 1: anchors and aliases are not read: write it out"},
		{"a merge", "allow: []\n<<: {deny: []}", `line 2: /<<: unknown key "<<"`},
		{"a tag", "allow: !!seq []", `line 1: the tag "!!seq" is not read: leave it out`},
		{"a tag of its own", "allow: !x []", `the tag "!x" is not read`},
		{"a key that is no text", "? [a]\n: b", "line 1: found a key that is not a text"},
		{"deep", strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "nested deeper than 12 levels"},
		{"deeper than the parser goes", strings.Repeat("[", 1<<20), "not YAML"},
		{"large", strings.Repeat(" ", maxBytes+1), "4194305 bytes: want at most 4194304"},
		{"a bomb", bomb(), "line 1: anchors and aliases are not read"},
		{"a hostile key", "\"\\e[31m\\n\": 1", `unknown key "\x1b[31m\n"`},
		{"a long key", strings.Repeat("k", 900) + ": 1", "..."},
	} {
		_, err := Read([]byte(test.file))
		if err == nil || !strings.Contains(err.Error(), test.problem) || len(err.Error()) > 1000 {
			t.Errorf("%s: %.1000v, want %s", test.name, err, test.problem)
		}
	}
}

// bomb is a few lines that YAML aliases expand to a billion texts.
func bomb() string {
	file := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c <= 'i'; c++ {
		file += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat("*"+string(c-1)+", ", 10), ", "))
	}
	return file
}

// TestAllFaultsTogether: the error lists every fault of a file at once, up to a bound.
func TestAllFaultsTogether(t *testing.T) {
	_, err := Read([]byte("alow: []\nlimits: {rules: none}\ndeny:\n- {id: x, rules: [{ports: 99999, from: " +
		"[nobody]}]}\n- {id: x, rules: all}\n"))
	for _, want := range []string{"line 1: /alow", "line 2: /limits/rules", "line 4: /deny/0/rules/0/ports",
		"line 4: /deny/0/rules/0/from/0", "line 5: /deny/1/id"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
	_, err = Read([]byte("deny:\n" + strings.Repeat("- {}\n", 200)))
	if err == nil || strings.Count(err.Error(), "\n") != 100 ||
		!strings.Contains(err.Error(), "300 more faults are not listed") {
		t.Errorf("%v", err)
	}
}

// manyEntries is a file of n allow entries, each for a launch and a port.
func manyEntries(n int) []byte {
	var file bytes.Buffer
	file.WriteString("allow:\n")
	for i := range n {
		fmt.Fprintf(&file, "- {id: e%d, launches: [\"team-%d-*\"], rules: [{ports: %d, from: [10.%d.%d.0/24, "+
			"sg-0aaaaaaaaaaaaaaaa]}]}\n", i, i%100, 1024+i%50000, i/256%256, i%256)
	}
	return file.Bytes()
}

// TestManyEntries: a file of many entries is read whole.
func TestManyEntries(t *testing.T) {
	n := read(t, string(manyEntries(10_000))).Entries()
	if want := (guard.Entries{Allow: 10_000, Builtin: true}); n != want {
		t.Errorf("the file has %+v, want %+v", n, want)
	}
}

func BenchmarkRead(b *testing.B) {
	file := manyEntries(10_000)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := Read(file); err != nil {
			b.Fatal(err)
		}
	}
}

// example is a guardrails file with every key.
//
//go:embed examples/guardrails.yaml
var example []byte

func FuzzRead(f *testing.F) {
	for _, test := range badFiles {
		f.Add([]byte(test.file))
	}
	f.Add(example)
	f.Add([]byte(bomb()))
	const account = "111122223333"
	request := guard.Candidate{
		Launch:   claim.Launch{Account: account, Name: "a"},
		Group:    guard.Group{Account: account, ID: "sg-0123456789abcdef0"},
		Received: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC),
	}
	for _, rule := range []string{
		"tcp 22 from 0.0.0.0/0", "all from sg-0aaaaaaaaaaaaaaaa", "icmp 3 to ::/0", "tcp 1 from pl-0bbbbbbbbbbbbbbbb",
	} {
		request.Rules = append(request.Rules, secgroup.Entry{Rule: secgroup.MustParseRule(rule)})
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		g, err := Read(file)
		switch {
		case (g == nil) != (err != nil):
			t.Fatalf("%v, %v", g, err)
		case err == nil:
			g.Check(request)
			g.Means(guard.Event{
				Launch: claim.Launch{Account: account, Name: "999988887777/a"}, Origin: claim.Origin{Account: account},
			}, account)
		case strings.ContainsAny(err.Error(), "\x1b\x00\r"):
			t.Fatalf("%q", err)
		}
	})
}
