package plan

import (
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// TestRevoke checks when a rule of ours that no request desires is revoked.
func TestRevoke(t *testing.T) {
	narrow := ask(1, "a", "tcp 8000 from 0.0.0.0/0", "tcp 8500 from 0.0.0.0/0")
	wide := "tcp 8000-9000 from 0.0.0.0/0"
	for _, test := range []struct {
		name                           string
		in                             Input
		authorize, revoke, later, held []string
	}{
		{"it overlaps no desired rule: at once",
			Input{Entries: made(ours, "tcp 22 from 10.0.0.0/8"), Requests: []claim.Request{narrow}, Quota: limit(60)},
			[]string{"tcp 8000 from 0.0.0.0/0", "tcp 8500 from 0.0.0.0/0"}, []string{"tcp 22 from 10.0.0.0/8"}, nil,
			nil},
		{"it makes room for desired rules",
			Input{Entries: made(ours, "tcp 22 from 10.0.0.0/8"),
				Requests: []claim.Request{ask(1, "a", "tcp 443 from ::/0", "tcp 80 from 0.0.0.0/0")}, Quota: limit(1)},
			[]string{"tcp 80 from 0.0.0.0/0", "tcp 443 from ::/0"}, []string{"tcp 22 from 10.0.0.0/8"}, nil, nil},
		{"narrower rules must replace it: not before they exist",
			Input{Entries: made(ours, wide), Requests: []claim.Request{narrow}, Quota: limit(60)},
			[]string{"tcp 8000 from 0.0.0.0/0", "tcp 8500 from 0.0.0.0/0"}, nil, []string{wide}, nil},
		{"they exist, but are not in effect",
			Input{Entries: made(ours, wide, "tcp 8000 from 0.0.0.0/0", "tcp 8500 from 0.0.0.0/0"),
				Requests:    []claim.Request{narrow},
				NotInEffect: map[string]bool{"sgr-tcp 8500 from 0.0.0.0/0": true}, Quota: limit(60)},
			nil, nil, []string{wide}, nil},
		{"they are in effect",
			Input{Entries: made(ours, wide, "tcp 8000 from 0.0.0.0/0", "tcp 8500 from 0.0.0.0/0"),
				Requests: []claim.Request{narrow}, Quota: limit(60)},
			nil, []string{wide}, nil, nil},
		{"there is no room for them: it stays and covers",
			Input{Entries: made(ours, wide), Requests: []claim.Request{narrow}, Quota: limit(2)},
			nil, nil, nil, []string{wide}},
		{"a foreign rule admits all desired rules: at once",
			Input{Entries: append(made(ours, wide), existing("tcp 1-65535 from 0.0.0.0/0")...),
				Requests: []claim.Request{narrow}, Quota: limit(60)},
			nil, []string{wide}, nil, nil},
		{"no request",
			Input{Entries: append(made(ours, wide), existing("all from self")...), Quota: limit(60)},
			nil, []string{wide}, nil, nil},
		{"one of two requests contains it",
			Input{Entries: made(ours, wide), Requests: []claim.Request{narrow, ask(2, "b", wide)}, Quota: limit(60)},
			nil, nil, nil, nil},
		{"a pending rule is revoked, and made again if desired",
			Input{PendingRevokes: made(ours, "tcp 8000 from 0.0.0.0/0"),
				Requests: []claim.Request{ask(1, "a", "tcp 8000 from 0.0.0.0/0")}, Quota: limit(60)},
			[]string{"tcp 8000 from 0.0.0.0/0"}, []string{"tcp 8000 from 0.0.0.0/0"}, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.in.Ours = ours.Owns
			p := Make(test.in)
			if len(p.Refused)+len(p.Waiting) > 0 {
				t.Errorf("refused %v, waiting %v", p.Refused, p.Waiting)
			}
			for _, list := range []struct {
				name string
				got  []secgroup.Entry
				want []string
			}{{"Authorize", p.Authorize, test.authorize}, {"Revoke", p.Revoke, test.revoke}, {"Later", p.Later,
				test.later}, {"Held", p.Held, test.held}} {
				same(t, list.name, texts(list.got), list.want)
			}
		})
	}
}
