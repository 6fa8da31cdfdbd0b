package handler_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestMetrics: every invocation writes every metric, with zeros, in CloudWatch's embedded
// metric format. A cold start has a line of its own.
func TestMetrics(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("testdata/emf.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) { testMetrics(t, schema) })
}

func testMetrics(t *testing.T, schema *jsonschema.Schema) {
	r := newRig(t)
	// The claim of d fails, and so does its message.
	r.account.Inject(func(op fakeaws.Op) (bool, error) { return !strings.Contains(string(op.Body), "#d#"), nil })
	for i, want := range []map[string]float64{
		{"LaunchesEnsured": 2, "LaunchesRejected": 1, "RulesAuthorized": 1, "RulesCovered": 1},
		{"LaunchesEnsured": 1, "RulesCovered": 1},
		{"LaunchesRetried": 1},
		{},
	} {
		r.invoke([]string{
			batch(otherQueue, bare("a", 8000), bare("b", 8000), "{}"),
			bare("c", 8000),
			batch(otherQueue, bare("d", 8000)),
			batch(otherQueue),
		}[i])
		_, measured := r.lines()
		for _, line := range measured {
			if err := schema.Validate(line); err != nil {
				t.Errorf("%v: %v", line, err)
			}
		}
		if i == 0 {
			if len(measured) != 2 {
				t.Fatalf("%d lines of metrics, want the cold start's too", len(measured))
			}
			checkMetrics(t, measured[1], map[string]float64{"ColdStart": 1}, "ColdStart")
		} else if len(measured) != 1 {
			t.Fatalf("%d lines of metrics, want 1", len(measured))
		}
		checkMetrics(t, measured[0], want, "LaunchesEnsured", "LaunchesQueued", "LaunchesReleased", "LaunchesRejected",
			"LaunchesObserved",
			"LaunchesRetried", "RulesAuthorized", "RulesRevoked", "RulesCovered", "Contested",
			"HistoryLost", "GuardrailsRejected", "Duration")
	}
}

// checkMetrics compares a line's metrics, by default 0, and checks that the line has each
// member that it refers to.
func checkMetrics(t *testing.T, line map[string]any, want map[string]float64, names ...string) {
	t.Helper()
	var metadata struct {
		CloudWatchMetrics []struct {
			Namespace  string
			Dimensions [][]string
			Metrics    []struct{ Name, Unit string }
		}
	}
	text, err := json.Marshal(line["_aws"])
	if err == nil {
		err = json.Unmarshal(text, &metadata)
	}
	if err != nil || len(metadata.CloudWatchMetrics) != 1 {
		t.Fatalf("metadata %s, %v", text, err)
	}
	directive := metadata.CloudWatchMetrics[0]
	if directive.Namespace != "sgkeeper" || len(directive.Metrics) != len(names) {
		t.Errorf("%d metrics in %s, want %d in sgkeeper", len(directive.Metrics), directive.Namespace, len(names))
	}
	for i, m := range directive.Metrics {
		value, ok := line[m.Name].(float64)
		if !ok || m.Name != names[i] || m.Name != "Duration" && value != want[m.Name] {
			t.Errorf("%s is %v, want %s %v", m.Name, line[m.Name], names[i], want[names[i]])
		}
		if (m.Unit == "Milliseconds") != (m.Name == "Duration") {
			t.Errorf("%s is in %s", m.Name, m.Unit)
		}
	}
	for _, set := range directive.Dimensions {
		for _, dimension := range set {
			if value, ok := line[dimension].(string); !ok || value == "" {
				t.Errorf("the dimension %s is %v, want text", dimension, line[dimension])
			}
		}
	}
	if len(line) != len(names)+3 { // _aws and the dimensions; each further member costs money
		t.Errorf("members %v, want the metrics, _aws, Installation and Function", line)
	}
}

// TestObservedIsCounted: observed launches count apart from ensured ones.
func TestObservedIsCounted(t *testing.T) {
	r := newRig(t, func(c *handler.Config) { c.Mode = handler.Observe })
	r.invoke(bare("a", 8000))
	_, measured := r.lines()
	if measured[0]["LaunchesObserved"] != 1.0 || measured[0]["LaunchesEnsured"] != 0.0 ||
		measured[0]["RulesAuthorized"] != 0.0 {
		t.Errorf("metrics %v: want 1 observed, and no rule authorized: none was", measured[0])
	}
}

// TestContestedIsCounted removes a rule each time it is made, until the group holds it back.
func TestContestedIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		for removed := range 4 {
			r.invoke(bare("a", 8000))
			for range 6 {
				time.Sleep(time.Minute)
				r.invoke(`{"sgkeeper":"sweep"}`) // verifies the written rules
			}
			_, measured := r.lines()
			if got := contested(measured); (got > 0) != (removed == 3) {
				t.Errorf("contested %v after it was removed %d times, want it after the third", got, removed)
			}
			for _, rule := range r.account.Rules(group) {
				if rule.FromPort != 8000 {
					continue
				}
				if err := r.account.RemoveRule(rule.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func contested(measured []map[string]any) (sum float64) {
	for _, line := range measured {
		n, _ := line["Contested"].(float64)
		sum += n
	}
	return sum
}
