package dynamodb_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestDescribeTable(t *testing.T) {
	b := newBench(t)
	b.tens()
	in := &sdk.DescribeTableInput{TableName: aws.String(tableName)}
	b.must(sdk.NewTableExistsWaiter(b.client).Wait(t.Context(), in, time.Second))
	out, err := b.client.DescribeTable(t.Context(), in)
	b.must(err)
	got := out.Table
	if *got.TableArn != "arn:aws:dynamodb:eu-west-1:111122223333:table/sgkeeper" || *got.ItemCount != 10 ||
		got.BillingModeSummary.BillingMode != types.BillingModePayPerRequest ||
		got.TableStatus != types.TableStatusActive {
		t.Errorf("DescribeTable = %+v", got)
	}
	if d := diff(keySchema("pk", "sk"), got.KeySchema); d != "" {
		t.Errorf("KeySchema (-want +got):\n%s", d)
	}
	index := got.GlobalSecondaryIndexes[0]
	if *index.IndexName != "due" || *index.ItemCount != 5 || index.IndexStatus != types.IndexStatusActive {
		t.Errorf("index = %+v", index)
	}
	if d := diff(keySchema("shard", "due"), index.KeySchema); d != "" {
		t.Errorf("the index's KeySchema (-want +got):\n%s", d)
	}
}

func TestDeleteTable(t *testing.T) {
	b := newBench(t)
	out, err := b.client.DeleteTable(t.Context(), &sdk.DeleteTableInput{TableName: aws.String(tableName)})
	b.must(err)
	if out.TableDescription.TableStatus != types.TableStatusDeleting {
		t.Errorf("status = %s, want DELETING", out.TableDescription.TableStatus)
	}
	_, err = b.client.DescribeTable(t.Context(), &sdk.DescribeTableInput{TableName: aws.String(tableName)})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("DescribeTable = %v, want a ResourceNotFoundException", err)
	}
}

func TestListTables(t *testing.T) {
	b := newBench(t)
	for _, name := range []string{"bbb", "aaa"} {
		_, err := b.call("CreateTable", createTable(name, `"BillingMode":"PAY_PER_REQUEST"`))
		b.must(err)
	}
	pages := sdk.NewListTablesPaginator(b.client, &sdk.ListTablesInput{Limit: aws.Int32(2)})
	var got []string
	for pages.HasMorePages() {
		out, err := pages.NextPage(t.Context())
		b.must(err)
		got = append(got, strings.Join(out.TableNames, " "))
	}
	if got := strings.Join(got, " | "); got != "aaa bbb | sgkeeper" {
		t.Errorf("pages = %s, want aaa bbb | sgkeeper", got)
	}
	b.refuses("ListTables", `{"Limit":0}`, "Value '0' at 'limit'")
}

// createTable returns a request for a table with the one key a. rest replaces or adds members.
func createTable(name, rest string) string {
	members := `{"TableName":"` + name + `",` + rest
	for member, value := range map[string]string{
		"AttributeDefinitions": `[{"AttributeName":"a","AttributeType":"S"}]`,
		"KeySchema":            `[{"AttributeName":"a","KeyType":"HASH"}]`,
	} {
		if !strings.Contains(rest, `"`+member+`":`) || strings.Contains(rest, "IndexName") {
			members += `,"` + member + `":` + value
		}
	}
	return members + `}`
}

