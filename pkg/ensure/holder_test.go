package ensure_test

import (
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func TestParseHolder(t *testing.T) {
	since := time.Date(2026, 11, 27, 8, 45, 0, 0, time.UTC)
	for _, row := range []struct {
		nonce string
		want  ensure.Holder
		ok    bool
	}{
		{"20261127T084500Z/6a7e8feb-b491/5475TM67HAPLW5HQCXIBQLN3UB",
			ensure.Holder{Since: since, Invocation: "6a7e8feb-b491"}, true},
		{"20261127T084500Z//5475TM67HAPLW5HQCXIBQLN3UB", ensure.Holder{Since: since}, true},
		{"5475TM67HAPLW5HQCXIBQLN3UB", ensure.Holder{}, false}, // the format of older versions
		{"yesterday//5475TM67HAPLW5HQCXIBQLN3UB", ensure.Holder{}, false},
	} {
		if got, ok := ensure.ParseHolder(row.nonce); ok != row.ok || ok && got != row.want {
			t.Errorf("ParseHolder(%q) = %+v, %v, want %+v, %v", row.nonce, got, ok, row.want, row.ok)
		}
	}
}

// TestHolderIsOnTheLease: the lease names its holder by the function's request id and the time.
func TestHolderIsOnTheLease(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "6a7e8feb-b491"})
	if _, err := r.handler.Invoke(ctx, launch("a", shared, 8000)); err != nil {
		t.Fatal(err)
	}
	heads, err := dynamo.New(dynamodb.NewFromConfig(r.config), table).AllHeads(t.Context())
	if err != nil || len(heads) != 1 {
		t.Fatalf("AllHeads = %v, %v, want one", heads, err)
	}
	h, ok := ensure.ParseHolder(heads[0].Head.Last.Nonce)
	if age := time.Since(h.Since); !ok || h.Invocation != "6a7e8feb-b491" || age < 0 || age > time.Minute {
		t.Errorf("the last holder is %+v, %v", h, ok)
	}
}
