package plan

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// A small world, so that drawn rules match, overlap and exceed the quota.
var (
	drawRule = rapid.Custom(func(t *rapid.T) string {
		first := rapid.IntRange(1, 6).Draw(t, "first")
		ports := fmt.Sprintf("%d-%d", first, rapid.IntRange(first, 6).Draw(t, "last"))
		way := rapid.SampledFrom([]string{
			"from 0.0.0.0/0", "from 10.0.0.0/8", "from 10.0.0.0/9", "from 10.128.0.0/9", "from ::/0", "to 0.0.0.0/0",
			"from self", "from sg-aaaaaaaa", "from 111122223333/sg-aaaaaaaa", "from pl-aaaaaaaa",
		}).Draw(t, "way")
		return "tcp " + ports + " " + way
	})
	drawEntries = rapid.Custom(func(t *rapid.T) []secgroup.Entry {
		entries := slices.Concat(
			existing(rapid.SliceOfN(drawRule, 0, 4).Draw(t, "foreign")...),
			made(another, rapid.SliceOfN(drawRule, 0, 2).Draw(t, "another's")...),
			made(ours, rapid.SliceOfN(drawRule, 0, 5).Draw(t, "ours")...),
		)
		slices.SortStableFunc(entries,
			func(a, b secgroup.Entry) int { return a.Rule.WithoutOwner().Compare(b.Rule.WithoutOwner()) })
		return slices.CompactFunc(entries,
			func(a, b secgroup.Entry) bool { return a.Rule.WithoutOwner() == b.Rule.WithoutOwner() })
	})
	drawInput = rapid.Custom(func(t *rapid.T) Input {
		in := Input{Entries: drawEntries.Draw(t, "entries"), Ours: ours.Owns}
		var before []claim.Request
		for i := range rapid.IntRange(0, 6).Draw(t, "requests") {
			r := ask(rapid.IntRange(1, 3).Draw(t, "received"), fmt.Sprint("launch-", i),
				rapid.SliceOfN(drawRule, 1, 3).Draw(t, "rules")...)
			in.Requests = append(in.Requests, r)
			if rapid.Bool().Draw(t, "served") {
				before = append(before, r)
			}
		}
		in.Served = served(before...)
		in.Quota = Quota{Limit: rapid.IntRange(1, 9).Draw(t, "limit"),
			Weights: map[string]int{"pl-aaaaaaaa": rapid.IntRange(0, 3).Draw(t, "weight")}}
		return in
	})
)

func checkLaw(t *testing.T, law func(t *rapid.T, in Input, p Plan)) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput.Draw(t, "input")
		law(t, in, Make(in))
	})
}

func TestAcceptedRequestsAreOpen(t *testing.T) {
	checkLaw(t, func(t *rapid.T, in Input, p Plan) {
		after := carriedOut(in.Entries, p)
		if diff := secgroup.Compare(claim.Fold(p.Accepted).Rules, secgroup.Rules(after)); len(diff.Missing) > 0 {
			t.Errorf("after the plan %v misses %v", texts(after), diff.Missing)
		}
	})
}

func TestEachRequestHasOneFate(t *testing.T) {
	checkLaw(t, func(t *rapid.T, in Input, p Plan) {
		fates := slices.Concat(launches(p.Accepted), refusedLaunches(p.Refused), refusedLaunches(p.Waiting))
		all := launches(in.Requests)
		slices.Sort(fates)
		slices.Sort(all)
		if !slices.Equal(fates, all) {
			t.Errorf("accepted, refused and waiting are %v, want %v", fates, all)
		}
	})
}

func TestServedRequestsAreNeverRefused(t *testing.T) {
	checkLaw(t, func(t *rapid.T, in Input, p Plan) {
		for _, r := range p.Refused {
			if in.Served.Has(r.Request) {
				t.Errorf("refused %s, which was served", r.Request.Launch.Name)
			}
		}
		for _, r := range p.Waiting {
			if !in.Served.Has(r.Request) {
				t.Errorf("%s waits, which was never served", r.Request.Launch.Name)
			}
		}
	})
}

func TestUsageStaysWithinTheLimit(t *testing.T) {
	checkLaw(t, func(t *rapid.T, in Input, p Plan) {
		remaining := revoked(in.Entries, p) // revokes come first
		before := in.Quota.usage(remaining)
		after := in.Quota.usage(slices.Concat(remaining, p.Authorize))
		if problems := in.Quota.problems(after, before); problems != nil {
			t.Errorf("from %+v to %+v: %v", before, after, problems)
		}
	})
}

