package dynamo

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

func encodeRequest(r claim.Request) item {
	it := requestKey(r).item()
	it["v"] = number(version)
	it["st"] = text(string(r.Status))
	it["received"] = millis(r.Received)
	it["rules"] = list(r.Rules, encodeEntry)
	if !r.ExpiresAt.IsZero() {
		it["expires"] = millis(r.ExpiresAt)
	}
	encodeWhy(it, r.Origin, r.Purpose)
	if r.Instance {
		it["instance"] = &types.AttributeValueMemberBOOL{Value: true}
	}
	if !r.Finished.IsZero() {
		it["settled"] = millis(r.Finished)
	}
	if len(r.Reasons) > 0 {
		it["reasons"] = list(r.Reasons, encodeFault)
	}
	return it
}

// decodeRequest is the inverse of encodeRequest. The key holds the launch, the group and the
// digest; the digest proves that the rules and the expiry are complete. Only a refused request
// may lack its rules.
func decodeRequest(it item) (claim.Request, error) {
	r := reader{item: it}
	r.version(version)
	request := claim.Request{
		Rules:     elements(&r, "rules", decodeEntry),
		ExpiresAt: r.time("expires"),
		Received:  r.time("received"),
		Origin:    decodeOrigin(&r),
		Purpose:   decodePurpose(&r),
		Instance:  r.has("instance"),
		Status:    decodeStatus(&r),
		Finished:  r.time("settled"),
		Reasons:   elements(&r, "reasons", decodeFault),
	}
	decodeRequestKey(&r, &request)
	if bare := request.Status == claim.Refused && len(request.Rules) == 0; !bare {
		found := request
		if found.Sum = ""; found.Digest() != request.Sum {
			r.fail("its rules and expiry are those of %s", requestKey(found))
		}
	}
	if r.err != nil {
		return claim.Request{}, fmt.Errorf("item %s: %w", keyOf(it), r.err)
	}
	return request, nil
}

func decodeRequestKey(r *reader, request *claim.Request) {
	k := keyOf(r.item)
	group, ok := decodeGroup(k.pk)
	kind, rest, _ := strings.Cut(k.sk, "#")
	account, rest, _ := strings.Cut(rest, "#")
	name, digest, found := strings.Cut(rest, "#")
	if !ok || !strings.HasPrefix(k.pk, "SG#") || kind != "R" && kind != "A" || !found || strings.Contains(digest, "#") {
		r.fail("want the key of a request")
		return
	}
	request.Group, request.Sum = group, digest
	request.Launch = claim.LaunchOf(account, name)
}

func decodeStatus(r *reader) claim.Status {
	switch st := claim.Status(r.text("st")); st {
	case claim.Open, claim.Refused, claim.Expired, claim.Ended:
		return st
	default:
		r.fail("unknown status %q", st)
		return ""
	}
}

func encodeEntry(e secgroup.Entry) item {
	it := item{"rule": text(e.Rule.String())}
	if e.Description != "" {
		it["description"] = text(e.Description)
	}
	return it
}

func decodeEntry(r *reader) secgroup.Entry {
	return secgroup.Entry{Rule: decodeRule(r), Description: r.text("description")}
}

func decodeRule(r *reader) secgroup.Rule {
	rule, err := secgroup.ParseRule(r.text("rule"))
	if err != nil {
		r.fail("%w", err)
	}
	return rule
}

func encodeFault(f claim.Fault) item {
	return item{"field": text(f.Field), "problem": text(f.Problem)}
}

func decodeFault(r *reader) claim.Fault {
	return claim.Fault{Field: r.text("field"), Problem: r.text("problem")}
}

// encodeWhy adds the event's origin, the requester and the reason. It leaves out empty values.
func encodeWhy(it item, o claim.Origin, p claim.Purpose) {
	origin := item{}
	set(origin, "account", o.Account)
	set(origin, "source", o.Source)
	set(origin, "type", o.DetailType)
	set(origin, "event", o.Event)
	set(origin, "message", o.Message)
	set(origin, "sender", o.Sender)
	if len(origin) > 0 {
		it["origin"] = &types.AttributeValueMemberM{Value: origin}
	}
	set(it, "requester", p.Requester)
	set(it, "reason", p.Reason)
	set(it, "ticket", p.Ticket)
}

func set(it item, name, value string) {
	if value != "" {
		it[name] = text(value)
	}
}

// decodeOrigin returns the zero Origin for an item that an older version wrote.
func decodeOrigin(r *reader) claim.Origin {
	m, ok := member[*types.AttributeValueMemberM](r, "origin")
	if !ok {
		return claim.Origin{}
	}
	o := reader{item: m.Value}
	origin := claim.Origin{
		Account: o.text("account"), Source: o.text("source"), DetailType: o.text("type"),
		Event: o.text("event"), Message: o.text("message"), Sender: o.text("sender"),
	}
	if o.err != nil {
		r.fail("origin: %w", o.err)
	}
	return origin
}

func decodePurpose(r *reader) claim.Purpose {
	return claim.Purpose{Requester: r.text("requester"), Reason: r.text("reason"), Ticket: r.text("ticket")}
}
