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

// over returns the requests that exceed the caps. It refuses requests in the order received. A
// request that may have been announced is held instead, by key: no further rule is opened for
// it. A served request counts toward the caps and is in neither result.
func (in Input) over(requests []claim.Request) (refused []Refusal, held map[string]events.Faults) {
	if in.Caps == (Caps{}) {
		return nil, nil
	}
	asked := make(map[events.Launch]map[secgroup.Rule]bool)
	held = make(map[string]events.Faults)
	for _, r := range requests {
		rules, known := asked[r.Launch]
		fresh := 0
		for _, e := range r.Rules {
			if !rules[e.Rule] {
				fresh++
			}
		}
		if !in.Served.Has(r) {
			reasons := in.Caps.problems(len(asked), known, len(rules)+fresh)
			switch {
			case reasons != nil && in.mayHaveBeenAnnounced(r):
				held[r.Key()] = reasons
				continue
			case reasons != nil:
				refused = append(refused, Refusal{r, reasons})
				continue
			}
		}
		if !known {
			rules = make(map[secgroup.Rule]bool)
			asked[r.Launch] = rules
		}
		for _, e := range r.Rules {
			rules[e.Rule] = true
		}
	}
	return refused, held
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
