package dynamo_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

var (
	_ ensure.Claims = (*dynamo.Table)(nil)
	_ ensure.Leases = (*dynamo.Table)(nil)
)

// bench is a table under test, and a client to read its items.
type bench struct {
	*testing.T
	*dynamo.Table
	client  *dynamodb.Client
	name    string
	link    *link
	account *fakeaws.Account // nil if the table is not in fakeaws
}

// onEach runs a contract test on the embedded account, and on the DynamoDB at
// SGKEEPER_TEST_DYNAMODB if that is set. Package conformance sets it.
func onEach(t *testing.T, test func(b *bench)) { onEachTrying(t, 3, test) }

// onEachTrying is onEach with the given number of attempts of the client.
func onEachTrying(t *testing.T, attempts int, test func(b *bench)) {
	t.Helper()
	t.Run("fakeaws", func(t *testing.T) { test(newBench(t, attempts)) })
	if url := os.Getenv("SGKEEPER_TEST_DYNAMODB"); url != "" {
		t.Run("endpoint", func(t *testing.T) { test(newBenchAt(t, url, attempts)) })
	}
}

// newBench returns a table in a new account. The client makes the given number of attempts,
// without a delay.
func newBench(t *testing.T, attempts int) *bench {
	account := fakeaws.New(fakeaws.Options{})
	b := openBench(t, aws.Config{HTTPClient: account, Retryer: retryer(attempts)})
	b.account = account
	return b
}

func newBenchAt(t *testing.T, url string, attempts int) *bench {
	return openBench(t, aws.Config{BaseEndpoint: &url, Retryer: retryer(attempts)})
}

func retryer(attempts int) func() aws.Retryer {
	return func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = attempts
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	}
}

func openBench(t *testing.T, cfg aws.Config) *bench {
	t.Helper()
	cfg.Region = "us-east-1"
	cfg.Credentials = credentials.NewStaticCredentialsProvider("test", "test", "")
	link := newLink(cfg.HTTPClient)
	cfg.HTTPClient = link
	client := dynamodb.NewFromConfig(cfg)
	name := fmt.Sprintf("sgkeeper-test-%d", time.Now().UnixNano())
	if _, err := client.CreateTable(t.Context(), dynamo.Definition(name)); err != nil {
		t.Fatal(err)
	}
	return &bench{t, dynamo.New(client, name), client, name, link, nil}
}

// get returns an item, or nil if there is none. Each attribute is a text such as "N 3".
func (b *bench) get(pk, sk string) map[string]string {
	b.Helper()
	out, err := b.client.GetItem(b.Context(), &dynamodb.GetItemInput{
		TableName: &b.name, ConsistentRead: aws.Bool(true), Key: itemKey(pk, sk),
	})
	if err != nil {
		b.Fatal(err)
	}
	var plain map[string]string
	for name, value := range out.Item {
		if plain == nil {
			plain = make(map[string]string)
		}
		plain[name] = show(value)
	}
	return plain
}

// put writes an item without the Table, like another version.
func (b *bench) put(pk, sk string, more map[string]types.AttributeValue) {
	b.Helper()
	it := itemKey(pk, sk)
	for name, value := range more {
		it[name] = value
	}
	if _, err := b.client.PutItem(b.Context(), &dynamodb.PutItemInput{TableName: &b.name, Item: it}); err != nil {
		b.Fatal(err)
	}
}

// set changes one attribute of an item; nil removes it.
func (b *bench) set(pk, sk, name string, value types.AttributeValue) {
	b.Helper()
	in := &dynamodb.UpdateItemInput{
		TableName: &b.name, Key: itemKey(pk, sk), ExpressionAttributeNames: map[string]string{"#name": name},
		UpdateExpression: aws.String("REMOVE #name"),
	}
	if value != nil {
		in.UpdateExpression = aws.String("SET #name = :value")
		in.ExpressionAttributeValues = map[string]types.AttributeValue{":value": value}
	}
	if _, err := b.client.UpdateItem(b.Context(), in); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) remove(pk, sk string) {
	b.Helper()
	if _, err := b.client.DeleteItem(b.Context(), &dynamodb.DeleteItemInput{TableName: &b.name,
		Key: itemKey(pk, sk)}); err != nil {
		b.Fatal(err)
	}
}

func itemKey(pk, sk string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"pk": text(pk), "sk": text(sk)}
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: fmt.Sprint(n)}
}

func show(value types.AttributeValue) string {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return "S " + v.Value
	case *types.AttributeValueMemberN:
		return "N " + v.Value
	case *types.AttributeValueMemberB:
		return fmt.Sprintf("B %x", v.Value)
	case *types.AttributeValueMemberSS:
		return "SS " + strings.Join(v.Value, ",")
	case *types.AttributeValueMemberL:
		var all []string
		for _, element := range v.Value {
			all = append(all, show(element))
		}
		return "L [" + strings.Join(all, "; ") + "]"
	case *types.AttributeValueMemberM:
		var all []string
		for _, name := range []string{"rule", "description", "field", "problem", "id", "at"} {
			if v.Value[name] != nil {
				all = append(all, name+" "+show(v.Value[name]))
			}
		}
		return "M {" + strings.Join(all, ", ") + "}"
	}
	return fmt.Sprintf("%T", value)
}

// lose makes the first request of an operation fail, before or after it was applied. The SDK
// repeats it if the error allows.
func (b *bench) lose(op string, apply bool) { b.link.lose(op, 1, apply) }

// calls returns how many requests f makes.
func (b *bench) calls(f func()) int {
	before := b.link.count()
	f()
	return b.link.count() - before
}

func wantError(t testing.TB, what string, err error, want ...any) {
	t.Helper()
	for _, w := range want {
		switch w := w.(type) {
		case error:
			if !errors.Is(err, w) {
				t.Errorf("%s: error %v, want %v", what, err, w)
			}
		case string:
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: error %v, want one that says %q", what, err, w)
			}
		}
	}
}

// The group of most tests, and requests for it.
var group = claim.Group{Account: "111122223333", Region: "us-east-1", ID: "sg-0123456789abcdef0"}

const (
	groupPK = "SG#111122223333#us-east-1#sg-0123456789abcdef0"
	launch  = "llama4-7f3a"
	account = "444455556666"
	ofGroup = "#111122223333#us-east-1#sg-0123456789abcdef0"
)

// at returns the given millisecond of the tests' day.
func at(ms int64) time.Time { return time.UnixMilli(1_790_000_000_000 + ms).UTC() }

func ask(name string, received time.Time, rules ...string) claim.Request {
	entries := make([]secgroup.Entry, len(rules))
	for i, r := range rules {
		entries[i] = secgroup.Entry{Rule: secgroup.MustParseRule(r), Description: "vLLM"}
	}
	asked := events.Request{Launch: claim.Launch{Account: account, Name: name}, Rules: entries}
	return expiring(asked.On(group, received), time.Time{})
}

// expiring returns the request with another expiry, and with its sum, as the table
// returns it.
func expiring(r claim.Request, at time.Time) claim.Request {
	r.ExpiresAt, r.Sum = at, ""
	r.Sum = r.Digest()
	return r
}
