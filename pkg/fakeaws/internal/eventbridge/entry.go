package eventbridge

import (
	"encoding/json"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// Entry is one event of a PutEvents call.
type Entry struct {
	Source       string
	DetailType   string
	Detail       string   // a JSON object
	EventBusName string   // name or ARN; "" is the default bus
	Resources    []string // ARNs
	Time         *float64 // seconds since 1970; nil is now

	ID string `json:"-"` // the event's id, which PutEvents makes; "": Emit makes one
}

// size returns the size that counts against a request's limit [EventBridge's guide,
// "Calculating PutEvents event entry size"].
func (e Entry) size() int {
	n := len(e.Source) + len(e.DetailType) + len(e.Detail)
	if e.Time != nil {
		n += 14
	}
	for _, r := range e.Resources {
		n += len(r)
	}
	return n
}

func (e Entry) refuse() *api.Error {
	for _, p := range []struct{ name, value string }{
		{"Source", e.Source}, {"DetailType", e.DetailType}, {"Detail", e.Detail},
	} {
		if p.value == "" {
			return &api.Error{
				Code:    "InvalidArgument",
				Message: "Parameter " + p.name + " is not valid. Reason: " + p.name + " is a required argument.",
			}
		}
	}
	if strings.HasPrefix(e.Source, "aws.") {
		return &api.Error{Code: "NotAuthorizedForSourceException", Message: "Not authorized for the source."}
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(e.Detail), &object); err != nil || object == nil {
		return &api.Error{Code: "MalformedDetail", Message: "Detail is malformed."}
	}
	return nil
}
