package handler_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// twoTeams is the example of docs/guardrails.md.
const twoTeams = "../../../pkg/guardfile/examples/two-teams.yaml"

// teams is an installation with the two teams' guardrails.
func teams(t *testing.T) *rig {
	t.Helper()
	return newRig(t, guardedBy(twoTeams))
}

// publish delivers a detail from a source by EventBridge. It returns the status, and the
// reasons of a refusal.
func (r *rig) publish(source, detailType, detail string) (status, reasons string) {
	r.t.Helper()
	event := strings.NewReplacer(`"source":"launcher"`, `"source":"`+source+`"`, events.LaunchRequested, detailType).
		Replace(envelope("111122223333", detail))
	return r.deliver(batch(eventQueue, event))
}

// deliver delivers a batch with one message.
func (r *rig) deliver(payload string) (status, reasons string) {
	r.t.Helper()
	r.log.take()
	if reply := r.invoke(payload); reply != nothingFailed {
		r.t.Fatalf("%s: answered %s", payload, reply)
	}
	logged, _ := r.lines()
	for _, line := range logged {
		if line["message"] == "outcome" {
			return line["status"].(string), line["reasons"].(string)
		}
	}
	r.t.Fatalf("%s: no outcome in %v", payload, logged)
	return "", ""
}

func (r *rig) request(source, launch string, port int) (status, reasons string) {
	return r.publish(source, events.LaunchRequested, requested(launch, port))
}

func (r *rig) end(source, launch string) (status, reasons string) {
	return r.publish(source, events.LaunchEnded, `{"launch":"`+launch+`"}`)
}

// TestAttackEndOfAnothersLaunch: each team tries to end the other's launch, under any name
// that might mean it. The launch stays open until its own team ends it.
func TestAttackEndOfAnothersLaunch(t *testing.T) {
	for owner, thief := range map[string]string{"inference": "training", "training": "inference"} {
		name, port := map[string]string{"inference": "llama-1", "training": "train-1"}[owner],
			map[string]int{"inference": 8000, "training": 9000}[owner]
		r := teams(t)
		if status, reasons := r.request(owner, name, port); status != "ensured" {
			t.Fatalf("%s: %s %s", owner, status, reasons)
		}
		for _, launch := range []string{name, "111122223333/" + name, "111122223333:" + owner + "/" + name} {
			status, reasons := r.end(thief, launch)
			if status != "rejected" || !strings.Contains(reasons, "may not name") || r.open() != 1 {
				t.Errorf("%s ends %s of %s: %s %s, %d rules open; want it refused", thief, launch, owner, status,
					reasons, r.open())
			}
		}
		direct := r.outcome(`{"detailType":"Launch Ended","launch":"` + name + `"}`)
		if direct.Status != events.Rejected || r.open() != 1 {
			t.Errorf("a caller of the function ends %s of %s: %s", name, owner, direct.Status)
		}
		if status, reasons := r.end(owner, name); status != "released" || r.open() != 0 {
			t.Errorf("%s ends its own: %s %s, %d rules open", owner, status, reasons, r.open())
		}
	}
}

// TestAttackChosenName: each team chooses a name for which the other's patterns allow more.
func TestAttackChosenName(t *testing.T) {
	r := teams(t)
	for _, row := range []struct {
		source, launch string
		port           int
	}{
		{"training", "llama-1", 8000},
		{"training", "train-1", 8000},
		{"inference", "train-1", 9000},
		{"inference", "llama-1", 9000},
		{"launcher", "llama-1", 8000},
	} {
		if status, reasons := r.request(row.source, row.launch, row.port); status != "rejected" || r.open() != 0 {
			t.Errorf("%+v: %s %s, want it refused", row, status, reasons)
		}
	}
}

