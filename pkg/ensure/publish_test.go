package ensure_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestPublishBeforeRelease publishes before the lease is free. A crash between the two repeats
// the event instead of losing it.
func TestPublishBeforeRelease(t *testing.T) {
	r := newRig(t, fakeaws.Options{}, onBus)
	w := r.watch()
	r.ensured(launch("a", shared, 8000))
	got := strings.Join(w.names(""), " ")
	if want := "claim ring load describe authorize publish release"; got != want {
		t.Errorf("effects %s, want %s", got, want)
	}
}

// TestPortsEnsured announces each newly satisfied launch once, with the rules that were
// written for it.
func TestPortsEnsured(t *testing.T) {
	r := newRig(t, fakeaws.Options{}, onBus)
	b := r.listen()
	a := r.ensured(launch("a", shared, 8000))
	first := taken[events.PortsEnsured](b)
	if len(first) != 1 || !slices.Equal(first[0].Launches, []string{"a"}) || first[0].Ticket != a.Ticket ||
		a.Ticket != 1 {
		t.Fatalf("Ports Ensured %+v, want a at ticket 1", first)
	}
	if first[0].Group.ID != shared || len(first[0].Authorized) != 1 || !first[0].Authorized[0].Equal(a.Authorized[0]) {
		t.Errorf("Ports Ensured %+v, want the outcome: %+v", first[0], a)
	}
	r.ensured(launch("b", shared, 8000, 8002))
	second := taken[events.PortsEnsured](b)
	if len(second) != 1 || !slices.Equal(second[0].Launches, []string{"b"}) || second[0].Ticket != 2 {
		t.Fatalf("Ports Ensured %+v, want b alone at ticket 2", second)
	}
	if len(second[0].Authorized) != 1 || len(second[0].Covered) != 1 ||
		second[0].Covered[0].By[0].ID != a.Authorized[0].ID {
		t.Errorf("Ports Ensured %+v, want 8002 authorized and 8000 covered by a's rule", second[0])
	}
}

// TestPortsEnsuredNamesGroups announces rules with peer groups that lack an account, which EC2
// fills in, like any other.
func TestPortsEnsuredNamesGroups(t *testing.T) {
	r := newRig(t, fakeaws.Options{}, onBus)
	r.addGroup(groupB)
	b := r.listen()
	o := r.ensured(request("a", shared, rule{"ports": 8000, "from": []string{groupB, "10.0.0.0/8"}}))
	if len(o.Authorized) != 2 {
		t.Errorf("authorized %v, want 2", o.Authorized)
	}
	if e := taken[events.PortsEnsured](b); len(e) != 1 || len(e[0].Authorized) != 2 {
		t.Errorf("Ports Ensured %+v, want 2 rules authorized", e)
	}
}

// TestEveryRuleIsAccountedFor: each requested rule is either authorized or covered in the
// outcome. Other launches and their spelling of a rule do not change that.
func TestEveryRuleIsAccountedFor(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	r.addGroup(groupB)
	result := r.serve(t.Context(), r.ensurer(),
		request("short", shared, rule{"ports": 8000, "from": []string{groupB}}),
		request("long", shared, rule{"ports": 8000, "from": []string{r.account.ID() + "/" + groupB}}),
		request("both", shared, rule{"ports": 8000, "from": []string{groupB}},
			rule{"ports": 8002, "from": []string{"0.0.0.0/0"}}))
	for i, want := range []int{1, 1, 2} {
		if o := result[i].Outcomes[0]; len(o.Authorized)+len(o.Covered) != want {
			t.Errorf("%s: authorized %v, covered %v, want %d in all", o.Launch, o.Authorized, o.Covered, want)
		}
	}
}

// TestBusFails: the bus rejects an event, or is unreachable. The message returns to the queue,
// the ports are open meanwhile, and no event is lost.
func TestBusFails(t *testing.T) {
	throttled := &fakeaws.Error{Code: "ThrottlingException", Message: "Rate exceeded"}
	for _, failure := range []string{"entries fail", "no reply", "not sent"} {
		t.Run(failure, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fakeaws.Options{Latency: everyCall}, onBus)
				b := r.listen()
				r.breakBus(b, failure, throttled)
				for _, payload := range [][]byte{launch("a", shared, 8000), launch("guarded", shared, 22)} {
					if got := r.failed(withTime(t), sqs(payload)); len(got) != 1 {
						t.Errorf("%s: %v return to the queue, want the message", payload, got)
					}
				}
				r.has("tcp 8000 from 0.0.0.0/0")
				if n := strings.Count(r.log.String(), `"message":"outcome"`); n != 0 {
					t.Errorf("%d outcome lines for messages that return to the queue, want none", n)
				}
				b.setRefuse(nil)
				r.account.Inject(nil)
				taken[events.LaunchRejected](b)
				b.launches()
				if got := r.failed(withTime(t), sqs(launch("a", shared, 8000),
					launch("guarded", shared, 22))); len(got) != 0 {
					t.Errorf("%v return to the queue, want none", got)
				}
				if got := b.launches(); !slices.Equal(got, []string{"a"}) {
					t.Errorf("Ports Ensured for %v, want a", got)
				}
				if got := rejectedNames(b); !slices.Equal(got, []string{"guarded"}) {
					t.Errorf("Launch Rejected for %v, want guarded", got)
				}
			})
		})
	}
}

