package dynamodb

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// tokenLife is how long a ClientRequestToken is kept after its transaction.
const tokenLife = 10 * time.Minute

// completed is a transaction that succeeded with a token.
type completed struct {
	at     time.Time
	digest [sha256.Size]byte // of its writes
}

// once performs a transaction, unless it succeeded before with the same token. A canceled
// transaction runs again. A repeat costs a read of its items. Without a token, no request is a
// repeat.
func (s *Service) once(in *transactWriteItemsInput, writes []write) (usages, error) {
	if in.ClientRequestToken == "" {
		return transact(writes)
	}
	digest, err := digestOf(in.TransactItems)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	maps.DeleteFunc(s.tokens, func(_ string, c completed) bool { return now.Sub(c.at) >= tokenLife })
	if before, ok := s.tokens[in.ClientRequestToken]; ok {
		if before.digest != digest {
			return nil, errMismatch
		}
		return readBack(writes), nil
	}
	used, err := transact(writes)
	if err == nil {
		s.tokens[in.ClientRequestToken] = completed{now, digest}
	}
	return used, err
}

var errMismatch = &api.Error{
	Code:    "IdempotentParameterMismatchException",
	Message: "Request parameters other than the client request token have changed since the token was first used",
}

// digestOf returns the same digest for equal writes, in any order of their members.
func digestOf(items []transactedWrite) (digest [sha256.Size]byte, err error) {
	data, err := json.Marshal(items)
	if err != nil {
		return digest, err
	}
	var sorted any // of maps: encoding/json sorts their keys
	if err := json.Unmarshal(data, &sorted); err != nil {
		return digest, err
	}
	data, err = json.Marshal(sorted)
	return sha256.Sum256(data), err
}

func readBack(writes []write) usages {
	used := make(usages)
	for _, w := range writes {
		used.of(w.table.name).read.table += 2 * readUnits(w.table.get(w.key).Size(), true)
	}
	return used
}
