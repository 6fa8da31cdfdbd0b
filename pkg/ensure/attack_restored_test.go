package ensure_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// restoreTable replaces the table's items by the given ones.
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

// resume confirms that sgkeeper may revoke again, as the command does.
func (r *rig) resume() {
	r.t.Helper()
	head, ledger := r.ledger()
	if ledger.Forgotten == 0 {
		r.t.Fatal("the head says of no forgotten ticket")
	}
	if ok, err := r.table().Resume(r.t.Context(), r.group(), head, ledger.Forgotten); err != nil || !ok {
		r.t.Fatalf("Resume = %v, %v", ok, err)
	}
}

// alarms returns how many rounds have counted a lost history.
func (r *rig) alarms() (n int) {
	for line := range strings.Lines(r.log.String()) {
		var metrics struct{ HistoryLost int }
		if err := json.Unmarshal([]byte(line), &metrics); err == nil {
			n += metrics.HistoryLost
		}
	}
	return n
}

// TestAttackTableRestored restores the table to an older state under the same identity, twice.
// The next launch is served, and no rule of the forgotten launches is revoked until an
// operator confirms.
func TestAttackTableRestored(t *testing.T) {
	t.Parallel()
	for name, setting := range map[string]func(*handler.Config){"tags": tagged, "descriptions": untagged} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fakeaws.Options{Latency: everyCall}, setting)
				r.ensured(launch("before", shared, 8000))
				r.sweeps(2 * time.Hour)
				for i, port := range []int{9000, 9100} {
					forgotten, after := fmt.Sprintf("tcp %d from 0.0.0.0/0", port),
						fmt.Sprintf("tcp %d from 0.0.0.0/0", port+2)
					backup := r.items()
					r.ensured(launch(fmt.Sprint("forgotten-", i), shared, port))
					r.sweeps(2 * time.Hour)
					r.restoreTable(backup)
					alarms := r.alarms()
					r.ensured(launch(fmt.Sprint("after-", i), shared, port+2))
					r.sweeps(2 * time.Hour)
					r.has("tcp 8000 from 0.0.0.0/0", forgotten, after)
					r.released(end(fmt.Sprint("after-", i)))
					r.sweeps(time.Hour)
					r.has("tcp 8000 from 0.0.0.0/0", forgotten, after)
					if r.alarms() < alarms+10 {
						t.Errorf("%d alarms in 3 hours, want one every few minutes", r.alarms()-alarms)
					}
					r.resume()
					r.sweeps(time.Hour)
					r.has("tcp 8000 from 0.0.0.0/0")
					r.hasNot(forgotten, after)
					if alarms = r.alarms(); r.resumed() != alarms {
						t.Errorf("%d alarms after a person has confirmed", r.resumed()-alarms)
					}
				}
				r.released(end("before"))
				r.hasNot("tcp 8000 from 0.0.0.0/0")
			})
		})
	}
}

// resumed advances the clock by an hour, and returns the alarms until then.
func (r *rig) resumed() int {
	r.sweeps(time.Hour)
	return r.alarms()
}

// TestRestoredHolderDies restores the table, and kills the next function at each of its
// requests in turn, outside CI only after it was applied. The function after it still finds the lost
// history.
func TestRestoredHolderDies(t *testing.T) {
	t.Parallel()
	for nth := 1; nth <= 6; nth++ { // claim, ring, load, describe, authorize, release
		for how, then := range proof.Pick(t, ends, applied, applied) {
			t.Run(fmt.Sprintf("request %d %s", nth, how), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, fakeaws.Options{Latency: everyCall})
					r.ensured(launch("before", shared, 8000))
					r.sweeps(2 * time.Hour)
					backup := r.items()
					r.ensured(launch("forgotten", shared, 8002))
					r.sweeps(2 * time.Hour)
					r.restoreTable(backup)
					c := &client{nth: nth, then: then}
					_, _ = r.process(c).invokeUntilKilled(c, launch("after", shared, 8004))
					r.sweeps(time.Hour)
					r.ensured(launch("after", shared, 8004))
					r.sweeps(time.Hour)
					r.has("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0", "tcp 8004 from 0.0.0.0/0")
					r.resume()
				})
			})
		}
	}
}

