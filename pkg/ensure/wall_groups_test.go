package ensure_test

import (
	"fmt"
	"hash/crc32"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// crowd is a client of AWS that counts concurrent requests.
type crowd struct {
	account *fakeaws.Account

	mu        sync.Mutex
	now, most int
}

func (c *crowd) Do(r *http.Request) (*http.Response, error) {
	c.enter(1)
	defer c.enter(-1)
	return c.account.Do(r)
}

func (c *crowd) enter(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += n
	c.most = max(c.most, c.now)
}

// TestWallEndInManyGroups ends one launch in 500 groups, or fewer outside CI. The first delivery answers the
// message, and lists the unfinished groups as queued. Sweeps finish the end in those groups
// only.
func TestWallEndInManyGroups(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		groups := proof.Pick(t, 500, 150, 50)
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		ids := make([]string, groups)
		for i := range ids {
			ids[i] = fmt.Sprintf("sg-0%016x", i)
			r.addGroup(ids[i])
			r.ensured(launch("a", ids[i], 8000))
		}
		time.Sleep(10 * time.Minute)
		r.account.Throttle(true)
		c := &crowd{account: r.account}
		f := r.over(c)
		open := func() (n int) {
			for _, id := range ids {
				n += len(r.account.Rules(id)) - 1
			}
			return n
		}
		m := queued(end("a"))
		minutes, first := 0, 0
		n, by := r.ec2Calls(func() {
			for f.work(1, m...); open() > 0 && minutes < 10; minutes++ {
				if first == 0 {
					first = groups - open()
				}
				time.Sleep(time.Minute)
				_, _ = f.invoke([]byte(`{"sgkeeper":"sweep"}`))
			}
		})
		t.Logf("the end is answered after %d deliveries, when it was finished in %d of %d groups; "+
			"%d are open after %d more sweeps",
			m[0].deliveries, first, groups, open(), minutes)
		t.Logf("%d calls of EC2: %s; %d requests at once", n, by, c.most)
		if m[0].outcomes == nil || m[0].deliveries > 1 || len(m[0].outcomes) != groups {
			t.Errorf("the end is %s after %d deliveries, want an outcome for each group at the first", m[0].status(),
				m[0].deliveries)
		}
		if open() > 0 || minutes > 5 {
			t.Errorf("%d groups are open after %d sweeps, want none after 5", open(), minutes)
		}
		if n > 7*groups { // a describe and a revoke; three sweeps; throttled calls
			t.Errorf("%d calls of EC2 for %d groups, want at most %d", n, groups, 7*groups)
		}
		if c.most > 64 {
			t.Errorf("%d requests at once, want at most 64: Lambda has 1,024 file descriptors", c.most)
		}
		if left, err := r.table().Unfinished(t.Context(), time.Now().Add(time.Hour), 100); err != nil || len(left) > 0 {
			t.Errorf("unfinished: %v, %v", left, err)
		}
	})
}

// oneShard is the shard of the index that these tests fill, of its eight.
const oneShard = 3

func inShard(pk string) bool { return crc32.ChecksumIEEE([]byte(pk))%8 == oneShard }