// TestAttackEndBeforeStart: a team ends the other's launch before it starts. The launch still
// starts, even if both teams may use the name.
func TestAttackEndBeforeStart(t *testing.T) {
	r := newRig(t, func(c *handler.Config) {
		c.Guardrails = writeFile(t, "publishers: [{name: a, sources: [a]}, {name: b, sources: [b]}]")
	})
	if status, reasons := r.end("a", "shared-1"); status != "released" {
		t.Fatalf("an end of a launch that never was: %s %s", status, reasons)
	}
	if status, reasons := r.request("b", "shared-1", 8000); status != "ensured" || r.open() != 1 {
		t.Errorf("the launch of publisher b: %s %s", status, reasons)
	}
	if status, _ := r.request("a", "shared-1", 8001); status != "rejected" {
		t.Errorf("the launch of publisher a is %s, and it has ended", status)
	}
}

// TestAttackAnotherAccountsGroup: a member's event names a group of the function's account,
// and the reverse.
func TestAttackAnotherAccountsGroup(t *testing.T) {
	r := newRealm(t, "7f3a")
	r.rails = ""
	r.handler = r.with(runtime.Members{Accounts: []string{member}, Role: "sgkeeper-member", ExternalID: "7f3a"}).handler
	foreign := func(publisher, owner string) string {
		return batch(eventQueue, envelope(publisher, strings.Replace(requested("a", 8000), `"`+group+`"`,
			`{"id":"`+group+`","account":"`+owner+`"}`, 1)))
	}
	for publisher, owner := range map[string]string{member: "111122223333", "111122223333": member} {
		status, reasons := r.deliver(foreign(publisher, owner))
		want := "/group/account: found " + owner
		if status != "rejected" || !strings.Contains(reasons, want) ||
			!strings.Contains(reasons, "to reach in the guardrails") {
			t.Errorf("%s names a group of %s: %s %s, want %q and the key to add", publisher, owner, status, reasons,
				want)
		}
	}
	if r.open() != 0 || len(r.theirs.Rules(group)) != 1 {
		t.Error("a group of another account was opened")
	}
	r.rails = writeFile(t, `reach: [{accounts: ["`+member+`"], groups: ["111122223333"]}]`)
	r.handler = r.with(runtime.Members{Accounts: []string{member}, Role: "sgkeeper-member", ExternalID: "7f3a"}).handler
	if status, reasons := r.deliver(strings.Replace(foreign(member, "111122223333"), `\"a\"`, `\"b\"`,
		1)); status != "ensured" || r.open() != 1 {
		t.Errorf("the guardrails widen the reach: %s %s", status, reasons)
	}
}

// TestAdminOfTeams: the platform team adds to another team's launch and ends it.
func TestAdminOfTeams(t *testing.T) {
	r := teams(t)
	r.request("inference", "llama-1", 8000)
	if status, reasons := r.request("platform", "111122223333:inference/llama-1", 8001); status != "ensured" ||
		r.open() != 2 {
		t.Errorf("add: %s %s", status, reasons)
	}
	if status, reasons := r.end("platform", "111122223333:inference/llama-1"); status != "released" || r.open() != 0 {
		t.Errorf("end: %s %s, %d rules open", status, reasons, r.open())
	}
}

// TestLaunchFromBeforePublishers: a launch may be older than the guardrails' publishers. The
// only publisher that may use its name can end it, in one group and in all.
func TestLaunchFromBeforePublishers(t *testing.T) {
	for _, detail := range []string{`{"launch":"llama-1"}`, `{"launch":"llama-1","group":"` + group + `"}`} {
		r := newRig(t)
		r.outcome(bare("llama-1", 8000))
		r.handler = handler.New(handler.Config{
			Config: runtime.Config{Table: table, Quota: 60, Guardrails: twoTeams},
			Mode:   handler.Enforce, Feed: runtime.Feed{EventQueues: []string{eventQueue}, QueueQualifier: "queue"},
		}, r.clients, r.log)
		if status, _ := r.publish("training", events.LaunchEnded, detail); status != "rejected" || r.open() != 1 {
			t.Errorf("the other team ends %s: %s", detail, status)
		}
		if status, reasons := r.publish("inference", events.LaunchEnded, detail); status != "released" ||
			r.open() != 0 {
			t.Errorf("its team ends %s: %s %s, %d rules open", detail, status, reasons, r.open())
		}
	}
}

