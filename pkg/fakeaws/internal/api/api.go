// Package api holds the common code of the embedded account's services: refusals, and the
// reading and writing of AWS JSON. Each service package has
//
//	Call(op string, input []byte) (output []byte, err error)
//
// If err is an *Error, the caller answers it in the service's own wire format.
package api

import "net/http"

// Error is an AWS error, which the client sees as smithy.APIError.
type Error struct {
	Code    string
	Message string
	Status  int // HTTP status; 0 means 400

	// Members are further members of the error's JSON body, such as the Item
	// of a DynamoDB ConditionalCheckFailedException.
	Members map[string]any
}

// Error returns the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// HTTPStatus returns Status, or 400 if Status is 0.
func (e *Error) HTTPStatus() int {
	if e.Status == 0 {
		return http.StatusBadRequest
	}
	return e.Status
}
