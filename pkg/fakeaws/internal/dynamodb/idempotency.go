package dynamodb

import (
	"maps"
	"reflect"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// tokenLife is how long a ClientRequestToken is kept after its transaction.
const tokenLife = 10 * time.Minute

// completed is a transaction that succeeded with a token.
type completed struct {
	at    time.Time
	items []transactedWrite
}

// once performs a transaction, unless it succeeded before with the same token. A canceled
// transaction runs again. A repeat costs a read of its items. Without a token, no request is a
// repeat.
func (s *Service) once(in *transactWriteItemsInput, writes []write) (usages, error) {
	if in.ClientRequestToken == "" {
		return transact(writes)
	}
	now := time.Now()
	maps.DeleteFunc(s.tokens, func(_ string, c completed) bool { return now.Sub(c.at) >= tokenLife })
	if before, ok := s.tokens[in.ClientRequestToken]; ok {
		if !reflect.DeepEqual(before.items, in.TransactItems) { // values are canonical
			return nil, errMismatch
		}
		return readBack(writes), nil
	}
	used, err := transact(writes)
	if err == nil {
		s.tokens[in.ClientRequestToken] = completed{now, in.TransactItems}
	}
	return used, err
}

var errMismatch = &api.Error{
	Code:    "IdempotentParameterMismatchException",
	Message: "Request parameters other than the client request token have changed since the token was first used",
}

func readBack(writes []write) usages {
	used := make(usages)
	for _, w := range writes {
		used.of(w.table.name).read.table += 2 * readUnits(w.table.get(w.key).Size(), true)
	}
	return used
}
