package preview

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/awscli"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// requestUntil is a request for a tcp port from 10.0.0.0/8 that expires.
func requestUntil(when, launch, port string) string {
	return fmt.Sprintf(`{"launch": %q, "group": %q, "expiresAt": %q, "rules": [{"ports": %q, "from": ["10.0.0.0/8"]}]}`,
		launch, groupID, when, port)
}

func TestPreviewClock(t *testing.T) {
	const ssh, web, noon = "tcp 22 from 10.0.0.0/8", "tcp 443 from 10.0.0.0/8", "2026-12-01T12:00:00Z"
	rules := func(texts ...string) []string { return texts }
	for _, test := range []struct {
		name      string
		at        string // hh:mm:ss.fraction on the day
		entries   []secgroup.Entry
		claims    []claim.Request
		events    []string
		authorize []string
		revoke    []string
		rejected  []string
	}{
		{name: "an event that expires later", at: "11:59:59.999", events: []string{requestUntil(noon, "a", "22")},
			authorize: rules(ssh)},
		{name: "an event that expires now", at: "12:00:00", events: []string{requestUntil(noon, "a", "22")},
			rejected: rules("a /expiresAt")},
		{name: "an event that has expired, and another", at: "12:00:01",
			events: []string{requestUntil(noon, "a", "22"), requestOf("b", "443")}, authorize: rules(web),
			rejected: rules("a /expiresAt")},
		{name: "an event that has expired, although the group allows it", at: "12:00:01", entries: existing(ssh),
			events: []string{requestUntil(noon, "a", "22")}, rejected: rules("a /expiresAt")},

		{name: "a claim before its expiry", at: "11:59:59", entries: made(ours, ssh),
			claims: claims(until(noon, claimOf(1, "a", ssh)))},
		{name: "a claim within the grace stays", at: "12:00:59.999", entries: made(ours, ssh),
			claims: claims(until(noon, claimOf(1, "a", ssh)))},
		{name: "a repetition within the grace is refused, and the rule stays", at: "12:00:30", entries: made(ours, ssh),
			claims: claims(until(noon, claimOf(1, "a", ssh))),
			events: []string{requestUntil(noon, "a", "22")}, rejected: rules("a /expiresAt")},
		{name: "the rule of a claim is revoked after the grace", at: "12:01:00", entries: made(ours, ssh),
			claims: claims(until(noon, claimOf(1, "a", ssh))), revoke: rules(ssh)},
		{name: "a repetition after the grace is refused", at: "12:01:00", entries: made(ours, ssh),
			claims: claims(until(noon, claimOf(1, "a", ssh))),
			events: []string{requestUntil(noon, "a", "22")}, revoke: rules(ssh), rejected: rules("a /expiresAt")},
		{name: "a later expiry keeps its rules", at: "12:01:00", entries: made(ours, ssh),
			claims: claims(until(noon, claimOf(1, "a", ssh))),
			events: []string{requestUntil("2026-12-02T00:00:00Z", "a", "22")}},
		{name: "another launch keeps its rules", at: "12:01:00", entries: made(ours, ssh),
			claims: claims(until(noon, claimOf(1, "a", ssh)), claimOf(2, "b", ssh))},
		{name: "a foreign rule stays", at: "12:01:00", entries: existing(ssh),
			claims: claims(until(noon, claimOf(1, "a", ssh)))},
		{name: "nothing is opened for an expired claim", at: "12:01:00",
			claims: claims(until(noon, claimOf(1, "a", ssh)), claimOf(2, "b", web)), authorize: rules(web)},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := Offline{
				At: at(test.at), Claims: test.claims, Owner: ours, Quota: limit(60),
				Messages: messages(t, "["+strings.Join(test.events, ",")+"]"),
				Groups:   []awscli.Group{{ID: groupID, Owner: account, Entries: test.entries}},
			}.Make()
			var authorize, revoke []string
			for _, g := range p.Groups {
				authorize, revoke = append(authorize, texts(g.Authorize)...), append(revoke, texts(g.Revokes())...)
			}
			same(t, "Authorize", authorize, test.authorize)
			same(t, "Revokes", revoke, test.revoke)
			same(t, "rejected", rejections(p), test.rejected)
		})
	}
}

// at is a time on December 1.
func at(clock string) time.Time {
	t, err := time.Parse(time.RFC3339, "2026-12-01T"+clock+"Z")
	if err != nil {
		panic(err)
	}
	return t
}

// TestPreviewTellsExpiryWithGuard: a rejection lists all faults of an event, as in ensure.
func TestPreviewTellsExpiryWithGuard(t *testing.T) {
	p := Offline{
		At:       at("12:00:00"),
		Messages: messages(t, requestUntil("2026-12-01T12:00:00Z", "a", "22")),
		Check: func(events.Message, awscli.Group) claim.Faults {
			return fault("/rules/0/from/0", "never")
		},
		Quota: limit(60),
	}.Make()
	same(t, "rejected", rejections(p), []string{"a /rules/0/from/0", "a /expiresAt"})
}
