package plan

import (
	"slices"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

func TestMake(t *testing.T) {
	a := ask(1, "a", "tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0")
	b := ask(2, "b", "tcp 8002 from 0.0.0.0/0", "tcp 8004 from 0.0.0.0/0")
	c := ask(3, "c", "tcp 9000 from ::/0")
	for _, test := range []struct {
		name      string
		in        Input
		authorize []string
		revoke    []string
		refused   []string
		waiting   []string
	}{
		{"no request",
			Input{Entries: existing("tcp 22 from 0.0.0.0/0"), Quota: limit(60)},
			nil, nil, nil, nil},
		{"a rule of two requests is authorized once",
			Input{Requests: []claim.Request{b, a}, Quota: limit(60)},
			[]string{"tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0", "tcp 8004 from 0.0.0.0/0"}, nil, nil, nil},
		{"existing rules cover",
			Input{Entries: existing("tcp 8000-8002 from 0.0.0.0/0"), Requests: []claim.Request{a, b}, Quota: limit(60)},
			[]string{"tcp 8004 from 0.0.0.0/0"}, nil, nil, nil},
		{"one too many is refused, the others are served",
			Input{Requests: []claim.Request{a, b, c}, Quota: limit(2)},
			[]string{"tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0", "tcp 9000 from ::/0"}, nil, []string{"b"},
			nil},
		{"the first request received is served",
			Input{Requests: []claim.Request{ask(5, "late", "tcp 1 from 10.0.0.0/8"),
				ask(4, "early", "tcp 2 from 10.0.0.0/8")}, Quota: limit(1)},
			[]string{"tcp 2 from 10.0.0.0/8"}, nil, []string{"late"}, nil},
		{"a rule of a refused request is counted for the next",
			Input{Requests: []claim.Request{ask(1, "wide", "tcp 1 from 10.0.0.0/8", "tcp 3 from 10.0.0.0/8"),
				ask(2, "small", "tcp 3 from 10.0.0.0/8")}, Quota: limit(1)},
			[]string{"tcp 3 from 10.0.0.0/8"}, nil, []string{"wide"}, nil},
		{"a group over its limit still serves a covered request",
			Input{Entries: existing("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0", "tcp 1 from 10.0.0.0/8"),
				Requests: []claim.Request{a}, Quota: limit(2)},
			nil, nil, nil, nil},
		{"a family that is full does not stop the other",
			Input{Entries: existing("tcp 1 from 10.0.0.0/8"), Requests: []claim.Request{c}, Quota: limit(1)},
			[]string{"tcp 9000 from ::/0"}, nil, nil, nil},
		{"a served request comes first, although received later",
			Input{Requests: []claim.Request{ask(9, "served", "tcp 1 from 10.0.0.0/8"),
				ask(1, "fresh", "tcp 2 from 10.0.0.0/8")},
				Served: served(ask(9, "served", "tcp 1 from 10.0.0.0/8")), Quota: limit(1)},
			[]string{"tcp 1 from 10.0.0.0/8"}, nil, []string{"fresh"}, nil},
		{"a served request that no longer fits waits",
			Input{Entries: existing("udp 1 from 10.0.0.0/8"), Requests: []claim.Request{a}, Served: served(a),
				Quota: limit(2)},
			nil, nil, nil, []string{"a"}},
		{"a rule of a waiting request and of one that fits is opened",
			Input{Requests: []claim.Request{a, ask(2, "small", "tcp 8002 from 0.0.0.0/0")}, Served: served(a),
				Quota: limit(1)},
			[]string{"tcp 8002 from 0.0.0.0/0"}, nil, nil, []string{"a"}},
		{"a rule of ours without a request is revoked",
			Input{Entries: made(ours, "tcp 22 from 10.0.0.0/8", "tcp 8000 from 0.0.0.0/0"),
				Requests: []claim.Request{a}, Ours: ours.Owns, Quota: limit(60)},
			[]string{"tcp 8002 from 0.0.0.0/0"}, []string{"tcp 22 from 10.0.0.0/8"}, nil, nil},
		{"another installation's rule stays, and covers",
			Input{Entries: made(another, "tcp 8000-9000 from 0.0.0.0/0"), Requests: []claim.Request{a}, Ours: ours.Owns,
				Quota: limit(60)},
			nil, nil, nil, nil},
		{"an extra rule of ours is no cover",
			Input{Entries: made(ours, "tcp 8000-9000 from 0.0.0.0/0"),
				Requests: []claim.Request{ask(1, "a", "tcp 8080 from 0.0.0.0/0")}, Ours: ours.Owns, Quota: limit(60)},
			[]string{"tcp 8080 from 0.0.0.0/0"}, []string{"tcp 8000-9000 from 0.0.0.0/0"}, nil, nil},
		{"an extra rule without room for its replacement stays and covers",
			Input{Entries: made(ours, "tcp 8000-9000 from 0.0.0.0/0"),
				Requests: []claim.Request{ask(1, "a", "tcp 8080 from 0.0.0.0/0")}, Ours: ours.Owns, Quota: limit(1)},
			nil, nil, nil, nil},
		{"an extra rule of a refused request is revoked",
			Input{Entries: made(ours, "tcp 5 from 10.0.0.0/8"),
				Requests: []claim.Request{ask(1, "a", "tcp 5 from 10.0.0.0/8", "tcp 7 from 10.0.0.0/8")},
				Ours:     ours.Owns, Quota: limit(1)},
			nil, []string{"tcp 5 from 10.0.0.0/8"}, []string{"a"}, nil},
		{"a rule of ours described without the owner of its peer is desired",
			Input{Entries: made(ours, "tcp 5 from sg-0aaaaaaaaaaaaaaaa"),
				Requests: []claim.Request{ask(1, "a", "tcp 5 from 999988887777/sg-0aaaaaaaaaaaaaaaa")}, Ours: ours.Owns,
				Quota: limit(60)},
			nil, nil, nil, nil},
		{"a peer with and without owner is one rule, with the owner",
			Input{Requests: []claim.Request{ask(1, "a", "tcp 5 from sg-0aaaaaaaaaaaaaaaa"),
				ask(2, "b", "tcp 5 from 999988887777/sg-0aaaaaaaaaaaaaaaa")}, Quota: limit(1)},
			[]string{"tcp 5 from 999988887777/sg-0aaaaaaaaaaaaaaaa"}, nil, nil, nil},
		{"of two owners, the missing one is authorized",
			Input{Entries: existing("tcp 5 from 222222222222/sg-0aaaaaaaaaaaaaaaa"),
				Requests: []claim.Request{ask(1, "a", "tcp 5 from 222222222222/sg-0aaaaaaaaaaaaaaaa"),
					ask(2, "b", "tcp 5 from 999988887777/sg-0aaaaaaaaaaaaaaaa")}, Quota: limit(60)},
			[]string{"tcp 5 from 999988887777/sg-0aaaaaaaaaaaaaaaa"}, nil, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := Make(test.in)
			same(t, "Authorize", texts(p.Authorize), test.authorize)
			same(t, "Revoke", texts(slices.Concat(p.Revoke, p.Later)), test.revoke)
			same(t, "Refused", refusedLaunches(p.Refused), test.refused)
			same(t, "Waiting", refusedLaunches(p.Waiting), test.waiting)
		})
	}
}