// sameShard returns n groups of that shard.
func (r *rig) sameShard(n int) (ids []string) {
	prefix := "SG#" + r.account.ID() + "#" + r.account.Region() + "#"
	for i := 0; len(ids) < n; i++ {
		if id := fmt.Sprintf("sg-0%016x", i); inShard(prefix + id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// expiring returns a request on a group with an expiry.
func expiring(launch, group string, after time.Duration) []byte {
	return marshal(map[string]any{
		"detailType": events.LaunchRequested, "launch": launch, "group": group,
		"expiresAt": time.Now().Add(after).UTC().Format(time.RFC3339),
		"rules":     []rule{{"ports": 8000, "from": []string{"0.0.0.0/0"}}},
	})
}

// newer writes an item of a newer schema into a group's partition.
func (r *rig) newer(group, sk string) {
	r.t.Helper()
	_, err := dynamodb.NewFromConfig(r.config).PutItem(r.t.Context(), &dynamodb.PutItemInput{
		TableName: new(table), Item: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: "SG#" + r.account.ID() + "#" + r.account.Region() + "#" + group},
			"sk": &types.AttributeValueMemberS{Value: sk}, "v": numberOf(1000),
		},
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// describeDenied makes EC2 deny the describe of some groups.
func describeDenied(groups []string) fakeaws.Fault {
	return func(op fakeaws.Op) (bool, error) {
		if strings.HasPrefix(op.Name, "Describe") && slices.Contains(groups, groupOf(op)) {
			return false, &fakeaws.Error{Code: "UnauthorizedOperation",
				Message: "You are not authorized to perform this operation.", Status: http.StatusForbidden}
		}
		return true, nil
	}
}

// TestWallSweepFairness: groups of one index shard cannot be served, and have been due longer
// than one that can. The sweep serves that one, and its log names the others.
func TestWallSweepFairness(t *testing.T) {
	for name, spoil := range map[string]func(r *rig, bad []string){
		"describe is denied": func(r *rig, bad []string) { r.account.Inject(describeDenied(bad)) },
		"an item of a newer schema": func(r *rig, bad []string) {
			for _, id := range bad {
				r.newer(id, "R#"+r.account.ID()+"#future#0")
			}
		},
	} {
		for _, n := range []int{8, 20} {
			t.Run(fmt.Sprintf("%s, %d groups", name, n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, fakeaws.Options{Latency: everyCall})
					ids := r.expired(n + 1)
					spoil(r, ids[:n])
					r.sweepsUntilClosed(t, ids[n], ids[:n])
				})
			})
		}
	}
	t.Run("the member was removed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fakeaws.Options{Latency: everyCall})
			ids := r.expired(1)
			removed := r.strangers(8)
			r.sweepsUntilClosed(t, ids[0], removed)
		})
	})
}

// strangers adds the heads of n groups of an account that is no longer a member.
func (r *rig) strangers(n int) (ids []string) {
	for i := 0; len(ids) < n; i++ {
		id := fmt.Sprintf("sg-0%016x", 0xfff000+i)
		pk := "SG#222233334444#" + r.account.Region() + "#" + id
		if inShard(pk) {
			ids = append(ids, id)
			r.due(pk)
		}
	}
	return ids
}

// sweepsUntilClosed sweeps up to 12 times. It fails the test unless the first three close the
// group's rule and the log names the unserved groups.
func (r *rig) sweepsUntilClosed(t *testing.T, group string, bad []string) {
	t.Helper()
	swept, before := 0, len(r.log.String())
	for swept < 12 && len(r.account.Rules(group)) > 1 {
		time.Sleep(time.Minute)
		_, _ = r.invoke([]byte(`{"sgkeeper":"sweep"}`))
		swept++
	}
	open := len(r.account.Rules(group)) > 1
	named := 0
	for _, id := range bad {
		if strings.Contains(r.log.String()[before:], id) {
			named++
		}
	}
	t.Logf("the expired rule is open: %v, after %d sweeps; the log names %d of %d groups that are not served",
		open, swept, named, len(bad))
	if open || swept > 3 {
		t.Errorf("the expired rule is open for %d sweeps, want at most 3", swept)
	}
	if named < len(bad) {
		t.Errorf("the log names %d of %d groups that are not served", named, len(bad))
	}
}

// TestWallLookups: a lookup hangs, or is throttled for long. The other messages of the batch
// are answered.
func TestWallLookups(t *testing.T) {
	for _, row := range []struct {
		name    string
		payload func() []byte
		latency func(fakeaws.Op) time.Duration
		fault   fakeaws.Fault
	}{
		{"a name where EC2 hangs", func() []byte { return named("slow", "web", 443) },
			func(op fakeaws.Op) time.Duration {
				if op.Name == "DescribeSecurityGroups" {
					return time.Hour
				}
				return latency
			}, nil},
		{"an instance while DescribeInstances is throttled",
			func() []byte { return instanceEvent("i-0123456789abcdef0", "running") }, everyCall,
			func(op fakeaws.Op) (bool, error) {
				if op.Name == "DescribeInstances" {
					return false, &fakeaws.Error{Code: "RequestLimitExceeded", Message: "Request limit exceeded.",
						Status: 503}
				}
				return true, nil
			}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fakeaws.Options{Latency: row.latency}, withInstances)
				r.account.Inject(row.fault)
				batch := [][]byte{row.payload()}
				for i := range 9 {
					batch = append(batch, launch(name(i), shared, 10000+2*i))
				}
				begun := time.Now()
				failed := r.failed(withTime(t), sqsOf(eventQueue, batch...))
				t.Logf("%d of 10 messages return to the queue after %s: %v", len(failed),
					time.Since(begun).Round(time.Second), failed)
				if !slices.Equal(failed, []string{"m0"}) {
					t.Errorf("%v return to the queue, want the one that hangs", failed)
				}
				if got := len(r.account.Rules(shared)); got != 12 {
					t.Errorf("the group has %d rules, want 9 and the 3 foreign ones", got)
				}
			})
		})
	}
}