func (r *rig) breakBus(b *bus, failure string, err *fakeaws.Error) {
	if failure == "entries fail" {
		b.setRefuse(func(fakeaws.Entry) *fakeaws.Error { return err })
		return
	}
	r.account.Inject(func(op fakeaws.Op) (bool, error) {
		if op.Name == "PutEvents" {
			return failure == "no reply", errBroken
		}
		return true, nil
	})
}

// TestLaunchRejected announces every refusal, with the launch, the group and the reason.
func TestLaunchRejected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall}, onBus, func(c *handler.Config) { c.Quota = 3 })
		b := r.listen()
		r.end("ended")
		r.ensured(launch("first", shared, 8000))
		for _, row := range []struct {
			launch  string
			payload []byte
			field   string
			problem string
		}{
			{"malformed", launch("malformed", shared, "8000-"), "/rules/0/ports/0", "8000-"},
			{"guarded", launch("guarded", shared, 3389), "/rules/0/from/0", "RDP"},
			{"large", launch("large", shared, 8002), "/rules", "quota"},
			{"ended", launch("ended", shared, 8000), "/launch", "launch-ended"},
			{"large", launch("large", shared, 8002), "/rules", "quota"}, // again: announced again
		} {
			o := r.ask(row.payload)
			announced := taken[events.LaunchRejected](b)
			last := events.LaunchRejected{}
			if len(announced) > 0 {
				last = announced[len(announced)-1]
			}
			if o.Status != events.Rejected || last.Launch != row.launch || last.Group.ID != shared {
				t.Errorf("%s: %s, announced %+v; want it rejected and announced", row.launch, o.Status, announced)
				continue
			}
			reasons := fmt.Sprint(last.Reasons)
			if fmt.Sprint(o.Reasons) != reasons || last.Reasons[0].Field != row.field ||
				!strings.Contains(reasons, row.problem) {
				t.Errorf("%s: announced %s, outcome %v; want %s at %s", row.launch, reasons, o.Reasons, row.problem,
					row.field)
			}
		}
	})
}

// end records the end of a launch like Launch Ended.
func (r *rig) end(launch string) {
	r.t.Helper()
	_, err := dynamodb.NewFromConfig(r.config).PutItem(r.t.Context(), &dynamodb.PutItemInput{
		TableName: aws.String(table),
		Item: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: "L#" + r.account.ID() + "#" + launch},
			"sk": &types.AttributeValueMemberS{Value: "END"},
			"v":  &types.AttributeValueMemberN{Value: "1"},
		},
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// TestPublishedEventsFitTheBus: many other rules cover all rules of a launch, or of two
// launches in one round. One event cannot hold those lists. The bus accepts 1 MB here, as
// newer AWS texts say; TestWallLargeEvents has it accept 256 KB.
func TestPublishedEventsFitTheBus(t *testing.T) {
	r := newRig(t, fakeaws.Options{}, onBus)
	b := r.listen()
	for i := range 55 { // together they cover 0 to 54999
		r.outsider(shared, fmt.Sprintf("tcp %d-%d from 10.0.0.0/8", 1000*i, 1000*i+999))
	}
	covered := func(name string, net, rules int) []byte {
		peers := make([]string, rules)
		for i := range peers {
			peers[i] = fmt.Sprintf("10.%d.0.%d", net, i)
		}
		return request(name, shared, rule{"ports": "0-54999", "from": peers})
	}
	r.ensured(covered("large", 1, 150))
	if got := r.failed(withTime(t), sqs(covered("a", 2, 25), covered("b", 3, 25))); len(got) != 0 {
		t.Errorf("%v return to the queue, want none", got)
	}
	if got := taken[events.PortsEnsured](b); len(got) != 3 {
		t.Errorf("%d Ports Ensured, want one for each of 3 launches", len(got))
	} else if len(got[0].Covered) != 150 || len(got[0].Covered[0].By) != 1 || len(got[1].Covered[0].By) != 55 {
		t.Errorf("Ports Ensured with %d covered, by %d and %d; want 150, by 1 and 55", len(got[0].Covered),
			len(got[0].Covered[0].By), len(got[1].Covered[0].By))
	}
}