// TestSenderOfQueue: the sender identifies a message of the publishers' queue, but only if the
// queue delivered it.
func TestSenderOfQueue(t *testing.T) {
	r := newRig(t, func(c *handler.Config) {
		c.Guardrails = writeFile(t, `publishers: [{name: ci, senders: ["AROACI:*"]}, {name: bus, sources: ["*"]}]`)
	})
	from := func(sender, launch string) string {
		record := `"eventSourceARN"`
		return strings.Replace(batch(otherQueue, bare(launch, 8000)), record,
			`"attributes":{"SenderId":"`+sender+`"},`+record, 1)
	}
	if status, reasons := r.deliver(from("AROACI:job-1", "a")); status != "ensured" {
		t.Errorf("%s %s", status, reasons)
	}
	if status, reasons := r.deliver(from("AROAOTHER:job-1", "a")); status != "rejected" ||
		!strings.Contains(reasons, `sender "AROAOTHER:job-1" belongs to no publisher`) {
		t.Errorf("%s %s", status, reasons)
	}
	r.log.take()
	if _, err := r.handler.Invoke(lambda(t), []byte(from("AROACI:job-1", "b"))); err != nil {
		t.Fatal(err)
	}
	if logged := strings.Join(r.log.take(), ""); !strings.Contains(logged, "an invocation of the function") {
		t.Errorf("a caller of the function forged a sender:\n%s", logged)
	}
	requests, err := dynamo.New(dynamodb.NewFromConfig(r.clients), table).Requests(t.Context(),
		claim.Group{Account: "111122223333", Region: "us-east-1", ID: group})
	want := claim.Origin{Account: "111122223333", DetailType: events.LaunchRequested, Message: "m0",
		Sender: "AROACI:job-1"}
	if err != nil || len(requests) != 1 || requests[0].Origin != want || requests[0].Launch.Namespace != "ci" {
		t.Errorf("stored %+v, %v; want origin %+v", requests, err, want)
	}
}

// TestOwnersProperty sends random events of random publishers. After each, the live requests
// of all other owners are unchanged.
func TestOwnersProperty(t *testing.T) {
	rails := writeFile(t,
		`{publishers: [{name: inference, sources: [inference]}, {name: training, sources: [training]}]}`)
	const seeds, steps = 6, 100
	for seed := range uint64(seeds) {
		r := newRig(t, func(c *handler.Config) { c.Guardrails = rails })
		checkOwners(t, r, rand.New(rand.NewPCG(seed, 0)), steps)
	}
}

// checkOwners takes random steps and compares other owners' requests before and after.
func checkOwners(t *testing.T, r *rig, dice *rand.Rand, steps int) {
	t.Helper()
	pick := func(of ...string) string { return of[dice.IntN(len(of))] }
	tables := dynamo.New(dynamodb.NewFromConfig(r.clients), table)
	requests := func() map[string]claim.Status {
		all, err := tables.Requests(t.Context(), claim.Group{Account: "111122223333", Region: "us-east-1", ID: group})
		if err != nil {
			t.Fatal(err)
		}
		statuses := make(map[string]claim.Status)
		for _, request := range all {
			statuses[request.Key()] = request.Status
		}
		return statuses
	}
	changed := 0
	for range steps {
		source := pick("inference", "training", "inference", "training", "launcher", "aws.ec2", "")
		owner := ""
		if source == "inference" || source == "training" {
			owner = "111122223333:" + source
		}
		name := pick(fmt.Sprint("job-", dice.IntN(8)), fmt.Sprint("job-", dice.IntN(8)), "i-0123456789abcdef0")
		name = pick("", "", "", "", "111122223333/", "111122223333:inference/", "111122223333:training/",
			"444455556666/") + name
		detailType, detail := events.LaunchRequested, requested(name, []int{8000, 8001, 9000, 9001}[dice.IntN(4)])
		if dice.IntN(3) == 0 {
			detailType, detail = events.LaunchEnded, pick(`{"launch":"`+name+`"}`,
				`{"launch":"`+name+`","group":"`+group+`"}`)
		}
		event := strings.NewReplacer(`"source":"launcher"`, `"source":"`+source+`"`, events.LaunchRequested,
			detailType).
			Replace(envelope(pick("111122223333", "111122223333", "111122223333", "444455556666"), detail))
		before := requests()
		ctx := lambdaBy(t, functionARN+pick(":queue", ":queue", ":queue", ":queue", ":live"))
		payload := batch(pick(eventQueue, eventQueue, eventQueue, otherQueue), event)
		if _, err := r.handler.Invoke(ctx, []byte(payload)); err != nil {
			t.Fatalf("%s: %v", payload, err)
		}
		after := requests()
		for key := range union(before, after) {
			if before[key] == after[key] {
				continue
			}
			changed++
			if owner == "" || !strings.HasPrefix(key, owner+"#") {
				t.Fatalf("%s changed request %s of another owner from %q to %q", payload, key, before[key], after[key])
			}
		}
	}
	if changed < 3 {
		t.Errorf("%d steps changed something: too few to check anything", changed)
	}
}