// TestWallInstancesDenied denies DescribeInstances, or throttles it forever, while an instance
// has ports open on a group. Requests on that group still expire.
func TestWallInstancesDenied(t *testing.T) {
	for _, refusal := range []*fakeaws.Error{
		{Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation.",
			Status: http.StatusForbidden},
		{Code: "RequestLimitExceeded", Message: "Request limit exceeded.", Status: http.StatusServiceUnavailable},
	} {
		t.Run(refusal.Code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fakeaws.Options{Latency: everyCall}, withInstances)
				id := r.run(tags(), shared)
				r.tell(id, "running")
				r.ensured(expiring("short", shared, 30*time.Minute)) // port 8000 from everywhere
				r.account.Inject(func(op fakeaws.Op) (bool, error) {
					if op.Name == "DescribeInstances" {
						return false, refusal
					}
					return true, nil
				})
				failed, minutes := 0, 0
				for minutes < 120 && (minutes < 30 || r.holds("tcp 8000 from 0.0.0.0/0")) {
					time.Sleep(time.Minute)
					minutes++
					if _, err := r.invoke([]byte(`{"sgkeeper":"sweep"}`)); err != nil {
						failed++
					}
				}
				t.Logf("%d of %d sweeps failed; the rule that expired after 30 minutes is open after %d: %v",
					failed, minutes, minutes, r.holds("tcp 8000 from 0.0.0.0/0"))
				if minutes > 35 {
					t.Errorf("the rule is open for %d minutes, want at most 35", minutes)
				}
				r.has("tcp 8000 from 10.0.0.0/8", "tcp 8002-8004 from 10.0.0.0/8")
			})
		})
	}
}

func (r *rig) holds(text string) bool { return r.rules(shared).Contains(parsed(text)) }

// TestWallInstancesOff switches SGKEEPER_INSTANCES off while an instance has ports open. They
// are closed after it has terminated, and the sweep logs that.
func TestWallInstancesOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall}, withInstances)
		id := r.run(tags(), shared)
		r.tell(id, "running")
		r.has("tcp 8000 from 10.0.0.0/8")
		off := r.with(func(c *handler.Config) { c.Instances = false })
		r.terminate(id)
		time.Sleep(time.Hour)
		off.sweeps(2 * time.Hour)
		open, logged := off.holds("tcp 8000 from 10.0.0.0/8"), strings.Contains(off.log.String(), "SGKEEPER_INSTANCES")
		t.Logf("three hours after the instance has terminated its ports are open: %v; the log says so: %v",
			open, logged)
		if open {
			t.Error("the ports of a terminated instance are open, want none left behind")
		}
		if !logged {
			t.Error("the log does not name the requests of instances")
		}
	})
}

// TestWallDescribeDenied: EC2 denies the describe of a group. The message is answered with a
// refusal that names the permission.
func TestWallDescribeDenied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall}, onBus)
		b := r.listen()
		r.account.Deny("ec2:Describe*")
		m := queued(launch("a", shared, 8000))
		r.work(16, m...)
		announced := rejectedNames(b)
		t.Logf("the launch is %s after %d deliveries, events announce %d refusals; %s", m[0].status(),
			m[0].deliveries, len(announced), m[0].reasons())
		if m[0].status() != events.Queued { // else a sweep refused it and announced that
			m[0].wants(t, events.Rejected, maxDeliveries)
			if !strings.Contains(m[0].reasons(), "ec2:DescribeSecurityGroupRules") {
				t.Errorf("refused for %s, want the permission named", m[0].reasons())
			}
		}
		if !slices.Equal(announced, []string{"a"}) {
			t.Errorf("the events name %v, want a", announced)
		}
		r.account.Deny()
		good := queued(launch("b", shared, 8002))
		r.work(16, good...)
		good[0].wantsServed(t, 2)
	})
}

