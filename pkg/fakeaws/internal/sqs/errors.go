package sqs

import (
	"fmt"
	"net/http"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// queryCodes maps error names of the JSON protocol to codes of the older query protocol, if
// they differ.
var queryCodes = map[string]string{
	"BatchEntryIdsNotDistinct":          "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
	"BatchRequestTooLong":               "AWS.SimpleQueueService.BatchRequestTooLong",
	"EmptyBatchRequest":                 "AWS.SimpleQueueService.EmptyBatchRequest",
	"InvalidBatchEntryId":               "AWS.SimpleQueueService.InvalidBatchEntryId",
	"InvalidParameterValueException":    "InvalidParameterValue",
	"MessageNotInflight":                "AWS.SimpleQueueService.MessageNotInflight",
	"MissingRequiredParameterException": "MissingParameter",
	"PurgeQueueInProgress":              "AWS.SimpleQueueService.PurgeQueueInProgress",
	"QueueDeletedRecently":              "AWS.SimpleQueueService.QueueDeletedRecently",
	"QueueDoesNotExist":                 "AWS.SimpleQueueService.NonExistentQueue",
	"QueueNameExists":                   "QueueAlreadyExists",
	"TooManyEntriesInBatchRequest":      "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
	"UnsupportedOperation":              "AWS.SimpleQueueService.UnsupportedOperation",
}

// QueryError returns the header x-amzn-query-error for an error's Code: the query protocol's
// code, and the party at fault.
func QueryError(code string) string { return queryCode(code) + ";Sender" }

func queryCode(code string) string {
	if c, ok := queryCodes[code]; ok {
		return c
	}
	return code
}

func invalid(format string, args ...any) error {
	return &api.Error{Code: "InvalidParameterValueException", Message: fmt.Sprintf(format, args...)}
}

func invalidValue(value any, parameter, reason string) error {
	return invalid("Value %v for parameter %s is invalid. Reason: %s", value, parameter, reason)
}

func missing(parameter string) error {
	return &api.Error{
		Code:    "MissingRequiredParameterException",
		Message: "The request must contain the parameter " + parameter + ".",
	}
}

func unsupported(format string, args ...any) error {
	return &api.Error{Code: "UnsupportedOperation", Message: fmt.Sprintf(format, args...)}
}

func noQueue() error {
	return &api.Error{Code: "QueueDoesNotExist", Message: "The specified queue does not exist."}
}

func unknownAttribute(name string) error {
	return &api.Error{Code: "InvalidAttributeName", Message: "Unknown Attribute " + name + "."}
}

func badHandle(handle string) error {
	return &api.Error{
		Code:    "ReceiptHandleIsInvalid",
		Message: fmt.Sprintf("The input receipt handle %q is not a valid receipt handle.", handle),
		Status:  http.StatusNotFound,
	}
}

func unmodelled(member string) error {
	return unsupported("The embedded SQS does not model this member: %s.", member)
}
