package dynamodb_test

import (
	"strings"
	"testing"
)

func TestConsumedCapacity(t *testing.T) {
	b := newBench(t)
	at := `"TableName":"sgkeeper","Key":{"pk":{"S":"a"},"sk":{"S":"1"}},"ReturnConsumedCapacity":"INDEXES"`
	put := func(members string) string {
		return `{"TableName":"sgkeeper","Item":{"pk":{"S":"a"},"sk":{"S":"1"}` + members +
			`},"ReturnConsumedCapacity":"INDEXES"}`
	}
	indexed := `,"shard":{"S":"s"},"due":{"N":"1"}`
	table := func(units string) string {
		return `{"ConsumedCapacity":{"TableName":"sgkeeper","CapacityUnits":` + units + `,"Table":{"CapacityUnits":` +
			units + `}}}`
	}
	both := func(total, table, index string) string {
		return `{"ConsumedCapacity":{"TableName":"sgkeeper","CapacityUnits":` + total + `,"Table":{"CapacityUnits":` +
			table +
			`},"GlobalSecondaryIndexes":{"due":{"CapacityUnits":` + index + `}}}}`
	}
	kilobytes := `,"x":{"S":"` + strings.Repeat("x", 2500) + `"}`
	for _, test := range []struct{ op, input, want, why string }{
		{"PutItem", put(``), table("1"), "not in the index"},
		{"PutItem", put(indexed), both("2", "1", "1"), "enters the index"},
		{"PutItem", put(indexed), table("1"), "the same in the index"},
		{"PutItem", put(strings.Replace(indexed, `"1"`, `"2"`, 1)), both("3", "1", "2"),
			"moves in the index: a delete and a put"},
		{"PutItem", put(kilobytes), both("4", "3", "1"), "3 KB, leaves the index"},
		{"PutItem", put(``), table("3"), "the greater of old and new"},
		{"DeleteItem", `{` + at + `}`, table("1"), ""},
		{"DeleteItem", `{` + at + `}`, table("1"), "of nothing"},
		{"GetItem", `{` + at + `}`, table("0.5"), "of nothing"},
		{"GetItem", `{` + at + `,"ConsistentRead":true}`, table("1"), ""},
	} {
		b.want(test.op, test.input, test.want)
		if t.Failed() {
			t.Fatal(test.why)
		}
	}
	b.want("GetItem", strings.Replace(`{`+at+`}`, "INDEXES", "TOTAL", 1),
		`{"ConsumedCapacity":{"TableName":"sgkeeper","CapacityUnits":0.5}}`)
	b.want("GetItem", strings.Replace(`{`+at+`}`, "INDEXES", "NONE", 1), `{}`)
}
