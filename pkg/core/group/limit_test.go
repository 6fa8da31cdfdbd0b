package group

import (
	"fmt"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

var (
	limited = claim.Group{Account: "111122223333", Region: "us-east-1", ID: "sg-0123456789abcdef0"}
	noon    = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
)

// limitedTo returns the state of a group with room for some rules and launches. Each request has a
// launch of its own and one rule, and is a minute older than the next one.
func limitedTo(rules, launches int, requests ...string) State {
	s := State{
		Group: limited, Installation: "111122223333/us-east-1/sgkeeper", Loaded: noon,
		Quota: plan.Quota{Limit: rules}, Caps: plan.Caps{Launches: launches},
	}
	for i, rule := range requests {
		s.Requests = append(s.Requests, claim.Request{
			Launch: claim.Launch{Account: limited.Account, Name: fmt.Sprint("l", i)}, Group: limited,
			Status:   claim.Open,
			Rules:    []secgroup.Entry{{Rule: secgroup.MustParseRule(rule)}},
			Received: noon.Add(time.Duration(i-len(requests)) * time.Minute),
		})
	}
	return s
}

// TestFullForAnAssumedRule: a rule that no describe has shown is authorized again for a new
// launch, which needs no room. If EC2 has no room for it, it does not exist. The round must not
// try it again.
func TestFullForAnAssumedRule(t *testing.T) {
	const rule, other = "tcp 8000 from 10.0.0.0/8", "tcp 9000 from 10.0.0.0/8"
	s := limitedTo(2, 0, rule)
	made := secgroup.MustParseRule(rule)
	s.Ledger.Made = []claim.Made{{Rule: made, ID: "sgr-0aaaaaaaaaaaaaaaa", At: noon.Add(-time.Minute), Listed: true}}
	s = s.Observe([]secgroup.Entry{{Rule: secgroup.MustParseRule(other), ID: "sgr-0bbbbbbbbbbbbbbbb"}}, noon)
	if d := s.Decide(); len(d.Confirm) != 1 || !s.Confirms(d.Confirm) {
		t.Fatalf("confirms %v, want the assumed rule", d.Confirm)
	}
	s = s.Full(made, noon)
	d := s.Decide()
	if len(d.Confirm)+len(d.Authorize) > 0 || len(d.Waiting)+len(d.Refused) != 1 || s.Quota.Limit != 1 {
		t.Errorf("confirms %v and authorizes %v, %d wait and %d are refused, with a limit of %d; "+
			"want one not served, with a limit of 1",
			d.Confirm, d.Authorize, len(d.Waiting), len(d.Refused), s.Quota.Limit)
	}
}

// TestOpenLaunchesCountFirst: of the launches that may have been announced, those that are open
// are announced in any case. So no rule is opened for another one beyond the limit, even if
// functions with other clocks recorded it first.
func TestOpenLaunchesCountFirst(t *testing.T) {
	const first, second, third = "tcp 1 from 10.0.0.0/8", "tcp 2 from 10.0.0.0/8", "tcp 3 from 10.0.0.0/8"
	s := limitedTo(60, 2, first, second, third)
	s.Interrupted = true
	s = s.Observe([]secgroup.Entry{
		{Rule: secgroup.MustParseRule(second), ID: "sgr-0aaaaaaaaaaaaaaaa"},
		{Rule: secgroup.MustParseRule(third), ID: "sgr-0bbbbbbbbbbbbbbbb"},
	}, noon)
	d := s.Decide()
	if len(d.Authorize) > 0 || len(d.Accepted) != 2 || len(d.Waiting) != 1 || d.Waiting[0].Request.Launch.Name != "l0" {
		t.Errorf("authorizes %v, accepts %d and %v wait; want l0 to wait, and nothing to be opened", d.Authorize,
			len(d.Accepted), d.Waiting)
	}
}
