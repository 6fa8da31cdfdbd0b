// Package api holds what the services of the embedded account share: how an
// operation is refused, and how AWS JSON is read and written. Each service package
// offers
//
//	Call(op string, input []byte) (output []byte, err error)
//
// where an err that is an *Error is answered in the service's own wire format.
package api

import "net/http"

// Error is an AWS error: what the client finds in smithy.APIError.
type Error struct {
	Code    string
	Message string
	Status  int // HTTP status; 0 means 400

	// Members are further members of the error's JSON body, such as the Item
	// of a DynamoDB ConditionalCheckFailedException.
	Members map[string]any
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// HTTPStatus is Status, or 400 where none is set.
func (e *Error) HTTPStatus() int {
	if e.Status == 0 {
		return http.StatusBadRequest
	}
	return e.Status
}