// TestRefusalIsPerRequest: a refused request does not change the plan for the others.
func TestRefusalIsPerRequest(t *testing.T) {
	checkLaw(t, func(t *rapid.T, in Input, p Plan) {
		in.Requests = without(in.Requests, p.Refused)
		q := Make(in)
		if got, want := texts(p.Authorize), texts(q.Authorize); !slices.Equal(got, want) {
			t.Errorf("beside refused requests Authorize = %v, want %v", got, want)
		}
		if len(q.Refused) > 0 || !slices.Equal(launches(p.Accepted), launches(q.Accepted)) {
			t.Errorf("without the refused ones %v is refused, %v accepted, want %v", refusedLaunches(q.Refused),
				launches(q.Accepted), launches(p.Accepted))
		}
	})
}

func TestWithRoomNothingIsRefused(t *testing.T) {
	checkLaw(t, func(t *rapid.T, in Input, _ Plan) {
		in.Quota.Limit = 1000
		p := Make(in)
		if len(p.Refused)+len(p.Waiting) > 0 || !p.Usage.Fits {
			t.Errorf("refused %v, waiting %v, fits %v", refusedLaunches(p.Refused), refusedLaunches(p.Waiting),
				p.Usage.Fits)
		}
	})
}

func TestOrderDoesNotMatter(t *testing.T) {
	checkLaw(t, func(t *rapid.T, in Input, p Plan) {
		in.Requests = rapid.Permutation(in.Requests).Draw(t, "requests")
		in.Entries = rapid.Permutation(in.Entries).Draw(t, "entries")
		q := Make(in)
		if diff := cmp.Diff(outline(p), outline(q)); diff != "" {
			t.Errorf("in another order the plan differs (-first +second):\n%s", diff)
		}
	})
}

// outline returns the comparable parts of a plan.
func outline(p Plan) map[string]any {
	return map[string]any{
		"authorize": fmt.Sprint(p.Authorize),
		"revoke":    texts(p.Revoke),
		"covered":   fmt.Sprint(p.Covered),
		"desired":   fmt.Sprint(slices.Collect(p.Desired.Rules.All())),
		"accepted":  launches(p.Accepted),
		"refused":   fmt.Sprint(p.Refused),
		"waiting":   fmt.Sprint(p.Waiting),
		"usage":     p.Usage,
	}
}

func TestOnlyExtraRulesOfOursAreRevoked(t *testing.T) {
	checkLaw(t, func(t *rapid.T, in Input, p Plan) {
		for _, e := range slices.Concat(p.Revoke, p.Later, p.Held) {
			if !ours.Owns(e) {
				t.Errorf("revokes %v, which is not ours", e)
			}
			for want := range p.Desired.Rules.All() {
				if want.Matches(e.Rule) {
					t.Errorf("revokes %s, which is desired", e.Rule)
				}
			}
		}
	})
}

// TestNoLivePortIsClosed: a plan never closes a port of a live request. It revokes a rule only if rules in effect
// admit the same traffic.
func TestNoLivePortIsClosed(t *testing.T) {
	checkLaw(t, func(t *rapid.T, in Input, _ Plan) {
		in.NotInEffect = make(map[string]bool)
		for _, e := range in.Entries {
			in.NotInEffect[e.ID] = rapid.Bool().Draw(t, e.ID)
		}
		p := Make(in)
		settled := func(e secgroup.Entry) bool { return !in.NotInEffect[e.ID] }
		before := secgroup.NewCover(secgroup.Rules(in.Entries))
		after := secgroup.NewCover(secgroup.Rules(slices.DeleteFunc(revoked(in.Entries, p),
			func(e secgroup.Entry) bool {
				return !settled(e) && ours.Owns(e)
			})))
		for _, r := range slices.Concat(p.Accepted, waiting(p)) {
			for _, want := range r.Rules {
				for _, gone := range p.Revoke {
					if gone.Rule.Overlaps(want.Rule) && before.Covers(want.Rule) && !after.Covers(want.Rule) {
						t.Errorf("revokes %s, and the rules in effect no longer admit %s", gone.Rule, want.Rule)
					}
				}
			}
		}
	})
}

func waiting(p Plan) []claim.Request {
	var requests []claim.Request
	for _, w := range p.Waiting {
		requests = append(requests, w.Request)
	}
	return requests
}

// TestNothingIsAuthorizedTwice: Make authorizes no rule that EC2 would answer with Duplicate, and none twice.
func TestNothingIsAuthorizedTwice(t *testing.T) {
	checkLaw(t, func(t *rapid.T, in Input, p Plan) {
		seen := make(map[secgroup.Rule]bool)
		for _, e := range in.Entries {
			seen[e.Rule.WithoutOwner()] = true
		}
		for _, e := range p.Authorize {
			if seen[e.Rule.WithoutOwner()] {
				t.Errorf("authorizes %s, which exists", e.Rule)
			}
			seen[e.Rule.WithoutOwner()] = true
		}
	})
}
