package dynamodb

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

func validation(format string, args ...any) *api.Error {
	return &api.Error{Code: "ValidationException", Message: fmt.Sprintf(format, args...)}
}

// invalidParameter returns a validation error with AWS's usual beginning.
func invalidParameter(format string, args ...any) *api.Error {
	return validation("One or more parameter values were invalid: "+format, args...)
}

// constraint returns the validation error for a member outside its allowed values. The
// member's name begins with a small letter.
func constraint(value any, member, must string) *api.Error {
	return validation("1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: Member must %s",
		value, member, must)
}

// unsupported returns the error for a parameter that this account does not implement.
func unsupported(member string) *api.Error {
	return validation("The embedded account does not support the parameter %s", member)
}

func unknownOperation(op string) *api.Error {
	return &api.Error{
		Code:    "UnknownOperationException",
		Message: "The embedded account does not support the operation DynamoDB " + op,
	}
}

// within refuses a value or a length outside its limits. The error names the measure, such as
// length.
func within(n, low, high int, member, what string) error {
	switch {
	case n < low:
		return constraint(n, member, fmt.Sprintf("have %s greater than or equal to %d", what, low))
	case n > high:
		return constraint(n, member, fmt.Sprintf("have %s less than or equal to %d", what, high))
	}
	return nil
}

// serialization returns the error for JSON that does not fit the request's members.
func serialization(err error) *api.Error {
	message := err.Error()
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		message = fmt.Sprintf("%s_VALUE cannot be converted to %s", strings.ToUpper(mismatch.Value),
			mismatch.Type.Kind())
	}
	return &api.Error{Code: "SerializationException", Message: message}
}

func tableNotFound(name string) *api.Error {
	return &api.Error{
		Code:    "ResourceNotFoundException",
		Message: "Requested resource not found: Table: " + name + " not found",
	}
}

func resourceInUse(message string) *api.Error {
	return &api.Error{Code: "ResourceInUseException", Message: message}
}

// conditionFailed returns the error of a failed condition. It carries the existing item, if
// old is not nil.
func conditionFailed(old attr.Item) *api.Error {
	err := &api.Error{Code: "ConditionalCheckFailedException", Message: "The conditional request failed"}
	if old != nil {
		err.Members = map[string]any{"Item": old}
	}
	return err
}

// asAPIError converts an error in values or expressions to AWS's ValidationException.
func asAPIError(err error) error {
	if _, ok := errors.AsType[*api.Error](err); ok {
		return err
	}
	return validation("%s", err)
}

// oneOf checks an enumeration. An absent value is always allowed.
func oneOf(member, value string, allowed ...string) error {
	if value == "" {
		return nil
	}
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	return constraint(value, member, "satisfy enum value set: ["+strings.Join(allowed, ", ")+"]")
}
