package dynamodb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb"
)

// wire is the minimal HTTP client that connects the SDK to a Service.
type wire struct{ service *dynamodb.Service }

func (w wire) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	status := http.StatusOK
	answer, err := w.service.Call(op, body)
	if failed, ok := errors.AsType[*api.Error](err); ok {
		status = failed.HTTPStatus()
		members := map[string]any{
			"__type":  "com.amazonaws.dynamodb.v20120810#" + failed.Code,
			"message": failed.Message,
		}
		maps.Copy(members, failed.Members)
		answer, err = json.Marshal(members)
	}
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body:       io.NopCloser(bytes.NewReader(answer)),
		Request:    r,
	}, err
}

func newClient(service *dynamodb.Service) *sdk.Client {
	return sdk.New(sdk.Options{
		Region:     "eu-west-1",
		HTTPClient: wire{service},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
}

// tableName is the table of most tests. It has the project's keys, pk and sk, and its index
// due, of shard and due.
const tableName = "sgkeeper"

// bench is a client with a table.
type bench struct {
	*testing.T
	service *dynamodb.Service
	client  *sdk.Client
}

func newBench(t *testing.T) *bench {
	t.Helper()
	service := dynamodb.New("111122223333", "eu-west-1")
	b := &bench{t, service, newClient(service)}
	_, err := b.client.CreateTable(t.Context(), &sdk.CreateTableInput{
		TableName:   aws.String(tableName),
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("sk"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("shard"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("due"), AttributeType: types.ScalarAttributeTypeN},
		},
		KeySchema: keySchema("pk", "sk"),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName:  aws.String("due"),
			KeySchema:  keySchema("shard", "due"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}},
	})
	b.must(err)
	return b
}

func keySchema(hash string, rest ...string) []types.KeySchemaElement {
	schema := []types.KeySchemaElement{{AttributeName: aws.String(hash), KeyType: types.KeyTypeHash}}
	for _, name := range rest {
		schema = append(schema, types.KeySchemaElement{AttributeName: aws.String(name), KeyType: types.KeyTypeRange})
	}
	return schema
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// call performs an operation on JSON, which is shorter than the SDK's types, and decodes the
// reply.
func (b *bench) call(op, input string) (map[string]any, error) {
	b.Helper()
	answer, err := b.service.Call(op, []byte(input))
	if err != nil {
		return nil, err
	}
	var members map[string]any
	b.must(json.Unmarshal(answer, &members))
	return members, nil
}

// want compares a reply with JSON.
func (b *bench) want(op, input, want string) {
	b.Helper()
	got, err := b.call(op, input)
	if err != nil {
		b.Errorf("%s(%s): %v", op, input, err)
		return
	}
	var expected map[string]any
	b.must(json.Unmarshal([]byte(want), &expected))
	if diff := cmp.Diff(expected, got); diff != "" {
		b.Errorf("%s(%s) (-want +got):\n%s", op, input, diff)
	}
}

// refuses checks that the error contains want.
func (b *bench) refuses(op, input, want string) {
	b.Helper()
	_, err := b.service.Call(op, []byte(input))
	if err == nil || !strings.Contains(err.Error(), want) {
		b.Errorf("%s(%s) = %v, want %s", op, input, err, want)
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if failed, ok := errors.AsType[smithy.APIError](err); !ok || failed.ErrorCode() != code {
		t.Errorf("error = %v, want %s", err, code)
	}
}

// item returns an item or key of names and values. An int becomes a number.
func item(pairs ...any) map[string]types.AttributeValue {
	m := make(map[string]types.AttributeValue)
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)] = value(pairs[i+1])
	}
	return m
}

func value(v any) types.AttributeValue {
	switch v := v.(type) {
	case string:
		return &types.AttributeValueMemberS{Value: v}
	case []string:
		return &types.AttributeValueMemberSS{Value: v}
	case bool:
		return &types.AttributeValueMemberBOOL{Value: v}
	}
	text, _ := json.Marshal(v)
	return &types.AttributeValueMemberN{Value: string(text)}
}

func key(pk, sk string) map[string]types.AttributeValue { return item("pk", pk, "sk", sk) }

func (b *bench) put(i map[string]types.AttributeValue) {
	b.Helper()
	_, err := b.client.PutItem(b.Context(), &sdk.PutItemInput{TableName: aws.String(tableName), Item: i})
	b.must(err)
}

func (b *bench) get(pk, sk string) map[string]types.AttributeValue {
	b.Helper()
	out, err := b.client.GetItem(b.Context(), &sdk.GetItemInput{
		TableName: aws.String(tableName), Key: key(pk, sk), ConsistentRead: aws.Bool(true),
	})
	b.must(err)
	return out.Item
}

func diff(want, got any) string {
	return cmp.Diff(want, got, cmp.Exporter(func(reflect.Type) bool { return true }))
}