func TestCreateTableRefuses(t *testing.T) {
	b := newBench(t)
	demand := `"BillingMode":"PAY_PER_REQUEST"`
	index := func(members string) string {
		return demand + `,"GlobalSecondaryIndexes":[{"IndexName":"byb",` + members + `}]`
	}
	keys, all := `"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}]`, `"Projection":{"ProjectionType":"ALL"}`
	for _, test := range []struct{ name, rest, want string }{
		{"no", demand, "Invalid table/index name."},
		{"no/slash", demand, "Invalid table/index name."},
		{"new", `"BillingMode":"FREE"`, "Value 'FREE' at 'billingMode'"},
		{"new", `"BillingMode":"PROVISIONED"`, "ReadCapacityUnits and WriteCapacityUnits must both be specified"},
		{"new", demand + `,"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}`,
			"Neither ReadCapacityUnits nor WriteCapacityUnits can be specified"},
		{"new", demand + `,"KeySchema":[]`, "Value '0' at 'keySchema'"},
		{"new", demand + `,"KeySchema":[{"AttributeName":"a","KeyType":"RANGE"}]`, "Invalid KeySchema"},
		{"new", demand + `,"KeySchema":[{"AttributeName":"z","KeyType":"HASH"}]`,
			"not defined in AttributeDefinitions. Keys: [z]"},
		{"new", demand + `,"KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"a","KeyType":"RANGE"}]`, "have the same name"},
		{"new", demand + `,"AttributeDefinitions":[{"AttributeName":"a","AttributeType":"BOOL"}]`,
			"enum value set: [B, N, S]"},
		{"new", demand + `,"AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"},{"AttributeName":"b","AttributeType":"S"}]`, "Some AttributeDefinitions are not used"},
		{"new", demand + `,"AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"},{"AttributeName":"a","AttributeType":"N"}]`, "Duplicate AttributeName"},
		{"new", demand + `,"GlobalSecondaryIndexes":[]`, "List of GlobalSecondaryIndexes is empty"},
		{"new", index(keys), "Unknown ProjectionType"},
		{"new", index(keys + `,"Projection":{"ProjectionType":"SOME"}`), "Value 'SOME' at"},
		{"new", index(keys + `,"Projection":{"ProjectionType":"INCLUDE"}`), "NonKeyAttributes is not specified"},
		{"new", index(keys + `,"Projection":{"ProjectionType":"ALL","NonKeyAttributes":["x"]}`),
			"NonKeyAttributes is specified"},
		{"new", demand + `,"GlobalSecondaryIndexes":[{"IndexName":"byb",` + keys + `,` + all + `},{"IndexName":"byb",` +
			keys + `,` + all + `}]`, "Duplicate index name: byb"},
		{"new", demand + `,"LocalSecondaryIndexes":[]`, "does not support the parameter LocalSecondaryIndexes"},
	} {
		b.refuses("CreateTable", createTable(test.name, test.rest), "ValidationException: ")
		b.refuses("CreateTable", createTable(test.name, test.rest), test.want)
	}
	b.refuses("CreateTable", createTable(tableName, demand), "ResourceInUseException: Table already exists: sgkeeper")
}

// Expired items stay readable. Nothing deletes them.
func TestTimeToLive(t *testing.T) {
	b := newBench(t)
	b.put(item("pk", "a", "sk", "1", "ttl", 1))
	update := func(attribute, enabled string) string {
		return `{"TableName":"sgkeeper","TimeToLiveSpecification":{"AttributeName":"` + attribute + `","Enabled":` +
			enabled + `}}`
	}
	describe := `{"TableName":"sgkeeper"}`
	b.want("DescribeTimeToLive", describe, `{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}}`)
	b.refuses("UpdateTimeToLive", update("ttl", "false"), "TimeToLive is already disabled")
	_, err := b.client.UpdateTimeToLive(t.Context(), &sdk.UpdateTimeToLiveInput{
		TableName: aws.String(tableName),
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("ttl"),
			Enabled: aws.Bool(true)},
	})
	b.must(err)
	b.want("DescribeTimeToLive", describe,
		`{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"ttl"}}`)
	b.refuses("UpdateTimeToLive", update("ttl", "true"), "TimeToLive is already enabled")
	b.refuses("UpdateTimeToLive", update("other", "true"),
		"TimeToLive is active on a different AttributeName: current AttributeName is ttl")
	b.refuses("UpdateTimeToLive", update("", "true"), "at 'timeToLiveSpecification.attributeName'")
	b.refuses("UpdateTimeToLive", describe, "at 'timeToLiveSpecification'")
	if got := b.get("a", "1"); got == nil {
		t.Error("the expired item is gone")
	}
	b.want("UpdateTimeToLive", update("ttl", "false"),
		`{"TimeToLiveSpecification":{"AttributeName":"ttl","Enabled":false}}`)
}
