package dynamodb_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// tens puts items q/k0 to q/k9. The even ones are in the index due, in reverse order.
func (b *bench) tens() {
	b.Helper()
	for i := range 10 {
		it := item("pk", "q", "sk", fmt.Sprint("k", i), "v", i)
		if i%2 == 0 {
			it["shard"], it["due"] = value("s1"), value(100-i)
		}
		b.put(it)
	}
}

// sortKeys returns the sk of each item, in order.
func sortKeys(items []map[string]types.AttributeValue) string {
	var keys []string
	for _, i := range items {
		keys = append(keys, i["sk"].(*types.AttributeValueMemberS).Value)
	}
	return strings.Join(keys, " ")
}

func (b *bench) query(in *sdk.QueryInput) *sdk.QueryOutput {
	b.Helper()
	in.TableName = aws.String(tableName)
	out, err := b.client.Query(b.Context(), in)
	b.must(err)
	return out
}

func TestQueryRange(t *testing.T) {
	b := newBench(t)
	b.tens()
	b.put(key("p", "k3"))
	b.put(key("r", "k3"))
	values := item(":p", "q", ":3", "k3", ":6", "k6", ":k", "k", ":zz", "zz")
	for _, test := range []struct{ condition, want string }{
		{"sk = :3", "k3"},
		{"sk < :3", "k0 k1 k2"},
		{"sk <= :3", "k0 k1 k2 k3"},
		{"sk > :6", "k7 k8 k9"},
		{"sk >= :6", "k6 k7 k8 k9"},
		{"sk BETWEEN :3 AND :6", "k3 k4 k5 k6"},
		{"begins_with(sk, :k)", "k0 k1 k2 k3 k4 k5 k6 k7 k8 k9"},
		{"begins_with(sk, :3)", "k3"},
		{"sk > :zz", ""},
	} {
		used := map[string]types.AttributeValue{":p": values[":p"]}
		for name, v := range values {
			if strings.Contains(test.condition, name) {
				used[name] = v
			}
		}
		out := b.query(&sdk.QueryInput{
			KeyConditionExpression:    aws.String("pk = :p AND " + test.condition),
			ExpressionAttributeValues: used,
		})
		if got := sortKeys(out.Items); got != test.want || int(out.ScannedCount) != len(out.Items) {
			t.Errorf("Query(%s) = %s, %d scanned, want %s", test.condition, got, out.ScannedCount, test.want)
		}
	}
}

func TestQueryPages(t *testing.T) {
	b := newBench(t)
	b.tens()
	for _, test := range []struct {
		forward bool
		want    string
	}{
		{true, "k2 k3 k4 | k5 k6 k7 | k8 k9"},
		{false, "k9 k8 k7 | k6 k5 k4 | k3 k2"},
	} {
		pages := sdk.NewQueryPaginator(b.client, &sdk.QueryInput{
			TableName:                 aws.String(tableName),
			KeyConditionExpression:    aws.String("pk = :p AND sk > :k"),
			ExpressionAttributeValues: item(":p", "q", ":k", "k1"),
			ScanIndexForward:          aws.Bool(test.forward),
			Limit:                     aws.Int32(3),
		})
		var got []string
		for pages.HasMorePages() {
			out, err := pages.NextPage(t.Context())
			b.must(err)
			got = append(got, sortKeys(out.Items))
		}
		if got := strings.Join(got, " | "); got != test.want {
			t.Errorf("pages = %s, want %s", got, test.want)
		}
	}
}

// A filter runs after the limit, so a page may be empty without being the last.
func TestQueryFilter(t *testing.T) {
	b := newBench(t)
	b.tens()
	out := b.query(&sdk.QueryInput{
		KeyConditionExpression:    aws.String("pk = :p"),
		FilterExpression:          aws.String("v > :v"),
		ExpressionAttributeValues: item(":p", "q", ":v", 7),
		Limit:                     aws.Int32(3),
	})
	if out.Count != 0 || out.ScannedCount != 3 || out.LastEvaluatedKey == nil {
		t.Errorf("Query = %d of %d, last key %v, want 0 of 3 and a key", out.Count, out.ScannedCount,
			out.LastEvaluatedKey)
	}
	out = b.query(&sdk.QueryInput{
		KeyConditionExpression:    aws.String("pk = :p"),
		FilterExpression:          aws.String("v > :v"),
		ExpressionAttributeValues: item(":p", "q", ":v", 7),
		Select:                    types.SelectCount,
	})
	if out.Count != 2 || out.ScannedCount != 10 || out.Items != nil {
		t.Errorf("Query = %d of %d, items %v, want 2 of 10 and none", out.Count, out.ScannedCount, out.Items)
	}
}

