package events

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

var (
	group   = Group{ID: groupID, Account: ownAccount, Region: ownRegion}
	opened  = entry("tcp 8000 from 0.0.0.0/0", "sgr-0aaaaaaaaaaaaaaaa", "vLLM")
	wider   = entry("tcp 8002-8010 from 0.0.0.0/0", "sgr-0bbbbbbbbbbbbbbbb", "")
	peering = entry("udp 53 from 999988887777/sg-0cccccccccccccccc", "sgr-0cccccccccccccccc", "")
	wanted  = entry("tcp 8002-8004 from 0.0.0.0/0", "", "vLLM")
	covered = []secgroup.CoveredEntry{{Rule: wanted, By: []secgroup.Entry{wider}}}
	reasons = []claim.Fault{{Field: "/rules/0/from/0", Problem: `peer "10.0.0.0/40": prefix length "40": want 0 to 32`}}
)

var (
	noon      = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	completed = AuditCompleted{
		Audit: "20261124T105500Z-1a2b3c4d", Installation: "111122223333/us-east-1/sgkeeper", Started: noon,
		Finished: noon.Add(time.Minute), All: true, Groups: 12,
		Drifts: map[string]int{"critical": 1, "high": 0, "medium": 0, "low": 0, "informational": 0}, Detected: 1,
		Closed: []string{"0123456789abcdef0123456789abcdef"}, Excepted: 3,
		Report: "s3://reports/sgkeeper/reports/20261124T105500Z-1a2b3c4d.json",
	}
	unexpected = DriftDetected{
		Drift: "fedcba9876543210fedcba9876543210", Kind: "world-open-sensitive", Severity: "critical", Group: group,
		Rule: &opened,
		Gap:  []secgroup.Entry{opened}, Launches: []DriftLaunch{{Launch: "llama4-7f3a", Account: ownAccount,
			Since: noon, Status: "open"}},
		Detail: "It opens ports that attackers look for to 0.0.0.0/0.", Remedy: "remove the rule", Since: noon,
		Changed: &ChangedBy{"a3c1efab-1658-43ea-af24-7fbdf4363ef2", "AuthorizeSecurityGroupIngress",
			"arn:aws:iam::111122223333:user/eve", noon},
		Audit: "20261124T105500Z-1a2b3c4d",
	}
)

func entry(rule, id, description string) secgroup.Entry {
	return secgroup.Entry{Rule: secgroup.MustParseRule(rule), ID: id, Description: description}
}

// published are the examples of published events, each with its schema.
var published = map[string]any{
	"ports-ensured/authorized.json": PortsEnsured{
		Group: group, Launches: []string{"llama4-7f3a", "jupyter"}, Authorized: []secgroup.Entry{opened},
		Covered: covered, Ticket: 7,
	},
	"ports-ensured/nothing-to-do.json": PortsEnsured{Group: group, Launches: []string{"jupyter"}, Ticket: 8},
	"ports-released/revoked.json": PortsReleased{Group: group, Launches: []string{"llama4-7f3a"},
		Revoked: []secgroup.Entry{opened, peering}, Ticket: 9},
	"launch-rejected/field.json": LaunchRejected{Launch: "llama4-7f3a", Group: group, Reasons: reasons},
	"launch-rejected/no-json.json": LaunchRejected{Group: Group{Account: ownAccount, Region: ownRegion},
		Reasons: eventFault("the message cannot be read as JSON: %v", errCut)},
	"result/nothing.json":     Result{},
	"result/each-status.json": Result{Outcomes: outcomes},
	"published-event/ports-ensured.json": eventOut(PortsEnsured{Group: group, Launches: []string{"jupyter"},
		Ticket: 8}),
	"drift-detected/unexpected.json": unexpected,
	"drift-detected/unknown.json": DriftDetected{
		Drift: "0123456789abcdef0123456789abcdef", Kind: "unknown", Severity: "high",
		Group: Group{Account: ownAccount, Region: ownRegion}, Subject: "exceptions",
		Detail: "exceptions could not be read.", Remedy: "mend the cause and audit again", Since: noon,
		Audit: "20261124T105500Z-1a2b3c4d",
	},
	"drift-closed/rule.json": DriftClosed{
		Drift: unexpected.Drift, Kind: unexpected.Kind, Severity: unexpected.Severity, Group: group, Rule: &opened,
		Since: noon, Audit: "20261124T115500Z-5e6f7a8b",
	},
	"chat/hostile.json": DriftDetected{
		Drift: "0123456789abcdef0123456789abcdef", Kind: "unexpected", Severity: "medium", Group: group,
		Rule:   &secgroup.Entry{Rule: opened.Rule, Description: hostile},
		Detail: hostile, Remedy: hostile + strings.Repeat("é", 400), Since: noon,
		Launches: []DriftLaunch{{Launch: hostile}, {Launch: "b"}, {Launch: "c"}, {Launch: "d"}, {Launch: "e"},
			{Launch: "f"}, {Launch: "g"}},
		Changed: &ChangedBy{Actor: hostile, Name: hostile, At: noon},
		Audit:   "20261124T105500Z-1a2b3c4d",
	}.Chat(),
	"chat/refused.json": LaunchRejected{Launch: "llama4-7f3a", Group: group,
		Reasons: slices.Repeat(reasons, 7)}.Chat(),
	"audit-result/nothing.json": AuditResult{},
	"audit-result/one.json": AuditResult{Audits: []AuditCompleted{completed},
		Left: []string{"20261124T115500Z-5e6f7a8b"}, Ignored: 2, Reasons: reasons},
	"audit-completed/all.json":            completed,
	"published-event/drift-detected.json": eventOut(unexpected),
}

