package dynamodb

import (
	"errors"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// cancellation is the reason why one write of a transaction failed, or Code None.
type cancellation struct {
	Code    string
	Message string `json:",omitempty"`
	Item    any    `json:",omitempty"`
}

func cancellationOf(err error) cancellation {
	if err == nil {
		return cancellation{Code: "None"}
	}
	failed, ok := errors.AsType[*api.Error](err)
	if ok && failed.Code == "ConditionalCheckFailedException" {
		return cancellation{"ConditionalCheckFailed", failed.Message, failed.Members["Item"]}
	}
	if ok {
		return cancellation{"ValidationError", failed.Message, nil}
	}
	return cancellation{"ValidationError", err.Error(), nil}
}

// canceled returns the error of a transaction, unless every reason has Code None.
func canceled(reasons []cancellation) error {
	codes := make([]string, len(reasons))
	agreed := true
	for i, r := range reasons {
		codes[i] = r.Code
		agreed = agreed && r.Code == "None"
	}
	if agreed {
		return nil
	}
	return &api.Error{
		Code: "TransactionCanceledException",
		Message: "Transaction cancelled, please refer cancellation reasons for specific reasons [" +
			strings.Join(codes, ", ") + "]",
		Members: map[string]any{"CancellationReasons": reasons},
	}
}
