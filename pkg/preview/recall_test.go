package preview

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/awscli"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// as returns a claim with another status.
func as(st claim.Status, r claim.Request) claim.Request {
	r.Status = st
	return r
}

// until returns a claim with an expiry.
func until(when string, r claim.Request) claim.Request {
	at, err := time.Parse(time.RFC3339, when)
	if err != nil {
		panic(err)
	}
	r.ExpiresAt = at
	return r
}

// modified are rules of ours that an outsider changed into another rule.
func modified(to string, entries []secgroup.Entry) []secgroup.Entry {
	for i := range entries {
		entries[i].Rule = secgroup.MustParseRule(to).In(account, groupID)
	}
	return entries
}

func claims(list ...claim.Request) []claim.Request { return list }

// asks is a request for tcp ports from 10.0.0.0/8.
func asks(launch, ports string) string {
	return fmt.Sprintf(`{"launch": %q, "group": %q, "rules": [{"ports": %q, "from": ["10.0.0.0/8"]}]}`, launch, groupID,
		ports)
}

func ends(launch string) string {
	return fmt.Sprintf(`{"detailType": "Launch Ended", "launch": %q}`, launch)
}

func TestPreviewClaims(t *testing.T) {
	const (
		wide, narrow = "tcp 8000-9000 from 10.0.0.0/8", "tcp 8080 from 10.0.0.0/8"
		ssh, web     = "tcp 22 from 10.0.0.0/8", "tcp 443 from 10.0.0.0/8"
	)
	rules := func(texts ...string) []string { return texts }
	for _, test := range []struct {
		name      string
		entries   []secgroup.Entry
		claims    []claim.Request
		events    []string
		limit     int
		authorize []string
		revoke    []string
		held      []string
		rejected  []string
	}{
		{name: "what is claimed stays",
			entries: made(ours, ssh), claims: claims(ask(1, "a", ssh))},
		{name: "a claim that asks for what is not there",
			claims: claims(ask(1, "a", ssh)), authorize: rules(ssh)},
		{name: "ours that no claim asks for goes",
			entries: made(ours, ssh, web), claims: claims(ask(1, "a", web)), revoke: rules(ssh)},
		{name: "an end takes what only its launch asked for",
			entries: made(ours, ssh, web), claims: claims(ask(1, "a", ssh), ask(2, "b", web)),
			events: []string{ends("a")}, revoke: rules(ssh)},
		{name: "what two ask for stays with one of them",
			entries: made(ours, ssh), claims: claims(ask(1, "a", ssh), ask(2, "b", ssh)), events: []string{ends("a")}},
		{name: "and goes with the last",
			entries: made(ours, ssh), claims: claims(ask(1, "a", ssh), ask(2, "b", ssh)),
			events: []string{ends("b"), ends("a")}, revoke: rules(ssh)},
		{name: "an end takes the claim and the event",
			entries: made(ours, ssh), claims: claims(ask(1, "a", ssh)), events: []string{asks("a", "443"), ends("a")},
			revoke: rules(ssh)},
		{name: "the end of another launch takes nothing",
			entries: made(ours, ssh), claims: claims(ask(1, "a", ssh)), events: []string{ends("b")}},

		{name: "the wide one ends: what the narrow one needs is opened, and the wide rule goes",
			entries: made(ours, wide), claims: claims(ask(1, "a", wide), ask(2, "b", narrow)),
			events:    []string{ends("a")},
			authorize: rules(narrow), revoke: rules(wide)},
		{name: "the narrow one ends: the wide rule stays",
			entries: made(ours, wide), claims: claims(ask(1, "a", wide), ask(2, "b", narrow)),
			events: []string{ends("b")}},
		{name: "a narrow rule that a wide one covers is still asked for",
			entries: made(ours, wide, narrow), claims: claims(ask(1, "a", wide), ask(2, "b", narrow))},
		{name: "wide and narrow change places",
			entries: made(ours, narrow), claims: claims(ask(1, "a", narrow)),
			events:    []string{asks("b", "8000-9000"), ends("a")},
			authorize: rules(wide), revoke: rules(narrow)},

		{name: "what others made stays, and covers",
			entries: stand(wide), claims: claims(ask(1, "a", narrow)), events: []string{ends("a")}},
		{name: "another installation's stays, and covers",
			entries: made("another", wide), claims: claims(ask(1, "a", narrow))},
		{name: "a rule of ours that somebody modified stays",
			entries: modified("tcp 23 from 10.0.0.0/8", made(ours, ssh)), claims: claims(ask(1, "a", ssh)),
			authorize: rules(ssh)},
		{name: "and stays when its launch ends",
			entries: modified("tcp 23 from 10.0.0.0/8", made(ours, ssh)), claims: claims(ask(1, "a", ssh)),
			events: []string{ends("a")}},

		{name: "without a clock, a claim stands whatever its expiry",
			entries: made(ours, ssh), claims: claims(until("2001-01-01T00:00:00Z", ask(1, "a", ssh)))},
		{name: "a claim that the sweeper has expired does not",
			entries: made(ours, ssh), claims: claims(as(claim.Expired,
				until("2001-01-01T00:00:00Z", ask(1, "a", ssh)))), revoke: rules(ssh)},
		{name: "nor does one that has ended",
			entries: made(ours, ssh), claims: claims(as(claim.Ended, ask(1, "a", ssh))), revoke: rules(ssh)},
		{name: "nor one that was refused",
			entries: made(ours, ssh), claims: claims(as(claim.Refused, ask(1, "a", ssh))), revoke: rules(ssh)},

		{name: "it ended first: what comes late is refused",
			claims: claims(as(claim.Ended, ask(1, "a", ssh))), events: []string{asks("a", "443"), asks("b", "443")},
			authorize: rules(web), rejected: rules("a /launch")},
		{name: "it ends in the events: what comes late is refused",
			entries: made(ours, ssh), claims: claims(ask(1, "a", ssh)), events: []string{ends("a"), asks("a", "22")},
			revoke: rules(ssh), rejected: rules("a /launch")},
		{name: "asking again for what was refused",
			claims: claims(as(claim.Refused, ask(1, "a", ssh))), events: []string{asks("a", "22")},
			rejected: rules("a /rules")},
		{name: "asking for something else than was refused",
			claims: claims(as(claim.Refused, ask(1, "a", ssh))), events: []string{asks("a", "443")},
			authorize: rules(web)},
		{name: "asking again for what has expired",
			claims: claims(as(claim.Expired, ask(1, "a", ssh))), events: []string{asks("a", "22")},
			rejected: rules("a /expiresAt")},
		{name: "asking again for what is claimed",
			entries: made(ours, ssh), claims: claims(ask(1, "a", ssh)), events: []string{asks("a", "22")}},
		{name: "asking for more adds",
			entries: made(ours, ssh), claims: claims(ask(1, "a", ssh)), events: []string{asks("a", "443")},
			authorize: rules(web)},

		{name: "claims come before events",
			claims: claims(ask(9, "claim", ssh)), events: []string{asks("event", "443")}, limit: 1,
			authorize: rules(ssh), rejected: rules("event /rules")},
		{name: "claims in the order received, in whatever order they stand",
			claims: claims(ask(9, "late", ssh), ask(1, "early", web)), limit: 1, authorize: rules(web),
			rejected: rules("late /rules")},
		{name: "what the group admits was served, however late it came",
			entries: made(ours, ssh), claims: claims(ask(1, "early", web), ask(9, "late", ssh)), limit: 1,
			rejected: rules("early /rules")},
		{name: "an end makes room",
			entries: made(ours, ssh), claims: claims(ask(1, "a", ssh)), events: []string{asks("b", "443"), ends("a")},
			limit:     1,
			authorize: rules(web), revoke: rules(ssh)},
		{name: "no room for what takes its place: held",
			entries: made(ours, wide), claims: claims(ask(1, "a", wide), ask(2, "b", narrow)),
			events: []string{ends("a")}, limit: 1, held: rules(wide)},
		{name: "held, and an event that does not fit is refused",
			entries: made(ours, wide), claims: claims(ask(2, "b", narrow)), events: []string{asks("c", "443")},
			limit: 1, held: rules(wide), rejected: rules("c /rules")},
		{name: "an event is new, though the group admits it: the claim has the room",
			entries: made(ours, wide), claims: claims(ask(1, "a", web)), events: []string{asks("b", "8080")}, limit: 2,
			authorize: rules(web), held: rules(wide)},
		{name: "60 of 60: held",
			entries: slices.Concat(stand(ports(1, 59)...), made(ours, wide)), claims: claims(ask(2, "b", narrow)),
			limit: 60, held: rules(wide)},
		{name: "59 of 60: replaced",
			entries: slices.Concat(stand(ports(1, 58)...), made(ours, wide)), claims: claims(ask(2, "b", narrow)),
			limit: 60, authorize: rules(narrow), revoke: rules(wide)},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := Offline{
				Claims:   test.claims,
				Owner:    ours,
				Messages: messages(t, "["+strings.Join(test.events, ",")+"]"),
				Groups:   []awscli.Group{{ID: groupID, Owner: account, Entries: test.entries}},
				Quota:    limit(cmp.Or(test.limit, 60)),
			}.Make()
			if len(p.Groups) != 1 {
				t.Fatalf("%d groups, want the one", len(p.Groups))
			}
			g := p.Groups[0]
			same(t, "Authorize", texts(g.Authorize), test.authorize)
			same(t, "Revokes", texts(g.Revokes()), test.revoke)
			same(t, "Held", texts(g.Held), test.held)
			same(t, "rejected", rejections(p), test.rejected)
			if want := len(test.authorize)+len(test.revoke) == 0; p.NothingToDo() != want {
				t.Errorf("NothingToDo = %v, want %v", !want, want)
			}
			if len(g.Waiting) > 0 {
				t.Errorf("%d claims wait, which nothing shows", len(g.Waiting))
			}
		})
	}
}

