package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

func (w *world) table() *dynamo.Table {
	return dynamo.New(dynamodb.NewFromConfig(w.clients()), "sgkeeper")
}

func (w *world) group(id string) claim.Group {
	return claim.Group{Account: w.ID(), Region: w.Region(), ID: id}
}

// claim LAUNCH GROUP RECEIVED EXPIRES RULE...: write a request into the table, as the function
// does. If EXPIRES is -, it never expires. LAUNCH may have its publisher's name and a slash
// before it.
func claimed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 5 {
		ts.Fatalf("usage: claim LAUNCH GROUP RECEIVED EXPIRES RULE...")
	}
	w := worldOf(ts)
	asked := events.Request{Launch: w.launch(args[0]), Purpose: w.purpose}
	if args[3] != "-" {
		asked.ExpiresAt = timeOf(ts, args[3])
	}
	for _, text := range args[4:] {
		asked.Rules = append(asked.Rules, secgroup.Entry{Rule: secgroup.MustParseRule(text),
			Description: "for " + args[0]})
	}
	_, _, err := w.table().Claim(context.Background(), asked.On(w.group(args[1]), timeOf(ts, args[2])))
	ts.Check(err)
}

func (w *world) launch(name string) claim.Launch {
	namespace, rest, named := strings.Cut(name, "/")
	if !named {
		namespace, rest = "", name
	}
	return claim.Launch{Account: w.ID(), Namespace: namespace, Name: rest}
}

// why REQUESTER REASON TICKET: the requests that follow have this purpose.
func why(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: why REQUESTER REASON TICKET")
	}
	worldOf(ts).purpose = claim.Purpose{Requester: args[0], Reason: args[1], Ticket: args[2]}
}

// item PK SK VERSION: write an item of that schema version into the table.
func putItem(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: item PK SK VERSION")
	}
	_, err := dynamodb.NewFromConfig(worldOf(ts).clients()).PutItem(context.Background(), &dynamodb.PutItemInput{
		TableName: new("sgkeeper"), Item: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: args[0]}, "sk": &types.AttributeValueMemberS{Value: args[1]},
			"v": &types.AttributeValueMemberN{Value: args[2]},
		},
	})
	ts.Check(err)
}

// settle LAUNCH GROUP WHEN ended|expired|refused: end a launch's part in a group, or its live
// requests.
func settle(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: settle LAUNCH GROUP WHEN ended|expired|refused")
	}
	w, ctx := worldOf(ts), context.Background()
	launch, group, at := w.launch(args[0]), w.group(args[1]), timeOf(ts, args[2])
	if args[3] == "ended" {
		ts.Check(w.table().EndIn(ctx, launch, group, at))
		return
	}
	requests, err := w.table().Requests(ctx, group)
	ts.Check(err)
	for _, r := range requests {
		switch {
		case r.Launch != launch:
		case args[3] == "expired":
			ts.Check(w.table().Expire(ctx, r, at))
		default:
			r.Finished, r.Reasons = at, claim.Faults{{Field: "/rules", Problem: "no room"}}
			me := lease.State{Op: lease.Ring, Owner: lease.Owner{Nonce: "script"}, Deadline: 1}
			_, _, err := w.table().Perform(ctx, group, me, nil)
			ts.Check(err)
			me.Seen = math.MaxInt64
			ts.Check(w.table().Refuse(ctx, r, me))
		}
	}
}

// archive GROUP: a sweep archives the finished requests of a group.
func archive(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	g, now := w.group(args[0]), time.Now()
	asked, err := w.table().Load(context.Background(), g)
	ts.Check(err)
	parts := claim.Archivable(claim.ApplyEnds(asked.Requests, asked.Ends), asked.Ends, now)
	ts.Check(w.table().Archive(context.Background(), g, parts, now))
}

