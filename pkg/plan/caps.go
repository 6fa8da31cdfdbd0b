package plan

import (
	"fmt"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Caps are how much may be asked of one group; a zero one does not bound.
type Caps struct {
	Launches int // that may have open requests
	Rules    int // that the open requests of one launch may ask for together

	OwnerLaunches int // of one owner, that may have open requests
	OwnerRules    int // that the open requests of one owner may ask for together
}

// taken is what the requests that were taken so far ask of the group.
type taken struct {
	launches map[events.Launch]map[secgroup.Rule]bool
	owners   map[string]map[secgroup.Rule]bool // by Launch.Owner
	of       map[string]int                    // how many launches an owner has
}

// add takes a request.
func (t *taken) add(r claim.Request) {
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

// with returns how many rules there are of which some are known, and those of a request.
func with(known map[secgroup.Rule]bool, r claim.Request) int {
	n := len(known)
	for _, e := range r.Rules {
		if !known[e.Rule] {
			n++
		}
	}
	return n
}

// over returns the requests that exceed the caps: those to refuse, in the order in
// which they are taken, and by key those that nothing more is opened for, because they
// may have been announced. A served request counts toward the caps and is in neither.
func (in Input) over(requests []claim.Request) (refused []Refusal, held map[string]events.Faults) {
	if in.Caps == (Caps{}) {
		return nil, nil
	}
	t := taken{
		launches: make(map[events.Launch]map[secgroup.Rule]bool),
		owners:   make(map[string]map[secgroup.Rule]bool), of: make(map[string]int),
	}
	held = make(map[string]events.Faults)
	for _, r := range requests {
		if !in.Served.Has(r) {
			reasons := in.Caps.problems(t, r)
			switch {
			case reasons != nil && in.mayHaveBeenAnnounced(r):
				held[r.Key()] = reasons
				continue
			case reasons != nil:
				refused = append(refused, Refusal{r, reasons})
				continue
			}
		}
		t.add(r)
	}
	return refused, held
}

// problems says which caps a request goes beyond, after those that were taken.
func (c Caps) problems(t taken, r claim.Request) (problems events.Faults) {
	rules, known := t.launches[r.Launch]
	owner := r.Launch.Owner()
	if n := len(t.launches); c.Launches > 0 && !known && n >= c.Launches {
		problems = append(problems, fault("/group", "the group serves %d launches already, and the guardrails allow %d; end those that are over, or use another group", n, c.Launches)...)
	}
	if n := t.of[owner]; c.OwnerLaunches > 0 && !known && n >= c.OwnerLaunches {
		problems = append(problems, fault("/group", "the group serves %d launches of publisher %s already, and the guardrails allow %d; end those that are over, or use another group", n, owner, c.OwnerLaunches)...)
	}
	if n := with(rules, r); c.Rules > 0 && n > c.Rules {
		problems = append(problems, fault("/rules", "the launch would have %d rules in the group, and the guardrails allow %d; ask for wider ranges, or for less", n, c.Rules)...)
	}
	if n := with(t.owners[owner], r); c.OwnerRules > 0 && n > c.OwnerRules {
		problems = append(problems, fault("/rules", "the launches of publisher %s would have %d rules in the group, and the guardrails allow %d; end those that are over, or ask for less", owner, n, c.OwnerRules)...)
	}
	return problems
}

func fault(field, format string, args ...any) events.Faults {
	return events.Faults{{Field: field, Problem: fmt.Sprintf(format, args...)}}
}
