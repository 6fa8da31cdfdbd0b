package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

var update = flag.Bool("update", false, "rewrite the faults beside the examples")

// judgedByDecoderAlone matches problems that no schema can state, each with the reason. The
// schemas list them too.
var judgedByDecoderAlone = regexp.MustCompile(strings.Join([]string{
	`is repeated`,                                    // JSON parsers drop repeats before a schema sees them
	`the range runs backwards`,                       // comparing two numbers within a text
	`a /0 with host bits`,                            // host bits of an IPv6 address
	`an IPv4-mapped IPv6 address`,                    // the spelling of IPv6 addresses
	`^peer "[0-9A-Fa-f.]*:[0-9A-Fa-f:./]*": `,        // likewise
	`port ranges x peers`,                            // a product
	`^found "\d{4}-\d\d-\d\dT.*[Z0-9]": want a time`, // days of a month, leap years, the year in UTC
	`^found the number -?[0-9.]+[eE]`,                // 8e3 is an integer to a schema
}, "|"))

// decoderAlone reports whether no schema can find any of the faults.
func decoderAlone(faults claim.Faults) bool {
	for _, f := range faults {
		if !judgedByDecoderAlone.MatchString(f.Problem) {
			return false
		}
	}
	return true
}

// schemas compiles all schemas, by file name.
func schemas(t testing.TB) map[string]*jsonschema.Schema {
	t.Helper()
	files, err := fs.Glob(Schemas(), "*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("schemas: %v, %v", files, err)
	}
	c := jsonschema.NewCompiler()
	for _, f := range files {
		doc := document(t, Schemas(), f).(map[string]any)
		if doc["$id"] != SchemaBase+f || doc["$schema"] != "https://json-schema.org/draft/2020-12/schema" {
			t.Errorf("%s: $id %v, $schema %v", f, doc["$id"], doc["$schema"])
		}
		if err := c.AddResource(SchemaBase+f, doc); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
	}
	compiled := map[string]*jsonschema.Schema{}
	for _, f := range files {
		if compiled[f], err = c.Compile(SchemaBase + f); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
	}
	return compiled
}

func document(t testing.TB, files fs.FS, name string) any {
	t.Helper()
	b, err := fs.ReadFile(files, name)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return doc
}

// asPayload returns a payload with an example, by the example's schema.
var asPayload = map[string]func(string) string{
	"launch-requested": func(s string) string { return envelopeOf(LaunchRequested, s) },
	"launch-ended":     func(s string) string { return envelopeOf(LaunchEnded, s) },
	"event":            func(s string) string { return s },
	"direct":           func(s string) string { return s },
	"wait":             func(s string) string { return s },
	"stack-request":    func(s string) string { return s },

	"instance-state-change": instanceEvent,
}

func TestExamplesIn(t *testing.T) {
	compiled := schemas(t)
	for folder, payload := range asPayload {
		files, _ := fs.Glob(Examples(), folder+"/*.json")
		if len(files) == 0 {
			t.Errorf("%s has no examples", folder)
		}
		for _, f := range files {
			b, _ := fs.ReadFile(Examples(), f)
			var faults claim.Faults
			switch folder {
			case "direct", "wait": // no queue may bring a wait
				faults = decodeDirect(t, b)
			case "stack-request":
				faults = decodeStackRequest(b)
			default:
				faults = decodeRecord(t, payload(string(b)))
			}
			checkBeside(t, f, faults)
			invalid := compiled[folder+".json"].Validate(document(t, Examples(), f))
			judgeAlike(t, f, invalid, faults)
		}
	}
}

// decodeRecord returns the decoder's faults for an event in EventBridge's queue.
func decodeRecord(t testing.TB, body string) claim.Faults {
	t.Helper()
	return decodeOne(t, own, batchOf(recordOf("m1", eventQueue, body))).Faults
}

// decodeDirect returns the decoder's faults for the payload of a direct invocation.
func decodeDirect(t testing.TB, payload []byte) claim.Faults {
	t.Helper()
	batch, err := own.Decode(payload)
	if faults, ok := errors.AsType[claim.Faults](err); ok {
		return faults
	}
	if err != nil || len(batch.Messages) != 1 {
		t.Fatalf("Decode(%s) = %+v, %v; want one message", payload, batch, err)
	}
	return batch.Messages[0].Faults
}

// decodeStackRequest returns the decoder's faults for a request of CloudFormation.
func decodeStackRequest(payload []byte) claim.Faults {
	r, err := own.DecodeStackRequest(payload)
	if faults, ok := errors.AsType[claim.Faults](err); ok {
		return faults
	}
	return r.Faults
}

// checkBeside compares faults with those in the file beside an example.
func checkBeside(t *testing.T, example string, got claim.Faults) {
	t.Helper()
	beside := strings.TrimSuffix(example, ".json") + ".faults"
	if *update && got != nil {
		writeExample(t, beside, indented(t, got))
		return
	}
	var want claim.Faults
	if b, err := fs.ReadFile(Examples(), beside); err == nil {
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatalf("%s: %v", beside, err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: faults differ (-want +got):\n%s", example, diff)
	}
}

// TestTablesAgainstSchema: schema and decoder agree on every row of the tables.
func TestTablesAgainstSchema(t *testing.T) {
	compiled := schemas(t)["launch-requested.json"]
	var details []string
	for _, a := range accepted {
		details = append(details, ruled(a.rules))
	}
	for _, table := range [][]refusal{launchRefusals, groupRefusals, ruleRefusals, protocolRefusals, portsRefusals,
		icmpRefusals, peersRefusals} {
		for _, r := range table {
			details = append(details, r.detail)
		}
	}
	for _, d := range details {
		judgeDetail(t, compiled, d)
	}
}

// judgeDetail compares schema and decoder on a detail of Launch Requested.
func judgeDetail(t failing, schema *jsonschema.Schema, detail string) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(detail))
	if err != nil {
		t.Fatalf("%s: %v", detail, err)
	}
	b, err := own.Decode([]byte(envelopeOf(LaunchRequested, detail)))
	if err != nil {
		t.Fatalf("%s: %v", detail, err)
	}
	judgeAlike(t, detail, schema.Validate(doc), b.Messages[0].Faults)
}

// judgeAlike compares the verdicts of schema and decoder. They must agree, except for faults
// that no schema can find.
func judgeAlike(t failing, what string, invalid error, faults claim.Faults) {
	t.Helper()
	switch {
	case invalid != nil && faults == nil:
		t.Errorf("%s: accepted, but the schema says %v", what, invalid)
	case invalid == nil && !decoderAlone(faults):
		t.Errorf("%s: the schema accepts, but the decoder says %v", what, faults)
	}
}

// failing is the common part of [testing.T] and [rapid.T].
type failing interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}
