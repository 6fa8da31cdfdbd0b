// Package dynamo keeps requests and leases in one DynamoDB table. It makes no decisions.
// [Table] implements the interfaces Claims and Leases of package ensure. It performs each
// effect in one request with a condition, and decodes items into values of packages claim and
// lease.
//
// [Definition] is the only definition of the table. The file item.go lists its items.
package dynamo

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Table is the project's table. It is safe for concurrent use.
type Table struct {
	// PageSize limits the items that one query reads; 0 leaves the limit to DynamoDB.
	PageSize int32

	client *dynamodb.Client
	name   string
}

// home returns the table's name, without the rest of an ARN. A group's head records the table
// in which the group began, because DynamoDB restores a table under another name.
func (t *Table) home() string { return t.name[strings.LastIndexByte(t.name, '/')+1:] }

// New returns the table of the given name.
func New(client *dynamodb.Client, table string) *Table { return &Table{client: client, name: table} }