func TestMakeOrders(t *testing.T) {
	late, early := ask(2, "late", "tcp 1 from 10.0.0.0/8"), ask(1, "early", "tcp 9 from 10.0.0.0/8")
	p := Make(Input{
		Entries:  made(ours, "tcp 7 from 10.0.0.0/8", "tcp 3 from 10.0.0.0/8"),
		Requests: []claim.Request{late, early},
		Ours:     ours.Owns,
		Served:   served(late),
		Quota:    limit(60),
	})
	same(t, "Accepted", launches(p.Accepted), []string{"early", "late"})
	same(t, "Authorize", texts(p.Authorize), []string{"tcp 9 from 10.0.0.0/8", "tcp 1 from 10.0.0.0/8"})
	same(t, "Revoke", texts(p.Revoke), []string{"tcp 3 from 10.0.0.0/8", "tcp 7 from 10.0.0.0/8"})
}

func TestMakeDescribes(t *testing.T) {
	a := ask(1, "a", "tcp 8000 from 0.0.0.0/0")
	a.Rules[0].Description = "vLLM"
	p := Make(Input{Requests: []claim.Request{ask(2, "b", "tcp 8000 from 0.0.0.0/0"), a}, Quota: limit(60)})
	if got, want := p.Authorize[0].Description, "sgkeeper a: vLLM"; got != want {
		t.Errorf("Description = %q, want %q", got, want)
	}
	if got := p.Authorize[0]; got.ID != "" || got.Tags != nil {
		t.Errorf("Authorize[0] = %+v, want neither id nor tags", got)
	}
}

func TestMakeKeepsItsInput(t *testing.T) {
	in := Input{
		Entries:  made(ours, "tcp 7 from 10.0.0.0/8", "tcp 3 from 10.0.0.0/8"),
		Requests: []claim.Request{ask(2, "b", "tcp 1 from 10.0.0.0/8"), ask(1, "a", "tcp 2 from 10.0.0.0/8")},
		Ours:     ours.Owns,
		Quota:    limit(3),
	}
	entries, requests := slices.Clone(in.Entries), slices.Clone(in.Requests)
	Make(in)
	if !slices.EqualFunc(in.Entries, entries, secgroup.Entry.Equal) {
		t.Error("Make changed Entries")
	}
	same(t, "Requests", launches(in.Requests), launches(requests))
}