// hostile leaves blocks of code, mentions everybody, links and formats, if a message lets it.
const hostile = "```\n<!channel> @everyone [pay](https://example.com) **b** &lt;!here&gt; \x1b[2J\u202egnp"

var outcomes = []Outcome{
	{Launch: "a", Group: group, Status: Ensured, Authorized: []secgroup.Entry{opened}, Covered: covered, Ticket: 7,
		Reasons: []claim.Fault{{Field: "/rules/0/from/0", Problem: "18.178.71.86/20 was read as 18.178.64.0/20"}}},
	{Launch: "b", Group: group, Status: Queued, Ticket: 8},
	{Launch: "c", Group: group, Status: Released, Revoked: []secgroup.Entry{opened}, Ticket: 9},
	{Launch: "d", Group: group, Status: Rejected, Reasons: reasons},
	{Launch: "e", Group: group, Status: Observed, Authorized: []secgroup.Entry{wanted}, Ticket: 10},
}

// eventOut returns an event as EventBridge delivers it.
func eventOut(detail Out) any {
	return map[string]any{
		"version": "0", "id": "7bf73129-1428-4cd3-a780-95db273d1602", "source": Source, "account": ownAccount,
		"region": ownRegion,
		"time":   "2026-11-23T00:00:00Z", "resources": []string{}, "detail-type": detail.DetailType(), "detail": detail,
	}
}

func TestPublished(t *testing.T) {
	compiled := schemas(t)
	for file, v := range published {
		got := indented(t, v)
		if *update {
			writeExample(t, file, got)
			continue
		}
		want, err := fs.ReadFile(Examples(), file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s differs (-want +got):\n%s", file, diff)
		}
		if bytes.Contains(got, []byte("null")) {
			t.Errorf("%s holds null:\n%s", file, got)
		}
		if err := compiled[path.Dir(file)+".json"].Validate(document(t, Examples(), file)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestEverySchemaHasAnExample: each schema has an example, except parts of another schema.
func TestEverySchemaHasAnExample(t *testing.T) {
	part := map[string]bool{"launch": true, "group": true, "rule": true, "security-group-rule": true, "covered": true,
		"reasons": true}
	for name := range schemas(t) {
		name = strings.TrimSuffix(name, ".json")
		if _, err := fs.Stat(Examples(), name); err != nil && !part[name] {
			t.Errorf("schema %s has no examples", name)
		}
	}
}

func TestResultReadsBack(t *testing.T) {
	b, err := json.Marshal(Result{outcomes})
	if err != nil {
		t.Fatal(err)
	}
	var again Result
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	if second, _ := json.Marshal(again); string(second) != string(b) {
		t.Errorf("read back as\n%s, want\n%s", second, b)
	}
}

func TestKind(t *testing.T) {
	for kind, want := range map[Kind]string{Direct: "direct", EventBridge: "eventbridge", SNS: "sns", SQS: "sqs",
		0: "unknown"} {
		if got := kind.String(); got != want {
			t.Errorf("Kind %d = %q, want %q", kind, got, want)
		}
	}
}

func indented(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func writeExample(t *testing.T, name string, b []byte) {
	t.Helper()
	file := path.Join("examples", name)
	if err := os.MkdirAll(path.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
}