// TestWallNewerItem has one item of a newer schema among a group's requests. The sweep serves
// other groups, and its log names this one.
func TestWallNewerItem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		ids := r.expired(2)
		r.newer(ids[0], "R#"+r.account.ID()+"#future#0")
		r.sweepsUntilClosed(t, ids[1], ids[:1])
	})
}

// TestWallOddKey has an item in the index with a key that no version of sgkeeper writes. The
// sweep serves the other groups, and its log names the item.
func TestWallOddKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		ids := r.expired(1)
		r.due("SG#odd")
		r.sweepsUntilClosed(t, ids[0], []string{"SG#odd"})
	})
}

// TestWallOddKeyOfAnEnd puts a key that no version of sgkeeper writes into the record of a
// launch's groups. The end is finished in the launch's other groups, and the log names the
// item.
func TestWallOddKeyOfAnEnd(t *testing.T) {
	for _, by := range []string{"event", "sweep"} {
		t.Run(by, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fakeaws.Options{Latency: everyCall})
				r.addGroup("sg-0aaaaaaaaaaaaaaaa")
				r.ensured(launch("a", "sg-0aaaaaaaaaaaaaaaa", 8000))
				r.ensured(launch("a", shared, 8000))
				pk := "L#" + r.account.ID() + "#a"
				_, err := dynamodb.NewFromConfig(r.config).PutItem(t.Context(), &dynamodb.PutItemInput{
					TableName: new(table), Item: map[string]types.AttributeValue{
						"pk": &types.AttributeValueMemberS{Value: pk},
						"sk": &types.AttributeValueMemberS{Value: "G#odd"},
					},
				})
				if err != nil {
					t.Fatal(err)
				}
				if by == "sweep" { // the function dies once the end is recorded
					r.dieAfter("UpdateItem", end("a"))
					time.Sleep(5 * time.Minute)
					if _, err := r.invoke([]byte(`{"sgkeeper":"sweep"}`)); err == nil ||
						!strings.Contains(err.Error(), pk+"/G#odd") {
						t.Errorf("the sweep ends with %v, want an error that names the item", err)
					}
				} else if result, err := r.invoke(end("a")); err != nil || len(result.Outcomes) != 2 {
					t.Errorf("the end is answered with %v, %v, want an outcome for each of its two groups",
						result.Outcomes, err)
				}
				for _, id := range []string{shared, "sg-0aaaaaaaaaaaaaaaa"} {
					if slices.ContainsFunc(r.account.Rules(id),
						func(rule fakeaws.Rule) bool { return rule.FromPort == 8000 }) {
						t.Errorf("the port of %s is open after the end", id)
					}
				}
				if !strings.Contains(r.log.String(), pk+"/G#odd") {
					t.Error("the log does not name the item")
				}
				if left, err := r.table().Unfinished(t.Context(), time.Now().Add(time.Hour), 100); err != nil ||
					len(left) > 0 {
					t.Errorf("unfinished: %v, %v", left, err)
				}
			})
		})
	}
}

// expired returns n groups of one shard, each with an expired rule to revoke.
func (r *rig) expired(n int) []string {
	r.t.Helper()
	ids := r.sameShard(n)
	for i, id := range ids {
		r.addGroup(id)
		r.ensured(expiring(fmt.Sprint("l", i), id, 30*time.Minute+time.Duration(i)*time.Second))
	}
	time.Sleep(40 * time.Minute)
	return ids
}

// due writes a head that has been due for an hour to the shard of sameShard.
func (r *rig) due(pk string) {
	r.t.Helper()
	_, err := dynamodb.NewFromConfig(r.config).PutItem(r.t.Context(), &dynamodb.PutItemInput{
		TableName: new(table), Item: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: "HEAD"},
			"v": numberOf(1), "want": numberOf(1), "applied": numberOf(1),
			"due":   numberOf(time.Now().Add(-time.Hour).UnixMilli()),
			"shard": &types.AttributeValueMemberS{Value: fmt.Sprint(oneShard)},
		},
	})
	if err != nil {
		r.t.Fatal(err)
	}
}
