package fakeaws

import (
	"encoding/json"
	"net/http"
)

// Findings returns the findings that Security Hub took, by their Ids.
func (a *Account) Findings() map[string]json.RawMessage { return a.hub.Findings() }

// FailFindings sets a hook that is asked about each finding by its Id. The call
// succeeds, and a finding for which the hook returns an error is answered as
// failed and not taken. It must not call the account.
func (a *Account) FailFindings(fail func(id string) *Error) { a.hub.Fail(fail) }

// importing reads a BatchImportFindings.
func importing(r *http.Request, body []byte) (Op, bool) {
	return Op{Service: "securityhub", Name: "BatchImportFindings", Body: body},
		signedFor(r) == "securityhub" && r.Method == http.MethodPost && r.URL.Path == "/findings/import"
}

// restWire is REST with errors in JSON.
type restWire struct{}

func (restWire) answer(op Op, id string, out []byte, err error) (answer, error) {
	a, broken := jsonWire{"application/json"}.answer(op, id, out, err)
	a.header.Set("Content-Type", "application/json")
	if e, ok := asError(err); ok {
		a.header.Set("X-Amzn-Errortype", e.Code)
	}
	return a, broken
}
