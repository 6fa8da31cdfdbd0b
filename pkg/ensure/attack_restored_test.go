package ensure_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// restoreTable has the table hold the given items and no other.
func (r *rig) restoreTable(items []map[string]types.AttributeValue) {
	r.t.Helper()
	for _, it := range r.items() {
		r.removeItem(it["pk"], it["sk"])
	}
	for _, it := range items {
		_, err := dynamodb.NewFromConfig(r.config).PutItem(context.Background(), &dynamodb.PutItemInput{
			TableName: new(table), Item: it,
		})
		if err != nil {
			r.t.Fatal(err)
		}
	}
}

// TestAttackTableRestored restores the table to an older state under the same identity.
// The next launch is served, and no rule of the launches that the table forgot is revoked.
func TestAttackTableRestored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		r.ensured(launch("before", shared, 8000))
		r.sweeps(2 * time.Hour)
		backup := r.items()
		r.ensured(launch("forgotten", shared, 8002))
		r.sweeps(2 * time.Hour)
		r.restoreTable(backup)
		r.ensured(launch("after", shared, 8004))
		r.sweeps(2 * time.Hour)
		r.has("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0", "tcp 8004 from 0.0.0.0/0")
	})
}