// record WHEN EVENT DETAIL: the function refuses an event, with the decoder's reasons or, if
// it decodes, for its rules.
func record(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: record WHEN EVENT DETAIL")
	}
	w := worldOf(ts)
	messages, err := events.Decoder{Account: w.ID(), Region: w.Region()}.DecodeFile([]byte(args[2]))
	ts.Check(err)
	m, at := messages[0], timeOf(ts, args[0])
	r := claim.Refusal{
		Launch: m.Launch, Group: m.Group.Ref(), Publisher: w.ID(), Event: args[1],
		Sent: at.Add(-time.Second), At: at, Reasons: m.Faults,
	}
	if m.Request != nil {
		request := m.Request.On(w.group(m.Group.ID), at)
		for _, entry := range request.Rules {
			r.Rules = append(r.Rules, entry.Rule)
		}
		r.Purpose = m.Request.Purpose
		r.Digest, r.Reasons = request.Digest(), claim.Faults{{Field: "/rules/0", Problem: "not allowed"}}
	}
	ts.Check(w.table().Record(context.Background(), r))
}

// flood N: the function refuses N events of one day, which name only the group.
func flood(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	at := timeOf(ts, "2026-11-25T10:00:00Z")
	for i := range n {
		r := claim.Refusal{
			Launch: claim.Launch{Account: w.ID()}, Group: claim.GroupRef{ID: sg, Account: w.ID(), Region: w.Region()},
			Publisher: w.ID(), Event: fmt.Sprint("flood-", i), Sent: at, At: at,
			Reasons: claim.Faults{{Field: "/launch", Problem: "absent"}},
		}
		ts.Check(w.table().Record(context.Background(), r))
	}
}

// hold GROUP INVOCATION [ago]: a function holds the group's lease. If ago is given, it died
// with the lease.
func hold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: hold GROUP INVOCATION [ago]")
	}
	now := time.Now()
	if len(args) > 2 {
		now = now.Add(-time.Hour)
	}
	w := worldOf(ts)
	nonce := now.UTC().Format("20060102T150405Z") + "/" + args[1] + "/SCRIPT"
	deadline := lease.Instant(now.Add(time.Minute).UnixMilli())
	ring := lease.State{Op: lease.Ring, Owner: lease.Owner{Nonce: nonce}, Deadline: deadline}
	_, _, err := w.table().Perform(context.Background(), w.group(args[0]), ring, nil)
	ts.Check(err)
}

// stuck GROUP REASON REMEDY: a function rings for the group and gives up, and a sweep
// cannot serve it.
func stuck(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: stuck GROUP REASON REMEDY")
	}
	w, ctx, now := worldOf(ts), context.Background(), time.Now()
	s := lease.State{Op: lease.Ring, Owner: lease.Owner{Nonce: "script"}, Deadline: lease.Instant(now.UnixMilli())}
	_, _, err := w.table().Perform(ctx, w.group(args[0]), s, nil)
	ts.Check(err)
	s.Op = lease.Yield
	_, _, err = w.table().Perform(ctx, w.group(args[0]), s, nil)
	ts.Check(err)
	why := ensure.Failure{Reason: args[1], Remedy: args[2], Before: ensure.Unloaded}
	_, err = w.table().Postpone(ctx, w.group(args[0]), why, now)
	ts.Check(err)
}

func timeOf(ts *testscript.TestScript, text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	ts.Check(err)
	return at
}

// serve: the function serves the events on the bus, which are then forgotten.
func serve(ts *testscript.TestScript, _ bool, _ []string) {
	w := worldOf(ts)
	w.mu.Lock()
	entries := w.published
	w.published = nil
	w.mu.Unlock()
	config, err := handler.Load([]string{"SGKEEPER_TABLE=sgkeeper", "SGKEEPER_ACCOUNT=" + w.ID()})
	ts.Check(err)
	function := handler.New(config, w.clients(), io.Discard)
	for _, e := range entries {
		payload, err := json.Marshal(map[string]any{
			"version": "0", "id": e.ID, "source": e.Source, "detail-type": e.DetailType,
			"account": w.ID(), "region": w.Region(),
			"time": time.Now().UTC().Format(time.RFC3339), "resources": []string{}, "detail": json.RawMessage(e.Detail),
		})
		ts.Check(err)
		_, err = function.Invoke(context.Background(), payload)
		ts.Check(err)
	}
}
