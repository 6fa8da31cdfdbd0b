package dynamo

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number[T ~int | ~int64](n T) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(n), 10)}
}

func texts(s ...string) types.AttributeValue { return &types.AttributeValueMemberSS{Value: s} }

// millis encodes a time in milliseconds. It drops smaller units.
func millis(t time.Time) types.AttributeValue { return number(t.UnixMilli()) }

// list encodes each element as a map.
func list[T any](elements []T, encode func(T) item) types.AttributeValue {
	l := &types.AttributeValueMemberL{Value: make([]types.AttributeValue, len(elements))}
	for i, e := range elements {
		l.Value[i] = &types.AttributeValueMemberM{Value: encode(e)}
	}
	return l
}
