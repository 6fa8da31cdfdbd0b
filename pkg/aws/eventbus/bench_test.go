package eventbus_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/aws/eventbus"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

var _ ensure.Bus = (*eventbus.Bus)(nil)

// bench is a bus, with a record of the entries that it was sent and that it took.
type bench struct {
	*eventbus.Bus
	account *fakeaws.Account

	mu    sync.Mutex
	sent  []int             // entries in each request
	taken []fakeaws.Entry   // in order
	fails map[string]string // by detail, the error codes to come, one letter each
}

const busName = "sgkeeper"

func newBench(t *testing.T, backoff time.Duration) *bench {
	t.Helper()
	b := &bench{account: fakeaws.New(fakeaws.Options{}), fails: make(map[string]string)}
	client := newClient(b.account, backoff)
	if _, err := client.CreateEventBus(t.Context(),
		&eventbridge.CreateEventBusInput{Name: aws.String(busName)}); err != nil {
		t.Fatal(err)
	}
	b.Bus = eventbus.New(client, busName)
	b.account.FailEntries(b.entry)
	b.account.Inject(b.request)
	return b
}

func newClient(h aws.HTTPClient, backoff time.Duration) *eventbridge.Client {
	return eventbridge.NewFromConfig(aws.Config{
		Region: "us-east-1", HTTPClient: h, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return backoff, nil })
			})
		},
	})
}

func (b *bench) request(op fakeaws.Op) (bool, error) {
	var in struct{ Entries []json.RawMessage }
	if err := json.Unmarshal(op.Body, &in); err != nil {
		return false, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent = append(b.sent, len(in.Entries))
	return true, nil
}

func (b *bench) entry(e fakeaws.Entry) *fakeaws.Error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if codes := b.fails[e.Detail]; codes != "" {
		b.fails[e.Detail] = codes[1:]
		return &fakeaws.Error{Code: "InternalFailure", Message: "fault " + codes[:1]}
	}
	e.ID = "" // it differs each time
	b.taken = append(b.taken, e)
	return nil
}

// note is an event of any size.
type note string

func (note) DetailType() string { return "Note" }

// MarshalJSON writes {"n": ...}.
func (n note) MarshalJSON() ([]byte, error) { return json.Marshal(map[string]string{"n": string(n)}) }

func (n note) detail() string { return `{"n":"` + string(n) + `"}` }

func notes(n int) (out []events.Out) {
	for i := range n {
		out = append(out, note(fmt.Sprint(i)))
	}
	return out
}

func (b *bench) details() (all []string) {
	for _, e := range b.taken {
		all = append(all, e.Detail)
	}
	return all
}
