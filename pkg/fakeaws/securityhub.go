package fakeaws

import (
	"encoding/json"
	"net/http"
)

// Findings returns the findings that Security Hub accepted, by their Ids.
func (a *Account) Findings() map[string]json.RawMessage { return a.hub.Findings() }

// FailFindings sets a hook that is called with each finding's Id. If it returns an error, the
// call still succeeds, but it reports the finding as failed and does not keep it. The hook
// must not call the account.
func (a *Account) FailFindings(fail func(id string) *Error) { a.hub.Fail(fail) }

// importing reads a BatchImportFindings request.
func importing(r *http.Request, body []byte) (Op, bool) {
	return Op{Service: "securityhub", Name: "BatchImportFindings", Body: body},
		signedFor(r) == "securityhub" && r.Method == http.MethodPost && r.URL.Path == "/findings/import"
}

// restWire is a REST protocol with errors in JSON.
type restWire struct{}

func (restWire) answer(op Op, id string, out []byte, err error) (answer, error) {
	a, broken := jsonWire{"application/json"}.answer(op, id, out, err)
	if broken != nil {
		return a, broken
	}
	a.header.Set("Content-Type", "application/json")
	if e, ok := asError(err); ok {
		a.header.Set("X-Amzn-Errortype", e.Code)
	}
	return a, nil
}
