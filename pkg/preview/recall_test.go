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

// requestOf is a request for tcp ports from 10.0.0.0/8.
func requestOf(launch, ports string) string {
	return fmt.Sprintf(`{"launch": %q, "group": %q, "rules": [{"ports": %q, "from": ["10.0.0.0/8"]}]}`, launch, groupID,
		ports)
}

func endOf(launch string) string {
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
		{name: "a rule of a claim stays",
			entries: made(ours, ssh), claims: claims(claimOf(1, "a", ssh))},
		{name: "a missing rule of a claim is authorized",
			claims: claims(claimOf(1, "a", ssh)), authorize: rules(ssh)},
		{name: "a rule of ours without a claim is revoked",
			entries: made(ours, ssh, web), claims: claims(claimOf(1, "a", web)), revoke: rules(ssh)},
		{name: "an end revokes the rules that only its launch requested",
			entries: made(ours, ssh, web), claims: claims(claimOf(1, "a", ssh), claimOf(2, "b", web)),
			events: []string{endOf("a")}, revoke: rules(ssh)},
		{name: "a rule of two launches stays after the end of one",
			entries: made(ours, ssh), claims: claims(claimOf(1, "a", ssh), claimOf(2, "b", ssh)),
			events: []string{endOf("a")}},
		{name: "a rule of two launches is revoked after both ends",
			entries: made(ours, ssh), claims: claims(claimOf(1, "a", ssh), claimOf(2, "b", ssh)),
			events: []string{endOf("b"), endOf("a")}, revoke: rules(ssh)},
		{name: "an end ends the claim and the event",
			entries: made(ours, ssh), claims: claims(claimOf(1, "a", ssh)),
			events: []string{requestOf("a", "443"), endOf("a")},
			revoke: rules(ssh)},
		{name: "the end of another launch changes nothing",
			entries: made(ours, ssh), claims: claims(claimOf(1, "a", ssh)), events: []string{endOf("b")}},

		{name: "the wide launch ends: a narrow rule replaces the wide one",
			entries: made(ours, wide), claims: claims(claimOf(1, "a", wide), claimOf(2, "b", narrow)),
			events:    []string{endOf("a")},
			authorize: rules(narrow), revoke: rules(wide)},
		{name: "the narrow launch ends: the wide rule stays",
			entries: made(ours, wide), claims: claims(claimOf(1, "a", wide), claimOf(2, "b", narrow)),
			events: []string{endOf("b")}},
		{name: "a requested narrow rule stays although a wide one covers it",
			entries: made(ours, wide, narrow), claims: claims(claimOf(1, "a", wide), claimOf(2, "b", narrow))},
		{name: "a wide rule replaces a narrow one",
			entries: made(ours, narrow), claims: claims(claimOf(1, "a", narrow)),
			events:    []string{requestOf("b", "8000-9000"), endOf("a")},
			authorize: rules(wide), revoke: rules(narrow)},

		{name: "a foreign rule stays, and covers",
			entries: existing(wide), claims: claims(claimOf(1, "a", narrow)), events: []string{endOf("a")}},
		{name: "a rule of another installation stays, and covers",
			entries: made("another", wide), claims: claims(claimOf(1, "a", narrow))},
		{name: "a rule of ours that somebody modified stays",
			entries: modified("tcp 23 from 10.0.0.0/8", made(ours, ssh)), claims: claims(claimOf(1, "a", ssh)),
			authorize: rules(ssh)},
		{name: "a modified rule stays when its launch ends",
			entries: modified("tcp 23 from 10.0.0.0/8", made(ours, ssh)), claims: claims(claimOf(1, "a", ssh)),
			events: []string{endOf("a")}},

		{name: "without a clock, a claim with any expiry is live",
			entries: made(ours, ssh), claims: claims(until("2001-01-01T00:00:00Z", claimOf(1, "a", ssh)))},
		{name: "an expired claim is not live",
			entries: made(ours, ssh), claims: claims(as(claim.Expired,
				until("2001-01-01T00:00:00Z", claimOf(1, "a", ssh)))), revoke: rules(ssh)},
		{name: "an ended claim is not live",
			entries: made(ours, ssh), claims: claims(as(claim.Ended, claimOf(1, "a", ssh))), revoke: rules(ssh)},
		{name: "a refused claim is not live",
			entries: made(ours, ssh), claims: claims(as(claim.Refused, claimOf(1, "a", ssh))), revoke: rules(ssh)},

		{name: "a request after a recorded end is refused",
			claims:    claims(as(claim.Ended, claimOf(1, "a", ssh))),
			events:    []string{requestOf("a", "443"), requestOf("b", "443")},
			authorize: rules(web), rejected: rules("a /launch")},
		{name: "a request after an end in the events is refused",
			entries: made(ours, ssh), claims: claims(claimOf(1, "a", ssh)),
			events: []string{endOf("a"), requestOf("a", "22")},
			revoke: rules(ssh), rejected: rules("a /launch")},
		{name: "a repetition of a refused request is refused",
			claims: claims(as(claim.Refused, claimOf(1, "a", ssh))), events: []string{requestOf("a", "22")},
			rejected: rules("a /rules")},
		{name: "a launch with a refused request may request other rules",
			claims: claims(as(claim.Refused, claimOf(1, "a", ssh))), events: []string{requestOf("a", "443")},
			authorize: rules(web)},
		{name: "a repetition of an expired request is refused",
			claims: claims(as(claim.Expired, claimOf(1, "a", ssh))), events: []string{requestOf("a", "22")},
			rejected: rules("a /expiresAt")},
		{name: "a repetition of a live request changes nothing",
			entries: made(ours, ssh), claims: claims(claimOf(1, "a", ssh)), events: []string{requestOf("a", "22")}},
		{name: "a further request adds its rules",
			entries: made(ours, ssh), claims: claims(claimOf(1, "a", ssh)), events: []string{requestOf("a", "443")},
			authorize: rules(web)},

		{name: "claims come before events",
			claims: claims(claimOf(9, "claim", ssh)), events: []string{requestOf("event", "443")}, limit: 1,
			authorize: rules(ssh), rejected: rules("event /rules")},
		{name: "claims count in the order of receipt, not of the file",
			claims: claims(claimOf(9, "late", ssh), claimOf(1, "early", web)), limit: 1, authorize: rules(web),
			rejected: rules("late /rules")},
		{name: "a claim that the group allows was served, even if received late",
			entries: made(ours, ssh), claims: claims(claimOf(1, "early", web), claimOf(9, "late", ssh)), limit: 1,
			rejected: rules("early /rules")},
		{name: "an end makes room",
			entries: made(ours, ssh), claims: claims(claimOf(1, "a", ssh)),
			events:    []string{requestOf("b", "443"), endOf("a")},
			limit:     1,
			authorize: rules(web), revoke: rules(ssh)},
		{name: "without room for its replacement, a rule is held",
			entries: made(ours, wide), claims: claims(claimOf(1, "a", wide), claimOf(2, "b", narrow)),
			events: []string{endOf("a")}, limit: 1, held: rules(wide)},
		{name: "beside a held rule, an event that does not fit is refused",
			entries: made(ours, wide), claims: claims(claimOf(2, "b", narrow)), events: []string{requestOf("c", "443")},
			limit: 1, held: rules(wide), rejected: rules("c /rules")},
		{name: "an event that the group allows counts as new, so the claim gets the room",
			entries: made(ours, wide), claims: claims(claimOf(1, "a", web)), events: []string{requestOf("b", "8080")},
			limit:     2,
			authorize: rules(web), held: rules(wide)},
		{name: "60 of 60: held",
			entries: slices.Concat(existing(ports(1, 59)...), made(ours, wide)),
			claims:  claims(claimOf(2, "b", narrow)),
			limit:   60, held: rules(wide)},
		{name: "59 of 60: replaced",
			entries: slices.Concat(existing(ports(1, 58)...), made(ours, wide)),
			claims:  claims(claimOf(2, "b", narrow)),
			limit:   60, authorize: rules(narrow), revoke: rules(wide)},
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
				t.Errorf("%d claims wait, and the plan does not show them", len(g.Waiting))
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
		Claims: claims(claimOf(1, "a", "tcp 8080 from 10.0.0.0/8")),
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
	other := claimOf(1, "a", "tcp 22 from 10.0.0.0/8")
	other.Group.ID = "sg-0eeeeeeeeeeeeeee0"
	for _, test := range []struct {
		name     string
		claim    claim.Request
		groups   []awscli.Group
		complete bool
		want     []string // ids, and whether the group was assumed
	}{
		{"described", claimOf(1, "a", "tcp 22 from 10.0.0.0/8"), []awscli.Group{snapshot()}, true,
			[]string{groupID + " false"}},
		{"in no list of rules", other, []awscli.Group{snapshot()}, false, []string{other.Group.ID + " true"}},
		{"in no list of groups: there is none", other, []awscli.Group{snapshot()}, true, nil},
		{"ended, described", as(claim.Ended, claimOf(1, "a", "tcp 22 from 10.0.0.0/8")), []awscli.Group{snapshot()},
			true,
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
	in := Offline{
		Claims: claims(claimOf(1, "a", "tcp 22 from 10.0.0.0/8")), Messages: messages(t, endOf("a")), Owner: ours,
		Quota: limit(60)}
	if p := in.Make(); len(p.Groups) != 1 || !p.NothingToDo() {
		t.Errorf("Groups = %+v, want one without claims", p.Groups)
	}
	in.Claims[0].Group.Account = "999988887777"
	in.Messages = messages(t, requestOf("b", "443"))
	in.Messages[0].Fill(account, "")
	same(t, "rejected", rejections(in.Make()), []string{"b /group/account"})
}

// TestPreviewClaimsAreEvents: claims have the same plan as their events if no rule is ours and
// all fits.
func TestPreviewClaimsAreEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := []awscli.Group{{ID: groupID, Owner: account,
			Entries: existing(rapid.SliceOfN(drawRule, 0, 3).Draw(t, "foreign")...)}}
		claimed, asked := Offline{Groups: groups, Owner: ours, Quota: limit(1000)},
			Offline{Groups: groups, Quota: limit(1000)}
		for i := range rapid.IntRange(1, 5).Draw(t, "requests") {
			r := claimOf(i, fmt.Sprint("launch-", i), rapid.SliceOfN(drawRule, 1, 3).Draw(t, "rules")...)
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