func union(a, b map[string]claim.Status) map[string]bool {
	all := make(map[string]bool)
	for _, m := range []map[string]claim.Status{a, b} {
		for key := range m {
			all[key] = true
		}
	}
	return all
}

// FuzzOwners: no detail from one team changes the other's launches.
func FuzzOwners(f *testing.F) {
	f.Add("llama-1", "Launch Ended")
	f.Add("111122223333:inference/llama-1", "Launch Ended")
	f.Add("111122223333/llama-1", "Launch Requested")
	f.Fuzz(func(t *testing.T, name, detailType string) {
		quoted, err := json.Marshal(name)
		if err != nil {
			t.Skip()
		}
		kind, err := json.Marshal(detailType)
		if err != nil {
			t.Skip()
		}
		r := teams(t)
		r.request("inference", "llama-1", 8000)
		event := strings.NewReplacer(`"source":"launcher"`, `"source":"training"`, `"`+events.LaunchRequested+`"`,
			string(kind)).
			Replace(envelope("111122223333", fmt.Sprintf(`{"launch":%s}`, quoted)))
		r.invoke(batch(eventQueue, event))
		if peers := r.account.Rules(group); r.open() != 1 {
			t.Errorf("%q of %q: the group has %v", detailType, name, slices.Collect(slices.Values(peers)))
		}
	})
}

// TestPublisherLimits: a publisher's launches race for its limit in a group. Exactly as many
// as the limit allows are served. The other publisher has its own limit.
func TestPublisherLimits(t *testing.T) {
	r := newRig(t, func(c *handler.Config) {
		c.Guardrails = writeFile(t, `{publishers: [{name: a, sources: [a]}, {name: b, sources: [b]}],
			limits: {publisherClaims: 3, publisherRules: 4}}`)
	})
	event := func(source string, n int, ports string) string {
		detail := fmt.Sprintf(`{"launch":"job-%d","group":%q,"rules":[{"ports":%q,"from":["10.0.0.0/8"]}]}`, n, group,
			ports)
		return batch(eventQueue, strings.Replace(envelope("111122223333", detail), `"source":"launcher"`,
			`"source":"`+source+`"`, 1))
	}
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			if _, err := r.handler.Invoke(byQueue(t), []byte(event("a", n, fmt.Sprint(8000+2*n)))); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	r.deliver(event("a", 99, "9999")) // queued launches are served by now
	if got := r.open(); got != 3 {
		t.Errorf("%d launches of publisher a have rules, want 3", got)
	}
	if status, reasons := r.deliver(event("a", 100, "9998")); status != "rejected" ||
		!strings.Contains(reasons, "3 launches of publisher 111122223333:a already") {
		t.Errorf("one launch more: %s %s", status, reasons)
	}
	if status, reasons := r.deliver(event("b", 0, "9000,9002,9004,9006,9008")); status != "rejected" ||
		!strings.Contains(reasons, "publisher 111122223333:b would have 5 rules") {
		t.Errorf("five rules: %s %s", status, reasons)
	}
	if status, reasons := r.deliver(event("b", 1, "9000,9002,9004,9006")); status != "ensured" {
		t.Errorf("four rules of publisher b: %s %s", status, reasons)
	}
}

