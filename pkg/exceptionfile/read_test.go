package exceptionfile

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/sgkeeper/sgkeeper/events"
)

// compiled returns a schema that may refer to the schema of a rule.
func compiled(t *testing.T, schema []byte) *jsonschema.Schema {
	t.Helper()
	rule, err := fs.ReadFile(events.Schemas(), "rule.json")
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	for id, text := range map[string][]byte{events.SchemaBase + "rule.json": rule, "schema.json": schema} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(id, doc); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const sound = `{id: x, owner: net, reason: why, permanent: true, rules: [{ports: 80, from: [10.0.0.0/8]}]}`

var exceptionFiles = []struct {
	file    string
	problem string // "" if the file is accepted
}{
	{`exceptions: [` + sound + `]`, ""},
	{`exceptions: []`, ""},
	{`exceptions: [` + sound + `, ` + sound + `]`, `line 1: /exceptions/1/id: found "x", which line 1 has too`},
	{`exception: []`, `the nearest known is "exceptions"`},
	{`[]`, "want a mapping"},
	{"exceptions:\n- " + strings.Replace(sound, "owner", "onwer", 1),
		`line 2: /exceptions/0/onwer: unknown key "onwer": the nearest known is "owner"`},
	{"exceptions:\n- " + strings.Replace(sound, "owner: net", "owner: net, owner: b", 1),
		"line 2: /exceptions/0/owner: the key \"owner\" is repeated"},
	{`exceptions: [` + strings.Replace(sound, "permanent: true, ", "", 1) + `]`, "want either expires"},
	{`exceptions: [` + strings.Replace(sound, "permanent: true", "permanent: true, expires: 2026-12-31", 1) + `]`,
		"want either expires"},
	{`exceptions: [` + strings.Replace(sound, "permanent: true", "permanent: false", 1) + `]`,
		`/exceptions/0/permanent: want true, or expires`},
	{`exceptions: [` + strings.Replace(sound, "permanent: true", "expires: 2026-12-31", 1) + `]`, ""},
	{`exceptions: [` + strings.Replace(sound, "permanent: true", "expires: soon", 1) + `]`, "want a date such as"},
	{`exceptions: [` + strings.Replace(sound, "owner: net", "owner: 7", 1) + `]`, "put it in quotes"},
	{"exceptions:\n- " + strings.Replace(sound, "10.0.0.0/8", "\n  10.0.0.0/99", 1),
		"line 3: /exceptions/0/rules/0/from/0: peer"},
	{`exceptions: [` + strings.Replace(sound, "ports", "prots", 1) + `]`, `the nearest known is "ports"`},
	{`exceptions: [` + strings.Replace(sound, "[10.0.0.0/8]", "&a [10.0.0.0/8]", 1) + `]`, "anchors"},
}

func TestRead(t *testing.T) {
	schema := compiled(t, Schema)
	for _, test := range exceptionFiles {
		_, err := Read([]byte(test.file))
		if (err == nil) != (test.problem == "") || err != nil && !strings.Contains(err.Error(), test.problem) {
			t.Errorf("%s\n%v, want %q", test.file, err, test.problem)
		}
		if err == nil {
			validate(t, schema, test.file)
		}
	}
	if _, err := Read(make([]byte, MaxBytes+1)); err == nil {
		t.Error("a file that is too large was read")
	}
}

func validate(t *testing.T, schema *jsonschema.Schema, file string) {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(file), &v); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	b = bytes.ReplaceAll(b, []byte("T00:00:00Z"), nil) // yaml reads a date as a time
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(doc); err != nil {
		t.Errorf("%s\nthe schema says: %v", file, err)
	}
}

// TestDocumentation reads the example in the documentation.
func TestDocumentation(t *testing.T) {
	doc, err := os.ReadFile("../../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(doc), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	all, err := Read([]byte(example))
	if !found || err != nil || len(all) != 2 || len(all[0].Rules) != 2 || !all[1].Expires.IsZero() {
		t.Errorf("read %+v, %v", all, err)
	}
	validate(t, compiled(t, Schema), example)
}

func FuzzRead(f *testing.F) {
	for _, test := range exceptionFiles {
		f.Add([]byte(test.file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		all, err := Read(file)
		for _, x := range all {
			if x.ID == "" || x.Owner == "" || x.Reason == "" || len(x.Rules) == 0 {
				t.Fatalf("read %+v, %v", x, err)
			}
		}
	})
}
