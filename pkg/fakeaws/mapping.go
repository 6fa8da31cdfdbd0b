package fakeaws

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The account keeps event source mappings and reserved concurrency, and refuses an invocation
// of a function whose concurrency is 0. Consume does not look at them: a test that needs a
// mapping to stop ends Consume's context.

// settling is the time that a mapping needs for a change. Lambda documents none; in an account
// it is up to a minute.
const settling = time.Second

// eventSource is an event source mapping.
type eventSource struct {
	id, queue, function string
	enabled             bool
	changed             time.Time // the zero time: never
}

// state returns the mapping's state at a time.
func (e eventSource) state(now time.Time) string {
	settled := now.Sub(e.changed) >= settling
	switch {
	case e.enabled && settled:
		return "Enabled"
	case e.enabled:
		return "Enabling"
	case settled:
		return "Disabled"
	}
	return "Disabling"
}

// AddEventSourceMapping maps a queue to a function, both by ARN, and returns the mapping's id.
func (a *Account) AddEventSourceMapping(queueARN, functionARN string, enabled bool) (id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	id = fmt.Sprintf("00000000-0000-4000-8000-%012d", len(a.sources)+1)
	a.sources = append(a.sources, &eventSource{id: id, queue: queueARN, function: functionARN, enabled: enabled})
	return id
}

// Paths of the calls about mappings and reserved concurrency.
const (
	mappingsPath       = "/2015-03-31/event-source-mappings"
	getConcurrencyPath = "/2019-09-30/functions/"
	setConcurrencyPath = "/2017-10-31/functions/"
	concurrencyPath    = "/concurrency"
)

// mappingOp reads a call about mappings or reserved concurrency.
func mappingOp(r *http.Request, body []byte) (Op, bool) {
	path, method := strings.TrimSuffix(r.URL.Path, "/"), r.Method
	op := Op{Service: "lambda", Form: url.Values{}, Body: body}
	if id, ok := strings.CutPrefix(path, mappingsPath); ok {
		op.Form.Set("UUID", strings.TrimPrefix(id, "/"))
		switch {
		case method == http.MethodGet && id == "":
			op.Name = "ListEventSourceMappings"
		case method == http.MethodPut && id != "":
			op.Name = "UpdateEventSourceMapping"
		}
		return op, op.Name != ""
	}
	named, ok := strings.CutSuffix(path, concurrencyPath)
	name, getting := strings.CutPrefix(named, getConcurrencyPath)
	if !getting {
		name = strings.TrimPrefix(named, setConcurrencyPath)
	}
	op.Form.Set("FunctionName", name)
	switch {
	case getting && method == http.MethodGet:
		op.Name = "GetFunctionConcurrency"
	case !getting && method == http.MethodPut:
		op.Name = "PutFunctionConcurrency"
	case !getting && method == http.MethodDelete:
		op.Name = "DeleteFunctionConcurrency"
	}
	return op, ok && op.Name != ""
}

// callMappings performs a call about mappings or reserved concurrency.
func (a *Account) callMappings(op Op) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	name := op.Form.Get("FunctionName")
	if strings.HasSuffix(op.Name, "FunctionConcurrency") && a.functions[name] == nil {
		return nil, &Error{Code: "ResourceNotFoundException", Message: "Function not found: " + name,
			Status: http.StatusNotFound}
	}
	var in struct {
		Enabled                      *bool
		ReservedConcurrentExecutions *int
	}
	if len(op.Body) > 0 {
		if err := json.Unmarshal(op.Body, &in); err != nil {
			return nil, &Error{Code: "InvalidRequestContentException", Message: err.Error(),
				Status: http.StatusBadRequest}
		}
	}
	switch op.Name {
	case "ListEventSourceMappings":
		all := make([]map[string]any, len(a.sources))
		for i, e := range a.sources {
			all[i] = described(e, time.Now())
		}
		return json.Marshal(map[string]any{"EventSourceMappings": all})
	case "UpdateEventSourceMapping":
		return a.updateMapping(op.Form.Get("UUID"), in.Enabled)
	case "PutFunctionConcurrency":
		if in.ReservedConcurrentExecutions == nil || *in.ReservedConcurrentExecutions < 0 {
			return nil, &Error{Code: "InvalidParameterValueException",
				Message: "ReservedConcurrentExecutions must be at least 0", Status: http.StatusBadRequest}
		}
		a.reserved[name] = *in.ReservedConcurrentExecutions
	case "DeleteFunctionConcurrency":
		delete(a.reserved, name)
	}
	out := map[string]int{}
	if n, ok := a.reserved[name]; ok {
		out["ReservedConcurrentExecutions"] = n
	}
	return json.Marshal(out)
}

// updateMapping enables or disables a mapping. Like Lambda, it refuses while a change settles.
func (a *Account) updateMapping(id string, enabled *bool) ([]byte, error) {
	now := time.Now()
	for _, e := range a.sources {
		if e.id != id {
			continue
		}
		if now.Sub(e.changed) < settling {
			return nil, &Error{Code: "ResourceInUseException",
				Message: "Cannot update the event source mapping because it is in use.", Status: http.StatusBadRequest}
		}
		if enabled != nil && *enabled != e.enabled {
			e.enabled, e.changed = *enabled, now
		}
		return json.Marshal(described(e, now))
	}
	return nil, &Error{Code: "ResourceNotFoundException", Message: "The resource you requested does not exist.",
		Status: http.StatusNotFound}
}

func described(e *eventSource, now time.Time) map[string]any {
	return map[string]any{"UUID": e.id, "EventSourceArn": e.queue, "FunctionArn": e.function, "State": e.state(now)}
}

// throttled reports whether a function's reserved concurrency is 0.
func (a *Account) throttled(name string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	n, reserved := a.reserved[name]
	return reserved && n == 0
}
