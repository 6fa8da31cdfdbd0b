package events

import (
	"encoding/json"
	"os"
	"path"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// asyncAPI holds the parts of the document that describe events.
type asyncAPI struct {
	AsyncAPI   string
	Channels   map[string]struct{ Messages map[string]reference }
	Operations map[string]struct {
		Action  string
		Channel reference
	}
	Components struct{ Messages map[string]asyncMessage }
}

type reference struct {
	Ref string `yaml:"$ref"`
}

type asyncMessage struct {
	Name    string
	Payload struct {
		SchemaFormat string `yaml:"schemaFormat"`
		Schema       reference
	}
	Examples []struct {
		Name    string
		Payload any
	}
}

func readAsyncAPI(t *testing.T) (d asyncAPI) {
	t.Helper()
	data, err := os.ReadFile("asyncapi.yaml")
	if err == nil {
		err = yaml.Unmarshal(data, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestAsyncAPI compares the document with the schemas: every event exists, in its direction,
// with valid examples.
func TestAsyncAPI(t *testing.T) {
	d, compiled := readAsyncAPI(t), schemas(t)
	documented := map[string]string{} // schema by detail-type
	for key, m := range d.Components.Messages {
		file := path.Base(m.Payload.Schema.Ref)
		schema := compiled[file]
		if schema == nil || m.Payload.Schema.Ref != "./schema/"+file {
			t.Errorf("%s: schema %q: want one of ./schema/", key, m.Payload.Schema.Ref)
			continue
		}
		documented[m.Name] = file
		for _, e := range m.Examples {
			b, err := json.Marshal(e.Payload)
			if err != nil {
				t.Fatal(err)
			}
			judgeExample(t, key+"/"+e.Name, m.Name, string(b))
			var doc any
			if err := json.Unmarshal(b, &doc); err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(doc); err != nil {
				t.Errorf("%s/%s: %v", key, e.Name, err)
			}
		}
	}
	for detailType, file := range map[string]string{
		LaunchRequested: "launch-requested.json", LaunchEnded: "launch-ended.json",
		InstanceChanged: "instance-state-change.json",
		EnsuredType:     "ports-ensured.json", ReleasedType: "ports-released.json",
		RejectedType:      "launch-rejected.json",
		DriftDetectedType: "drift-detected.json", AuditCompletedType: "audit-completed.json",
	} {
		if documented[detailType] != file {
			t.Errorf("%s is documented by %q, want %s", detailType, documented[detailType], file)
		}
		delete(documented, detailType)
	}
	if len(documented) > 0 {
		t.Errorf("%v is documented and no event of sgkeeper's", documented)
	}
}

// judgeExample decodes an example of an event that sgkeeper reads.
func judgeExample(t *testing.T, what, detailType, detail string) {
	t.Helper()
	payload := envelopeOf(detailType, detail)
	switch detailType {
	case InstanceChanged:
		payload = instanceEvent(detail)
	case LaunchRequested, LaunchEnded:
	default:
		return
	}
	if m := decodeOne(t, own, payload); m.Faults != nil {
		t.Errorf("%s: %v", what, m.Faults)
	}
}

// TestAsyncAPIReferences: every message is on a channel, every channel has one operation, and
// every reference leads somewhere.
func TestAsyncAPIReferences(t *testing.T) {
	d := readAsyncAPI(t)
	if d.AsyncAPI != "3.0.0" {
		t.Errorf("asyncapi %q", d.AsyncAPI)
	}
	carried := map[string]bool{}
	for name, c := range d.Channels {
		for key, m := range c.Messages {
			target := strings.TrimPrefix(m.Ref, "#/components/messages/")
			if _, there := d.Components.Messages[target]; !there || target != key {
				t.Errorf("channel %s: message %s is %q", name, key, m.Ref)
			}
			carried[key] = true
		}
	}
	for key := range d.Components.Messages {
		if !carried[key] {
			t.Errorf("%s is on no channel", key)
		}
	}
	operated := map[string]bool{}
	for name, o := range d.Operations {
		target := strings.TrimPrefix(o.Channel.Ref, "#/channels/")
		if _, there := d.Channels[target]; !there || o.Action != "send" && o.Action != "receive" {
			t.Errorf("operation %s: %s on %q", name, o.Action, o.Channel.Ref)
		}
		operated[target] = true
	}
	if len(operated) != len(d.Channels) {
		t.Errorf("operations on %v, of %d channels", operated, len(d.Channels))
	}
}
