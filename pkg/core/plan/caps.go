package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Caps limit the requests of one group. A zero limit means no limit.
type Caps struct {
	Launches int // launches with live requests
	Rules    int // rules of all live requests of one launch, together

	OwnerLaunches int // launches of one owner with live requests
	OwnerRules    int // rules of all live requests of one owner, together
}

// taken holds the launches and the rules of the requests that were taken so far.
type taken struct {
	launches map[claim.Launch]map[secgroup.Rule]bool
	owners   map[string]map[secgroup.Rule]bool // by Launch.Owner
	of       map[string]int                    // how many launches an owner has
}

func newTaken() taken {
	return taken{
		launches: make(map[claim.Launch]map[secgroup.Rule]bool),
		owners:   make(map[string]map[secgroup.Rule]bool), of: make(map[string]int),
	}
}

func (t taken) add(r claim.Request) {
	owner := r.Launch.Owner()
	if t.launches[r.Launch] == nil {
		t.launches[r.Launch] = make(map[secgroup.Rule]bool)
		t.of[owner]++
	}
	if t.owners[owner] == nil {
		t.owners[owner] = make(map[secgroup.Rule]bool)
	}
	for _, e := range r.Rules {
		t.launches[r.Launch][e.Rule], t.owners[owner][e.Rule] = true, true
	}
}

// with returns the number of the known rules and of those of a request, each counted once.
func with(known map[secgroup.Rule]bool, r claim.Request) int {
	n := len(known)
	for _, e := range r.Rules {
		if !known[e.Rule] {
			n++
		}
	}
	return n
}

// Judge judges the live requests of a group together. Package guard has one.
type Judge interface {
	// Add takes a live request.
	Add(r claim.Request)
	// Against returns the reasons against serving a request beside those that were added.
	// If wait is true, the judge lacks a fact to decide now.
	Against(r claim.Request) (reasons claim.Faults, wait bool)
}

// limits are the caps and the judgement of the live requests together, applied to one
// request after the other.
type limits struct {
	Input
	judge Judge // nil: requests are not judged together
	taken taken
}

// over returns the requests that exceed the caps, or that the guardrails refuse beside the
// others. It refuses requests in the order received. The open requests count first: a request
// that may have been announced, and that existing rules cover, is announced in any case.
//
// A request that may have been announced, or that cannot be judged now, is held instead, by
// key: no further rule is opened for it. A served request counts and is in neither result.
func (in Input) over(
	requests []claim.Request, open func(claim.Request) bool,
) (refused []Refusal, held map[string]claim.Faults) {
	if in.Caps == (Caps{}) && in.Judge == nil {
		return nil, nil
	}
	requests = slices.SortedStableFunc(slices.Values(requests), func(a, b claim.Request) int {
		return cmp.Compare(in.rank(a, open), in.rank(b, open))
	})
	l := limits{Input: in, taken: newTaken()}
	if in.Judge != nil {
		l.judge = in.Judge()
		for _, r := range requests {
			if in.announced(r) {
				l.judge.Add(r)
			}
		}
	}
	held = make(map[string]claim.Faults)
	for _, r := range requests {
		reasons, wait := l.against(r)
		switch {
		case reasons == nil:
			l.take(r)
		case wait, in.mayHaveBeenAnnounced(r):
			held[r.Key()] = reasons
		default:
			refused = append(refused, Refusal{r, reasons})
		}
	}
	return refused, held
}

// rank orders requests: the served ones, then the open ones that may have been announced, then
// the others.
func (in Input) rank(r claim.Request, open func(claim.Request) bool) int {
	switch {
	case in.Served.Has(r):
		return 0
	case in.mayHaveBeenAnnounced(r) && open(r):
		return 1
	}
	return 2
}

// against returns the reasons against serving a request. There are none against a served one.
func (l limits) against(r claim.Request) (reasons claim.Faults, wait bool) {
	if l.Served.Has(r) {
		return nil, false
	}
	if l.judge != nil {
		reasons, wait = l.judge.Against(r)
	}
	problems := l.Caps.problems(l.taken, r)
	return append(problems, reasons...), wait && problems == nil
}

// take counts a request that is served beside the others.
func (l limits) take(r claim.Request) {
	if l.judge != nil && !l.announced(r) {
		l.judge.Add(r)
	}
	if l.Caps != (Caps{}) {
		l.taken.add(r)
	}
}

// problems returns the caps that a request exceeds, beside the requests that were taken.
func (c Caps) problems(t taken, r claim.Request) (problems claim.Faults) {
	rules, known := t.launches[r.Launch]
	owner := r.Launch.Owner()
	if n := len(t.launches); c.Launches > 0 && !known && n >= c.Launches {
		problems = append(problems,
			fault("/group", "the group serves %d launches already, and the guardrails allow %d; "+
				"end finished launches, or use another group", n, c.Launches)...)
	}
	if n := t.of[owner]; c.OwnerLaunches > 0 && !known && n >= c.OwnerLaunches {
		problems = append(problems,
			fault("/group", "the group serves %d launches of publisher %s already, and the guardrails allow %d; "+
				"end finished launches, or use another group", n, owner, c.OwnerLaunches)...)
	}
	if n := with(rules, r); c.Rules > 0 && n > c.Rules {
		problems = append(problems,
			fault("/rules", "the launch would have %d rules in the group, and the guardrails allow %d; "+
				"request wider ranges, or fewer rules", n, c.Rules)...)
	}
	if n := with(t.owners[owner], r); c.OwnerRules > 0 && n > c.OwnerRules {
		problems = append(problems,
			fault("/rules", "the launches of publisher %s would have %d rules in the group, "+
				"and the guardrails allow %d; end finished launches, or request fewer rules",
				owner, n, c.OwnerRules)...)
	}
	return problems
}

func fault(field, format string, args ...any) claim.Faults {
	return claim.Faults{{Field: field, Problem: fmt.Sprintf(format, args...)}}
}
