package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// schemaFile returns a schema of testdata/schema. The README there names its origin.
func schemaFile(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile("testdata/schema/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return schemaOf(t, text)
}

// valid checks documents against a schema, and returns them.
func valid(t *testing.T, schema *jsonschema.Schema, documents []json.RawMessage) (all []map[string]any) {
	t.Helper()
	for i, text := range documents {
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document); err != nil {
			t.Errorf("finding %d: %v\n%s", i, err, text)
		}
		all = append(all, document.(map[string]any))
	}
	return all
}

func asffFindings(t *testing.T, r *drift.Report) (all []json.RawMessage) {
	t.Helper()
	for line := range strings.Lines(rendered(t, ASFF, r)) {
		var batch struct{ Findings []json.RawMessage }
		if err := json.Unmarshal([]byte(line), &batch); err != nil {
			t.Fatal(err)
		}
		if n := len(batch.Findings); n == 0 || n > 100 || len(line) > 240_000 {
			t.Errorf("a batch of %d findings, %d bytes: want 1 to 100, at most 240,000", n, len(line))
		}
		all = append(all, batch.Findings...)
	}
	return all
}

func TestASFF(t *testing.T) {
	r := whole()
	r.Installation = "" // as it may be offline
	schema := schemaFile(t, "asff.json")
	ids := make(map[string]string)
	states := make(map[any]int)
	for _, f := range valid(t, schema, asffFindings(t, r)) {
		ids[f["Id"].(string)] = f["Title"].(string)
		states[f["RecordState"]]++
	}
	if len(ids) != len(r.Drifts)+len(r.Closed) || states["ACTIVE"] != len(r.Drifts) ||
		states["ARCHIVED"] != len(r.Closed) || len(r.Closed) == 0 {
		t.Errorf("%d ids, states %v: want one for each of %d drifts, and for each of %d that are closed, archived",
			len(ids), states, len(r.Drifts), len(r.Closed))
	}
	// The next audit finds the same drifts with the same ids.
	for _, f := range valid(t, schema, asffFindings(t, audited(now.Add(time.Hour), r, stories()...))) {
		if ids[f["Id"].(string)] != f["Title"] || f["RecordState"] != "ACTIVE" {
			t.Errorf("the next audit has %s %q, %s", f["Id"], f["Title"], f["RecordState"])
		}
	}
	if out := rendered(t, ASFF, audited(now, nil)); out != "" {
		t.Errorf("an empty report is %q", out)
	}
}

// TestASFFBatches splits many long findings of several accounts into batches.
func TestASFFBatches(t *testing.T) {
	r := audited(now, nil, stories()...)
	drift := r.Drifts[0]
	r.Drifts = nil
	for i := range 450 {
		d := drift
		d.ID, d.Group.Account = fmt.Sprintf("%032x", i), fmt.Sprintf("%012d", 1+i%2)
		d.Detail, d.Remedy, d.Subject = strings.Repeat("Ä ", 5000), strings.Repeat("m", 5000), strings.Repeat("<", 5000)
		d.Changed.Actor, d.Requests = strings.Repeat(`"`, 5000), manyRequests(500)
		r.Drifts = append(r.Drifts, d)
	}
	if n := len(valid(t, schemaFile(t, "asff.json"), asffFindings(t, r))); n != 450 {
		t.Errorf("%d findings, want 450", n)
	}
	for _, b := range Batches(r) {
		for _, f := range b.Findings {
			if f.AwsAccountID != b.Account || f.Region != b.Region {
				t.Errorf("a finding of %s %s is in the batch of %s %s", f.AwsAccountID, f.Region, b.Account, b.Region)
			}
		}
	}
}

func manyRequests(n int) (all []drift.Request) {
	for i := range n {
		a := drift.Request{Since: now, Status: "open"}
		a.Launch.Name = fmt.Sprint("launch-", i)
		all = append(all, a)
	}
	return all
}

func TestOCSF(t *testing.T) {
	r := whole()
	var list []json.RawMessage
	if err := json.Unmarshal([]byte(rendered(t, OCSF, r)), &list); err != nil {
		t.Fatal(err)
	}
	types := make(map[string]int)
	for _, f := range valid(t, schemaFile(t, "ocsf.json"), list) {
		types[fmt.Sprint(f["type_uid"], " ", f["status"])]++
	}
	if types["200301 New"] != len(r.Drifts)-2 || types["200302 New"] != 2 || types["200303 Resolved"] != len(r.Closed) {
		t.Errorf("%v of %d drifts, two of which are known, and %d that are closed", types, len(r.Drifts), len(r.Closed))
	}
	if out := rendered(t, OCSF, audited(now, nil)); out != "[]\n" {
		t.Errorf("an empty report is %q", out)
	}
}

// TestSchemasRefuse checks that the schemas reject wrong findings.
func TestSchemasRefuse(t *testing.T) {
	for _, test := range []struct{ schema, old, new string }{
		{"asff.json", `"SchemaVersion":"2018-10-08"`, `"SchemaVersion":"2019-10-08"`},
		{"asff.json", `"Label":"CRITICAL"`, `"Label":"critical"`},
		{"asff.json", `"GroupId"`, `"GroupID"`},
		{"asff.json", `"Title":"`, `"Title":"` + strings.Repeat("x", 257)},
		{"ocsf.json", `"severity_id": 5`, `"severity_id": 7`},
		{"ocsf.json", `"uid"`, `"uuid"`},
		{"ocsf.json", `"class_uid": 2003`, `"class_uid": 2004`},
	} {
		finding := string(asffFindings(t, whole())[0])
		if test.schema == "ocsf.json" {
			var list []json.RawMessage
			if err := json.Unmarshal([]byte(rendered(t, OCSF, whole())), &list); err != nil {
				t.Fatal(err)
			}
			finding = string(list[0])
		}
		bad := strings.Replace(finding, test.old, test.new, 1)
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		if err != nil || bad == finding {
			t.Fatalf("%s: %v", test.new, err)
		}
		if schemaFile(t, test.schema).Validate(document) == nil {
			t.Errorf("%s takes %s", test.schema, test.new)
		}
	}
}

// TestFindingsNeedAPlace: a finding without an account or Region is refused.
func TestFindingsNeedAPlace(t *testing.T) {
	r := audited(now, nil, stories()...)
	r.Drifts[3].Group.Region = ""
	for _, f := range []Format{ASFF, OCSF} {
		if err := Write(&strings.Builder{}, f, r); !errors.Is(err, ErrNoPlace) ||
			!strings.Contains(err.Error(), r.Drifts[3].Group.ID) {
			t.Errorf("%s: %v, want an error that names the group", f, err)
		}
	}
}
