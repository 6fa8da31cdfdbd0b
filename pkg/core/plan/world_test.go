package plan

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

const (
	account = "111122223333"
	groupID = "sg-0123456789abcdef0"
)

// ours and another are two installations, and stamp is when they made their rules.
var (
	ours    = Owner{Installation: "111122223333/us-east-1/sgkeeper", Group: groupID, Keys: []claim.Key{"our key"}}
	another = Owner{Installation: "another", Group: groupID, Keys: []claim.Key{"another key"}}
	stamp   = Stamp{Ticket: 12, Span: "Q7XK2MZA"}
)

// existing returns the entries of a group, with an id for each.
func existing(rules ...string) []secgroup.Entry {
	entries := make([]secgroup.Entry, len(rules))
	for i, text := range rules {
		entries[i] = secgroup.Entry{Rule: secgroup.MustParseRule(text).In(account, groupID), ID: "sgr-" + text}
	}
	return entries
}

// made returns entries that the installation made, in one call.
func made(by Owner, rules ...string) []secgroup.Entry {
	return by.Tagged(stamp, existing(rules...))
}

// ask returns the n-th request received.
func ask(n int, launch string, rules ...string) claim.Request {
	r := claim.Request{
		Launch:   claim.Launch{Account: account, Name: launch},
		Group:    claim.Group{Account: account, Region: "us-east-1", ID: groupID},
		Received: time.UnixMilli(int64(n)),
	}
	for _, text := range rules {
		r.Rules = append(r.Rules, secgroup.Entry{Rule: secgroup.MustParseRule(text)})
	}
	r.Rules = secgroup.Merge(r.Rules)
	return r.Live()
}

// served returns the record of a round that served these requests.
func served(requests ...claim.Request) claim.Served {
	return claim.Served{}.After(time.UnixMilli(0), requests)
}

func limit(n int) Quota { return Quota{Limit: n} }

func texts(entries []secgroup.Entry) []string {
	var s []string
	for _, e := range entries {
		s = append(s, e.Rule.String())
	}
	return s
}

func launches(requests []claim.Request) []string {
	var s []string
	for _, r := range requests {
		s = append(s, r.Launch.Name)
	}
	return s
}

func refusedLaunches(refusals []Refusal) []string {
	var s []string
	for _, r := range refusals {
		s = append(s, r.Request.Launch.Name)
	}
	return s
}

func same[T any](t *testing.T, what string, got, want []T) {
	t.Helper()
	if len(got)+len(want) > 0 && !cmp.Equal(got, want) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// carriedOut returns the group's entries after the plan, without the work of later rounds.
func carriedOut(entries []secgroup.Entry, p Plan) []secgroup.Entry {
	return append(revoked(entries, p), p.Authorize...)
}

// revoked returns the group's entries after the plan's revokes, before its authorizations.
func revoked(entries []secgroup.Entry, p Plan) []secgroup.Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e secgroup.Entry) bool {
		return slices.ContainsFunc(p.Revoke, func(gone secgroup.Entry) bool { return gone.ID == e.ID })
	})
}