// A page that the limit ends has a last key, even if nothing is left. A page that the size
// ends does not.
func TestQueryLimitAtEnd(t *testing.T) {
	b := newBench(t)
	b.tens()
	in := &sdk.QueryInput{
		KeyConditionExpression:    aws.String("pk = :p"),
		ExpressionAttributeValues: item(":p", "q"),
		Limit:                     aws.Int32(10),
	}
	out := b.query(in)
	if d := diff(key("q", "k9"), out.LastEvaluatedKey); d != "" {
		t.Errorf("LastEvaluatedKey (-want +got):\n%s", d)
	}
	in.ExclusiveStartKey = out.LastEvaluatedKey
	if out = b.query(in); out.Count != 0 || out.LastEvaluatedKey != nil {
		t.Errorf("the page after = %v, want an empty last one", out)
	}
}

// The item that reaches 1 MB ends a page.
func TestQueryMegabyte(t *testing.T) {
	b := newBench(t)
	big := strings.Repeat("x", 300_000)
	for i := range 6 {
		b.put(item("pk", "big", "sk", fmt.Sprint(i), "x", big))
	}
	in := &sdk.QueryInput{
		KeyConditionExpression:    aws.String("pk = :p"),
		ExpressionAttributeValues: item(":p", "big"),
		ReturnConsumedCapacity:    types.ReturnConsumedCapacityTotal,
	}
	out := b.query(in)
	if got := sortKeys(out.Items); got != "0 1 2 3" || *out.ConsumedCapacity.CapacityUnits != 146.5 {
		t.Errorf("first page = %s for %v units, want 0 1 2 3 for 146.5", got, *out.ConsumedCapacity.CapacityUnits)
	}
	in.ExclusiveStartKey = out.LastEvaluatedKey
	if out = b.query(in); sortKeys(out.Items) != "4 5" || out.LastEvaluatedKey != nil {
		t.Errorf("second page = %s, last key %v, want 4 5 and none", sortKeys(out.Items), out.LastEvaluatedKey)
	}
}

// The index is sparse, and sorts numbers by value.
func TestQueryIndex(t *testing.T) {
	b := newBench(t)
	b.tens()
	in := &sdk.QueryInput{
		IndexName:                 aws.String("due"),
		KeyConditionExpression:    aws.String("#shard = :s AND due < :now"),
		ExpressionAttributeNames:  map[string]string{"#shard": "shard"},
		ExpressionAttributeValues: item(":s", "s1", ":now", 100),
		Limit:                     aws.Int32(2),
	}
	out := b.query(in)
	if got := sortKeys(out.Items); got != "k8 k6" {
		t.Errorf("Query = %s, want k8 k6", got)
	}
	want := item("pk", "q", "sk", "k6", "shard", "s1", "due", 94)
	if d := diff(want, out.LastEvaluatedKey); d != "" {
		t.Errorf("LastEvaluatedKey (-want +got):\n%s", d)
	}
	in.ExclusiveStartKey = out.LastEvaluatedKey
	if got := sortKeys(b.query(in).Items); got != "k4 k2" {
		t.Errorf("next page = %s, want k4 k2", got)
	}

	b.put(item("pk", "q", "sk", "k8", "shard", "s1", "due", 5)) // moves
	b.put(item("pk", "q", "sk", "k6", "shard", "s1"))           // leaves
	in.ExclusiveStartKey, in.Limit = nil, nil
	if got := sortKeys(b.query(in).Items); got != "k8 k4 k2" {
		t.Errorf("Query after writes = %s, want k8 k4 k2", got)
	}
}

// A query finds all items with one index key, and pages through them without loss.
func TestQueryIndexSameKey(t *testing.T) {
	b := newBench(t)
	for i := range 7 {
		b.put(item("pk", fmt.Sprint("p", i), "sk", fmt.Sprint(i), "shard", "s", "due", 0))
	}
	pages := sdk.NewQueryPaginator(b.client, &sdk.QueryInput{
		TableName:                 aws.String(tableName),
		IndexName:                 aws.String("due"),
		KeyConditionExpression:    aws.String("#shard = :s"),
		ExpressionAttributeNames:  map[string]string{"#shard": "shard"},
		ExpressionAttributeValues: item(":s", "s"),
		Limit:                     aws.Int32(2),
	})
	seen := make(map[string]bool)
	for pages.HasMorePages() {
		out, err := pages.NextPage(t.Context())
		b.must(err)
		for _, i := range out.Items {
			seen[i["pk"].(*types.AttributeValueMemberS).Value] = true
		}
	}
	if len(seen) != 7 {
		t.Errorf("the pages held %v, want 7 items", seen)
	}
}

