// Package dynamo keeps claims and leases in one DynamoDB table. It decides
// nothing: [Table] performs what the interfaces Claims and Leases of package
// ensure ask for, each in one request with its condition, and turns items into
// values of packages claim and lease.
//
// [Definition] is the one definition of the table; item.go says what is in it.
package dynamo

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Table is the project's table. It is safe for concurrent use.
type Table struct {
	// PageSize is how many requests of a group one query reads; 0 is as many
	// as DynamoDB gives.
	PageSize int32

	client *dynamodb.Client
	name   string
}

// home is the table's name, without the rest of an ARN. A group's head says in which table
// the group began: DynamoDB restores a table under another name.
func (t *Table) home() string { return t.name[strings.LastIndexByte(t.name, '/')+1:] }

// New returns the table of the given name.
func New(client *dynamodb.Client, table string) *Table { return &Table{client: client, name: table} }