// ports are rules of one port each.
func ports(first, last int) []string {
	var rules []string
	for port := first; port <= last; port++ {
		rules = append(rules, fmt.Sprintf("tcp %d from 10.0.0.0/8", port))
	}
	return rules
}

// rejections are the rejected launches, with the fields of their faults.
func rejections(p Preview) []string {
	var s []string
	for _, r := range p.Rejected {
		for _, reason := range r.Reasons {
			s = append(s, r.Launch+" "+reason.Field)
		}
	}
	return s
}

// TestPreviewClaimsOfNobody: without an installation, no rule is ours, and claims are only
// requests.
func TestPreviewClaimsOfNobody(t *testing.T) {
	p := Offline{
		Claims: claims(ask(1, "a", "tcp 8080 from 10.0.0.0/8")),
		Groups: []awscli.Group{{ID: groupID, Owner: account, Entries: made(ours, "tcp 8000-9000 from 10.0.0.0/8")}},
		Quota:  limit(60),
	}.Make()
	if len(p.Groups) != 1 || !p.NothingToDo() || len(p.Groups[0].Covered) != 1 {
		t.Errorf("Groups = %+v, want one in which all is covered", p.Groups)
	}
}

// TestPreviewClaimsGroups: a group is planned if a live claim names it. It is also planned if
// another claim names it and it is described.
func TestPreviewClaimsGroups(t *testing.T) {
	other := ask(1, "a", "tcp 22 from 10.0.0.0/8")
	other.Group.ID = "sg-0eeeeeeeeeeeeeee0"
	for _, test := range []struct {
		name     string
		claim    claim.Request
		groups   []awscli.Group
		complete bool
		want     []string // ids, and whether the group was assumed
	}{
		{"described", ask(1, "a", "tcp 22 from 10.0.0.0/8"), []awscli.Group{snapshot()}, true,
			[]string{groupID + " false"}},
		{"in no list of rules", other, []awscli.Group{snapshot()}, false, []string{other.Group.ID + " true"}},
		{"in no list of groups: there is none", other, []awscli.Group{snapshot()}, true, nil},
		{"ended, described", as(claim.Ended, ask(1, "a", "tcp 22 from 10.0.0.0/8")), []awscli.Group{snapshot()}, true,
			[]string{groupID + " false"}},
		{"ended, in no list of rules", as(claim.Ended, other), []awscli.Group{snapshot()}, false, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, g := range (Offline{Claims: claims(test.claim), Groups: test.groups, Complete: test.complete,
				Owner: ours, Quota: limit(60)}).Make().Groups {
				got = append(got, fmt.Sprint(g.Group, " ", g.Assumed))
			}
			same(t, "groups", got, test.want)
		})
	}
}

