// Package dynamodb is the DynamoDB of the embedded AWS account, in memory. It answers the
// operations that the project uses, as AWS answers them.
//
// Call takes the body of an AWS JSON 1.0 request and returns the body of the reply. It decodes
// strictly: a member that is not implemented, such as a legacy parameter, is refused by name.
// So nothing is silently ignored. If AWS publishes no message for an error, the text is that
// of DynamoDB Local 3.3.
//
// Every call is atomic: one mutex guards all tables. Reads are always consistent, including
// those of indexes. TTL is only a setting: AWS deletes expired items "within a few days", and
// here they stay.
//
// A table is a view: items sorted by key. Each index is another view of the same items. A
// write has three steps. It is prepared (its expressions are parsed), decided against the
// existing item, then stored. A transaction decides all its writes before it stores any.
package dynamodb

import (
	"encoding/json"
	"sync"
)

// Service is the DynamoDB of one account in one Region.
type Service struct {
	account, region string

	mu     sync.Mutex
	tables map[string]*table
	tokens map[string]completed // by ClientRequestToken
}

// New returns a DynamoDB without tables.
func New(account, region string) *Service {
	return &Service{
		account: account,
		region:  region,
		tables:  make(map[string]*table),
		tokens:  make(map[string]completed),
	}
}

// Call performs one operation, such as "UpdateItem". An error is an *api.Error.
func (s *Service) Call(op string, input []byte) (output []byte, err error) {
	perform, ok := operations[op]
	if !ok {
		return nil, unknownOperation(op)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	answer, err := perform(s, input)
	if err != nil {
		return nil, asAPIError(err)
	}
	return json.Marshal(answer)
}

type operation func(s *Service, input []byte) (answer any, err error)

var operations = map[string]operation{
	"CreateTable":        decoded((*Service).createTable),
	"DescribeTable":      decoded((*Service).describeTable),
	"DeleteTable":        decoded((*Service).deleteTable),
	"ListTables":         decoded((*Service).listTables),
	"UpdateTimeToLive":   decoded((*Service).updateTimeToLive),
	"DescribeTimeToLive": decoded((*Service).describeTimeToLive),
	"PutItem":            decoded((*Service).putItem),
	"GetItem":            decoded((*Service).getItem),
	"UpdateItem":         decoded((*Service).updateItem),
	"DeleteItem":         decoded((*Service).deleteItem),
	"Query":              decoded((*Service).query),
	"Scan":               decoded((*Service).scan),
	"BatchGetItem":       decoded((*Service).batchGetItem),
	"BatchWriteItem":     decoded((*Service).batchWriteItem),
	"TransactGetItems":   decoded((*Service).transactGetItems),
	"TransactWriteItems": decoded((*Service).transactWriteItems),
}

// decoded returns an operation that reads perform's input from JSON.
func decoded[In, Out any](perform func(*Service, *In) (*Out, error)) operation {
	return func(s *Service, input []byte) (any, error) {
		in := new(In)
		if err := decode(input, in); err != nil {
			return nil, err
		}
		return perform(s, in)
	}
}