// TestOriginAndPurposeAreKept: the log and the table keep an event's origin, requester and
// reason. That is so for a served request, for one that the round refuses, and for one that
// the guardrails refuse. None of these texts forges a line of the log.
func TestOriginAndPurposeAreKept(t *testing.T) {
	r := newRig(t, func(c *handler.Config) {
		c.Guardrails = writeFile(t, `{publishers: [{name: a, sources: ["team a"]}], limits: {claims: 1}}`)
	})
	const why = `"requester":"me","reason":"=1+1 \"quoted\" </script>","ticket":"OPS-1",`
	ask := func(launch string, port int, status string) {
		t.Helper()
		detail := `{` + why + requested(launch, port)[1:]
		if port == 22 {
			detail = strings.Replace(detail, "10.0.0.0/8", "0.0.0.0/0", 1)
		}
		event := strings.Replace(envelope("111122223333", detail), `"source":"launcher"`, `"source":"team a"`, 1)
		r.log.take()
		r.invoke(batch(eventQueue, event))
		logged, _ := r.lines()
		outcomes := slices.DeleteFunc(logged, func(line map[string]any) bool { return line["message"] != "outcome" })
		if len(outcomes) != 1 || outcomes[0]["status"] != status || outcomes[0]["publisher"] != "a" {
			t.Fatalf("%s: logged %v, want one outcome, %s", launch, outcomes, status)
		}
		origin, purpose := outcomes[0]["origin"].(map[string]any), outcomes[0]["purpose"].(map[string]any)
		if origin["account"] != "111122223333" || origin["source"] != "team a" || origin["message"] != "m0" ||
			origin["event"] != "7bf73129-1428-4cd3-a780-95db273d1602" {
			t.Errorf("%s: logged origin %v", launch, origin)
		}
		if purpose["requester"] != "me" || purpose["reason"] != `=1+1 "quoted" </script>` ||
			purpose["ticket"] != "OPS-1" {
			t.Errorf("%s: logged purpose %v", launch, purpose)
		}
	}
	ask("served", 8000, "ensured")
	ask("full", 8001, "rejected")
	ask("ssh", 22, "rejected")
	tables := dynamo.New(dynamodb.NewFromConfig(r.clients), table)
	requests, err := tables.Requests(t.Context(), claim.Group{Account: "111122223333", Region: "us-east-1", ID: group})
	if err != nil || len(requests) != 2 {
		t.Fatalf("%d requests, %v, want 2", len(requests), err)
	}
	wantOrigin := claim.Origin{
		Account: "111122223333", Source: "team a", DetailType: events.LaunchRequested,
		Event: "7bf73129-1428-4cd3-a780-95db273d1602", Message: "m0",
	}
	wantPurpose := claim.Purpose{Requester: "me", Reason: `=1+1 "quoted" </script>`, Ticket: "OPS-1"}
	for _, request := range requests {
		if request.Origin != wantOrigin || request.Purpose != wantPurpose {
			t.Errorf("%s (%s): %+v %+v", request.Launch, request.Status, request.Origin, request.Purpose)
		}
	}
	refusals, err := tables.RefusalsOf(t.Context(), claim.Launch{Account: "111122223333", Namespace: "a", Name: "ssh"},
		time.Time{})
	if err != nil || len(refusals) != 1 || refusals[0].Origin != wantOrigin || refusals[0].Purpose != wantPurpose ||
		refusals[0].Publisher != "111122223333:a" {
		t.Errorf("refusals %+v, %v", refusals, err)
	}
}