// TestPreviewClaimsAccounts: if no rule shows a group's owner, a claim does. A bare end counts
// as that account.
func TestPreviewClaimsAccounts(t *testing.T) {
	in := Offline{Claims: claims(ask(1, "a", "tcp 22 from 10.0.0.0/8")), Messages: messages(t, ends("a")), Owner: ours,
		Quota: limit(60)}
	if p := in.Make(); len(p.Groups) != 1 || !p.NothingToDo() {
		t.Errorf("Groups = %+v, want one without claims", p.Groups)
	}
	in.Claims[0].Group.Account = "999988887777"
	in.Messages = messages(t, asks("b", "443"))
	in.Messages[0].Fill(account, "")
	same(t, "rejected", rejections(in.Make()), []string{"b /group/account"})
}

// TestPreviewClaimsAreEvents: claims have the same plan as their events if no rule is ours and
// all fits.
func TestPreviewClaimsAreEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := []awscli.Group{{ID: groupID, Owner: account,
			Entries: stand(rapid.SliceOfN(drawRule, 0, 3).Draw(t, "foreign")...)}}
		claimed, asked := Offline{Groups: groups, Owner: ours, Quota: limit(1000)},
			Offline{Groups: groups, Quota: limit(1000)}
		for i := range rapid.IntRange(1, 5).Draw(t, "requests") {
			r := ask(i, fmt.Sprint("launch-", i), rapid.SliceOfN(drawRule, 1, 3).Draw(t, "rules")...)
			claimed.Claims = append(claimed.Claims, r)
			asked.Messages = append(asked.Messages, events.Message{Request: &events.Request{Launch: r.Launch,
				Group: events.Group{ID: groupID, Account: account}, Rules: r.Rules}})
		}
		claimed.Claims = rapid.Permutation(claimed.Claims).Draw(t, "claims")
		got, want := claimed.Make(), asked.Make()
		if got, want := texts(got.Groups[0].Authorize), texts(want.Groups[0].Authorize); !slices.Equal(got, want) {
			t.Errorf("Authorize = %v as claims, %v as events", got, want)
		}
	})
}