func TestQueryRefuses(t *testing.T) {
	b := newBench(t)
	values := `"ExpressionAttributeValues":{":p":{"S":"q"}`
	for _, test := range []struct{ rest, want string }{
		{``, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."},
		{`,"KeyConditionExpression":"sk = :p",` + values + `}`, "Query condition missed key schema element: pk"},
		{`,"KeyConditionExpression":"pk = :p AND v = :p",` + values + `}`,
			"Query condition missed key schema element: sk"},
		{`,"KeyConditionExpression":"pk > :p",` + values + `}`, "Query key condition not supported"},
		{`,"KeyConditionExpression":"pk = :p AND sk = :n",` + values + `,":n":{"N":"1"}}`,
			"Condition parameter type does not match schema type"},
		{`,"KeyConditionExpression":"pk = :p","IndexName":"nope",` + values + `}`,
			"The table does not have the specified index: nope"},
		{`,"KeyConditionExpression":"due = :p","IndexName":"due","ConsistentRead":true,` + values + `}`,
			"Consistent reads are not supported on global secondary indexes"},
		{`,"KeyConditionExpression":"pk = :p","FilterExpression":"sk = :p",` + values + `}`,
			"Filter Expression can only contain non-primary key attributes: Primary key attribute: sk"},
		{`,"KeyConditionExpression":"pk = :p","Limit":0,` + values + `}`, "Value '0' at 'limit'"},
		{`,"KeyConditionExpression":"pk = :p","Select":"FOO",` + values + `}`, "Value 'FOO' at 'select'"},
		{`,"KeyConditionExpression":"pk = :p","Select":"SPECIFIC_ATTRIBUTES",` + values + `}`,
			"Must specify the AttributesToGet or ProjectionExpression"},
		{`,"KeyConditionExpression":"pk = :p","Select":"COUNT","ProjectionExpression":"v",` + values + `}`,
			"Cannot specify the ProjectionExpression when choosing to get only the Count"},
		{`,"KeyConditionExpression":"pk = :p","Select":"ALL_PROJECTED_ATTRIBUTES",` + values + `}`,
			"ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"},
		{`,"KeyConditionExpression":"pk = :p","ExclusiveStartKey":{"pk":{"S":"q"}},` + values + `}`,
			"The provided starting key is invalid"},
		{`,"KeyConditionExpression":"pk = :p","ExclusiveStartKey":{"pk":{"S":"z"},"sk":{"S":"1"}},` + values + `}`,
			"The provided starting key is outside query boundaries"},
		{`,"KeyConditionExpression":"pk = :p AND sk > :p","ExclusiveStartKey":{"pk":{"S":"q"},"sk":{"S":"a"}},` +
			values + `}`, "The provided starting key does not match the range key predicate"},
	} {
		b.refuses("Query", `{"TableName":"sgkeeper"`+test.rest+`}`, "ValidationException: ")
		b.refuses("Query", `{"TableName":"sgkeeper"`+test.rest+`}`, test.want)
	}
}

func TestQueryProjectedIndex(t *testing.T) {
	b := newBench(t)
	for _, projection := range []string{`{"ProjectionType":"KEYS_ONLY"}`,
		`{"ProjectionType":"INCLUDE","NonKeyAttributes":["c"]}`} {
		name := "t" + projection[19:22]
		_, err := b.call("CreateTable", `{"TableName":"`+name+`","BillingMode":"PAY_PER_REQUEST",
			"AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"},{"AttributeName":"b","AttributeType":"N"}],
			"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],
			"GlobalSecondaryIndexes":[{"IndexName":"byb","KeySchema":[{"AttributeName":"b","KeyType":"HASH"}],"Projection":`+projection+`}]}`)
		b.must(err)
		b.want("PutItem", `{"TableName":"`+name+`","Item":{"a":{"S":"1"},"b":{"N":"2"},"c":{"S":"3"},"d":{"S":"4"}}}`,
			`{}`)
		want := `{"Count":1,"ScannedCount":1,"Items":[{"a":{"S":"1"},"b":{"N":"2"}}]}`
		if strings.Contains(projection, "INCLUDE") {
			want = `{"Count":1,"ScannedCount":1,"Items":[{"a":{"S":"1"},"b":{"N":"2"},"c":{"S":"3"}}]}`
		}
		query := `{"TableName":"` + name +
			`","IndexName":"byb","KeyConditionExpression":"b = :b","ExpressionAttributeValues":{":b":{"N":"2.0"}}`
		b.want("Query", query+`}`, want)
		b.want("Query", query+`,"ProjectionExpression":"a"}`, `{"Count":1,"ScannedCount":1,"Items":[{"a":{"S":"1"}}]}`)
		b.refuses("Query", query+`,"Select":"ALL_ATTRIBUTES"}`,
			"is not supported for global secondary index byb because its projection type is not ALL")
		b.refuses("Query", query+`,"ProjectionExpression":"d"}`, "Global secondary index byb does not project [d]")
		b.refuses("Query", query+`,"FilterExpression":"d = :b"}`,
			"Secondary index byb does not project one or more filter attributes: [d]")
	}
}
