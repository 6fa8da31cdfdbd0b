package dynamo

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// transact writes all of the items or none. The SDK sends a token with them, so a retry after
// a lost reply succeeds as well.
func (t *Table) transact(ctx context.Context, items ...types.TransactWriteItem) error {
	_, err := t.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items}, retryConflicts)
	return err
}

func (t *Table) check(k key, condition string, values item) *types.ConditionCheck {
	return &types.ConditionCheck{
		TableName:                 &t.name,
		Key:                       k.item(),
		ConditionExpression:       &condition,
		ExpressionAttributeValues: values,
	}
}

// canceled holds the reasons of a canceled transaction, one for each of its items in order. It
// is empty if the transaction is not known to be canceled.
type canceled []types.CancellationReason

func cancellation(err error) canceled {
	if e, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		return e.CancellationReasons
	}
	return nil
}

// failed reports whether the i-th item did not meet its condition.
func (c canceled) failed(i int) bool {
	return i < len(c) && aws.ToString(c[i].Code) == "ConditionalCheckFailed"
}

// transient reports whether a retry of the transaction may succeed, or be canceled for another
// reason.
func (c canceled) transient() bool {
	return slices.ContainsFunc(c, func(r types.CancellationReason) bool {
		switch aws.ToString(r.Code) {
		case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
			return true
		}
		return false
	})
}

// retryConflicts makes the client also retry a write that conflicted with a transaction. By
// default, the SDK does not retry TransactionConflictException.
func retryConflicts(o *dynamodb.Options) {
	o.Retryer = conflictRetryer{retry.AddWithErrorCodes(o.Retryer, "TransactionConflictException").(aws.RetryerV2)}
}

// conflictRetryer also retries a canceled transaction with a transient reason.
type conflictRetryer struct{ aws.RetryerV2 }

// IsErrorRetryable implements aws.Retryer.
func (r conflictRetryer) IsErrorRetryable(err error) bool {
	return cancellation(err).transient() || r.RetryerV2.IsErrorRetryable(err)
}
