package plan

import (
	"fmt"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Caps limit the requests of one group. A zero limit means no limit.
type Caps struct {
	Launches int // launches with live requests
	Rules    int // rules of all live requests of one launch, together
}

// Judge judges the live requests of a group together. Package guard has one.
type Judge interface {
	// Add takes a live request.
	Add(r claim.Request)
	// Against returns the reasons against serving a request beside those that were added.
	// If wait is true, the judge lacks a fact to decide now.
	Against(r claim.Request) (reasons events.Faults, wait bool)
}

// limits are the caps and the judgement of the live requests together, applied to one
// request after the other.
type limits struct {
	Input
	judge Judge // nil: requests are not judged together
	asked map[events.Launch]map[secgroup.Rule]bool
}

// over returns the requests that exceed the caps, or that the guardrails refuse beside the
// others. It refuses requests in the order received. A request that may have been announced,
// or that cannot be judged now, is held instead, by key: no further rule is opened for it. A
// served request counts and is in neither result.
func (in Input) over(requests []claim.Request) (refused []Refusal, held map[string]events.Faults) {
	if in.Caps == (Caps{}) && in.Judge == nil {
		return nil, nil
	}
	l := limits{Input: in, asked: make(map[events.Launch]map[secgroup.Rule]bool)}
	if in.Judge != nil {
		l.judge = in.Judge()
		for _, r := range requests {
			if in.announced(r) {
				l.judge.Add(r)
			}
		}
	}
	held = make(map[string]events.Faults)
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

// against returns the reasons against serving a request. There are none against a served one.
func (l limits) against(r claim.Request) (reasons events.Faults, wait bool) {
	if l.Served.Has(r) {
		return nil, false
	}
	if l.judge != nil {
		reasons, wait = l.judge.Against(r)
	}
	rules, known := l.asked[r.Launch]
	fresh := 0
	for _, e := range r.Rules {
		if !rules[e.Rule] {
			fresh++
		}
	}
	problems := l.Caps.problems(len(l.asked), known, len(rules)+fresh)
	return append(problems, reasons...), wait && problems == nil
}

// take counts a request that is served beside the others.
func (l limits) take(r claim.Request) {
	if l.judge != nil && !l.announced(r) {
		l.judge.Add(r)
	}
	if l.Caps == (Caps{}) {
		return
	}
	if l.asked[r.Launch] == nil {
		l.asked[r.Launch] = make(map[secgroup.Rule]bool)
	}
	for _, e := range r.Rules {
		l.asked[r.Launch][e.Rule] = true
	}
}

// problems returns the caps that a request exceeds. launches counts the launches with live
// requests. known is whether the request's launch is one of them, and rules counts the rules
// that it would have.
func (c Caps) problems(launches int, known bool, rules int) (problems events.Faults) {
	if c.Launches > 0 && !known && launches >= c.Launches {
		problems = append(problems, fault("/group", "the group serves %d launches already, and the guardrails allow %d; end those that are over, or use another group", launches, c.Launches)...)
	}
	if c.Rules > 0 && rules > c.Rules {
		problems = append(problems, fault("/rules", "the launch would have %d rules in the group, and the guardrails allow %d; ask for wider ranges, or for less", rules, c.Rules)...)
	}
	return problems
}

func fault(field, format string, args ...any) events.Faults {
	return events.Faults{{Field: field, Problem: fmt.Sprintf(format, args...)}}
}
