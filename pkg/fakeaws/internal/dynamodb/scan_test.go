package dynamodb_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// scanAll returns the sk of every item of a scan, in all pages.
func (b *bench) scanAll(in *sdk.ScanInput) []string {
	b.Helper()
	in.TableName = aws.String(tableName)
	var all []string
	pages := sdk.NewScanPaginator(b.client, in)
	for pages.HasMorePages() {
		out, err := pages.NextPage(b.Context())
		if err != nil {
			b.Error(err)
			return nil
		}
		if out.Count > 0 {
			all = append(all, strings.Fields(sortKeys(out.Items))...)
		}
	}
	return all
}

func TestScanSegments(t *testing.T) {
	b := newBench(t)
	const items, segments = 60, 4
	for i := range items {
		b.put(key(fmt.Sprint("p", i), fmt.Sprint("k", i)))
	}
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		seen = make(map[string]int)
	)
	for segment := range segments {
		wg.Go(func() {
			got := b.scanAll(&sdk.ScanInput{
				Segment: aws.Int32(int32(segment)), TotalSegments: aws.Int32(segments), Limit: aws.Int32(3),
			})
			if len(got) < items/segments/3 {
				t.Errorf("segment %d has %d items of %d", segment, len(got), items)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, k := range got {
				seen[k]++
			}
		})
	}
	wg.Wait()
	if len(seen) != items {
		t.Errorf("the segments held %d items, want %d", len(seen), items)
	}
	for k, n := range seen {
		if n != 1 {
			t.Errorf("%s was in %d segments, want 1", k, n)
		}
	}
}

func TestScanFilterAndIndex(t *testing.T) {
	b := newBench(t)
	b.tens()
	got := b.scanAll(&sdk.ScanInput{
		FilterExpression:          aws.String("sk = :k OR v > :v"), // a scan may filter by keys
		ExpressionAttributeValues: item(":k", "k2", ":v", 7),
		Limit:                     aws.Int32(4),
	})
	if got := strings.Join(got, " "); got != "k2 k8 k9" {
		t.Errorf("Scan = %s, want k2 k8 k9", got)
	}
	got = b.scanAll(&sdk.ScanInput{IndexName: aws.String("due"), Limit: aws.Int32(2)})
	if got := strings.Join(got, " "); got != "k8 k6 k4 k2 k0" {
		t.Errorf("Scan of the index = %s, want k8 k6 k4 k2 k0", got)
	}
	out, err := b.client.Scan(t.Context(), &sdk.ScanInput{TableName: aws.String(tableName), Select: types.SelectCount})
	b.must(err)
	if out.Count != 10 || out.Items != nil {
		t.Errorf("Scan COUNT = %d, items %v, want 10 and none", out.Count, out.Items)
	}
}

func TestScanRefuses(t *testing.T) {
	b := newBench(t)
	for _, test := range []struct{ rest, want string }{
		{`"Segment":1`, "The TotalSegments parameter is required but was not present"},
		{`"TotalSegments":1`, "The Segment parameter is required but was not present"},
		{`"Segment":2,"TotalSegments":2`, "Segment: 2 is not less than TotalSegments: 2"},
		{`"Segment":-1,"TotalSegments":2`, "Value '-1' at 'segment'"},
		{`"Segment":0,"TotalSegments":0`, "Value '0' at 'totalSegments'"},
		{`"Segment":0,"TotalSegments":1000001`, "Value '1000001' at 'totalSegments'"},
		{`"KeyConditionExpression":"pk = :p"`, "does not support the parameter KeyConditionExpression"},
		{`"IndexName":"due","ConsistentRead":true`, "Consistent reads are not supported"},
	} {
		b.refuses("Scan", `{"TableName":"sgkeeper",`+test.rest+`}`, test.want)
	}
	refused := 0
	for segment := range 4 { // one of them has the key
		_, err := b.call("Scan",
			fmt.Sprintf(`{"TableName":"sgkeeper","Segment":%d,"TotalSegments":4,"ExclusiveStartKey":{"pk":{"S":"a"},"sk":{"S":"1"}}}`, segment))
		if err != nil {
			refused++
		}
	}
	if refused != 3 {
		t.Errorf("%d of 4 segments refuse a start key, want 3", refused)
	}
}