// TestNoFalseAlarm kills a function at each of its requests in turn, or makes it yield.
// Neither looks like a lost history.
func TestNoFalseAlarm(t *testing.T) {
	t.Parallel()
	for nth := 1; nth <= 6; nth++ {
		for how, then := range ends {
			t.Run(fmt.Sprintf("request %d %s", nth, how), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, fakeaws.Options{Latency: everyCall})
					r.ensured(launch("before", shared, 8000))
					c := &client{nth: nth, then: then}
					_, _ = r.process(c).invokeUntilKilled(c, launch("dies", shared, 8002))
					r.ensuredSoon(launch("after", shared, 8004))
					r.released(end("before"))
					r.released(end("dies"))
					r.sweeps(2 * time.Hour)
					r.has("tcp 8004 from 0.0.0.0/0")
					r.hasNot("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0")
					if n := r.alarms(); n != 0 {
						t.Errorf("%d alarms, want none: %s", n, r.log)
					}
				})
			})
		}
	}
}

// ensuredSoon serves a launch once a holder's lease has expired.
func (r *rig) ensuredSoon(payload []byte) {
	r.t.Helper()
	time.Sleep(time.Minute)
	r.ensured(payload)
}

// TestTableLost loses the whole table. sgkeeper can prove none of its rules any more, so it
// revokes none. It raises no alarm, because nothing proves the loss either.
func TestTableLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		r.ensured(launch("forgotten", shared, 8000))
		r.sweeps(2 * time.Hour)
		r.restoreTable(nil)
		if o := r.ensured(launch("after", shared, 8000, 8002)); len(o.Covered) != 1 {
			t.Errorf("covered %v, want the rule of the forgotten launch to cover one", o.Covered)
		}
		r.released(end("after"))
		r.sweeps(2 * time.Hour)
		r.has("tcp 8000 from 0.0.0.0/0")
		r.hasNot("tcp 8002 from 0.0.0.0/0")
		if n := r.alarms(); n != 0 {
			t.Errorf("%d alarms, want none", n)
		}
	})
}

// TestAttackRestoredUnderAnotherName restores the table under another name, as DynamoDB does.
// A forgotten launch relies on a rule that another launch opened before the backup, so no rule
// names the forgotten one. The rule stays when the other launch ends.
func TestAttackRestoredUnderAnotherName(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		r.ensured(launch("before", shared, 8000))
		r.sweeps(2 * time.Hour)
		backup := r.items()
		if o := r.ensured(launch("forgotten", shared, 8000)); len(o.Covered) != 1 {
			t.Fatalf("covered %v, want the existing rule", o.Covered)
		}
		r.sweeps(2 * time.Hour)
		db := dynamodb.NewFromConfig(r.config)
		if _, err := db.CreateTable(t.Context(), dynamo.Definition("restored")); err != nil {
			t.Fatal(err)
		}
		for _, it := range backup {
			if _, err := db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: new("restored"),
				Item: it}); err != nil {
				t.Fatal(err)
			}
		}
		restored := r.process(&client{}, func(c *handler.Config) {
			c.Table, c.Installation = "restored",
				string(r.owner())
		})
		restored.released(end("before"))
		restored.sweeps(2 * time.Hour)
		restored.has("tcp 8000 from 0.0.0.0/0")
		if restored.alarms() == 0 {
			t.Error("no alarm reports that the table was restored")
		}
		restored.ensured(launch("forgotten", shared, 8000)) // its event is replayed
		table := dynamo.New(db, "arn:aws:dynamodb:us-east-1:111122223333:table/restored")
		head, ledger, err := table.Head(t.Context(), r.group())
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := dynamo.New(db, "restored").Resume(t.Context(), r.group(), head, ledger.Forgotten); err != nil ||
			!ok {
			t.Fatalf("Resume = %v, %v", ok, err)
		}
		restored.sweeps(time.Hour)
		restored.has("tcp 8000 from 0.0.0.0/0")
		restored.released(end("forgotten"))
		restored.hasNot("tcp 8000 from 0.0.0.0/0")
	})
}
