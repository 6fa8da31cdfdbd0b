package plan

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// attempt is one attempt to serve all of the given requests.
type attempt struct {
	in       Input
	requests []claim.Request
	desired  claim.Desired
	extra    []secgroup.Entry // ours, and no request desires them: to revoke
	later    []secgroup.Entry // those of extra that desired rules still need
	kept     []secgroup.Entry // like extra, but their replacement does not fit
	diff     secgroup.Diff    // of the desired rules and the remaining rules
	missing  missing
	granted  map[secgroup.Rule]bool // missing rules that fit the quota
	waiting  []Refusal
	unjudged bool // a request waits because it cannot be judged now
}

// newAttempt compares the requests with the existing rules. The kept entries remain, although no
// request desires them.
func newAttempt(in Input, requests []claim.Request, kept []secgroup.Entry) *attempt {
	r := &attempt{in: in, requests: requests, desired: claim.Fold(requests), kept: kept,
		granted: make(map[secgroup.Rule]bool)}
	r.diff = secgroup.Compare(r.desired.Rules, secgroup.Rules(in.Entries))
	going := set(r.diff.Undesired)
	for _, entry := range kept {
		delete(going, entry.Rule)
	}
	var staying []secgroup.Entry
	for _, entry := range in.Entries {
		if going[entry.Rule] && in.ours(entry) {
			r.extra = append(r.extra, entry)
		} else {
			staying = append(staying, entry)
		}
	}
	if len(r.extra) > 0 {
		r.diff = secgroup.Compare(r.desired.Rules, secgroup.Rules(staying))
	}
	r.missing = missingOf(r.diff)
	r.later = r.stillNeeded(staying)
	return r
}

// stillNeeded returns the extra rules that desired rules still need. Such a rule overlaps a
// desired rule that the remaining entries in effect do not cover.
func (r *attempt) stillNeeded(staying []secgroup.Entry) []secgroup.Entry {
	if len(r.extra) == 0 {
		return nil
	}
	uncovered := secgroup.Compare(r.desired.Rules, secgroup.Rules(r.in.inEffect(staying))).Missing
	return slices.DeleteFunc(slices.Clone(r.extra), func(e secgroup.Entry) bool {
		return !slices.ContainsFunc(uncovered, e.Rule.Overlaps)
	})
}

// remaining returns the entries that count against the quota when rules are authorized. Revokes
// come first, so revoked entries do not count.
func (r *attempt) remaining() []secgroup.Entry {
	going := entryIDs(r.extra)
	for _, entry := range r.later {
		delete(going, entry.ID)
	}
	return slices.DeleteFunc(slices.Clone(r.in.Entries), func(e secgroup.Entry) bool {
		return e.ID != "" && going[e.ID]
	})
}

func entryIDs(entries []secgroup.Entry) map[string]bool {
	ids := make(map[string]bool, len(entries))
	for _, entry := range entries {
		ids[entry.ID] = true
	}
	return ids
}

func set(rules []secgroup.Rule) map[secgroup.Rule]bool {
	s := make(map[secgroup.Rule]bool, len(rules))
	for _, rule := range rules {
		s[rule] = true
	}
	return s
}

// misses returns the rules that must be added for a request, except those already granted.
func (r *attempt) misses(request claim.Request) []secgroup.Rule {
	var rules []secgroup.Rule
	for _, entry := range request.Rules {
		if rule, ok := r.missing[entry.Rule]; ok && !r.granted[rule] {
			rules = append(rules, rule)
		}
	}
	return rules
}

// usageOfAll returns the group's usage if every request were served.
func (r *attempt) usageOfAll() Usage {
	before := r.in.Quota.usage(r.remaining())
	usage := r.in.Quota.with(before, r.diff.Missing)
	usage.Fits = r.in.Quota.problems(usage, before) == nil
	return usage
}

// fit counts the requests in order against the quota, and returns those to refuse. A request
// that must not be refused waits instead.
func (r *attempt) fit() (misfits []Refusal) {
	usage := r.in.Quota.usage(r.remaining())
	for _, request := range r.requests {
		rules := r.misses(request)
		next := r.in.Quota.with(usage, rules)
		problems := r.in.Quota.problems(next, usage)
		if held := r.in.heldBack(request); held != nil && (len(rules) > 0 || !r.in.announced(request)) {
			problems = append(problems, held...)
			r.unjudged = r.unjudged || !r.in.announced(request)
		}
		switch {
		case problems == nil:
			usage = next
			for _, rule := range rules {
				r.granted[rule] = true
			}
		case r.in.keeps(request):
			r.waiting = append(r.waiting, Refusal{request, problems})
		default:
			misfits = append(misfits, Refusal{request, problems})
		}
	}
	return misfits
}

// irreplaceable returns the extra rules that cover rules for which the quota has no room.
func (r *attempt) irreplaceable(misfits []Refusal) []secgroup.Entry {
	if len(r.extra) == 0 || len(misfits)+len(r.waiting) == 0 {
		return nil
	}
	var lacking []secgroup.Rule
	for _, refusal := range slices.Concat(misfits, r.waiting) {
		lacking = append(lacking, r.misses(refusal.Request)...)
	}
	diff := secgroup.Compare(secgroup.SetOf(lacking...), secgroup.Rules(r.in.Entries))
	needed := make(map[secgroup.Rule]bool)
	for _, covered := range diff.Covered {
		for _, rule := range covered.By {
			needed[rule] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(r.extra), func(e secgroup.Entry) bool { return !needed[e.Rule] })
}

func (r *attempt) plan() Plan {
	received := claim.InOrder(r.requests)
	stays := entryIDs(r.later)
	revoke := slices.DeleteFunc(slices.Clone(r.extra), func(e secgroup.Entry) bool { return stays[e.ID] })
	return Plan{
		Desired:   r.desired,
		Authorize: r.toAuthorize(received),
		Revoke:    ordered(slices.Concat(r.in.PendingRevokes, revoke)),
		Later:     ordered(r.later),
		Held:      ordered(r.kept),
		Covered:   Covered(r.diff.Covered, r.in.Entries),
		Accepted:  without(received, r.waiting),
		Waiting:   r.waiting,
		Unjudged:  r.unjudged,
	}
}

func ordered(entries []secgroup.Entry) []secgroup.Entry {
	slices.SortFunc(entries, func(a, b secgroup.Entry) int { return a.Rule.Compare(b.Rule) })
	return entries
}

// toAuthorize returns the granted rules in the order requested. If EC2 has less room than the
// quota says, the earliest requests get it.
func (r *attempt) toAuthorize(received []claim.Request) []secgroup.Entry {
	var entries []secgroup.Entry
	done := make(map[secgroup.Rule]bool, len(r.granted))
	for _, request := range received {
		for _, entry := range request.Rules {
			rule := r.missing[entry.Rule]
			if r.granted[rule] && !done[rule] {
				done[rule] = true
				entries = append(entries, secgroup.Entry{Rule: rule, Description: r.desired.Description(entry.Rule)})
			}
		}
	}
	return entries
}

// missing maps each desired rule that must be added to the rule to authorize, mostly itself.
// EC2 takes sg-0aaaaaaaa and 111122223333/sg-0aaaaaaaa for one group. If both are desired, the
// one with the owner is authorized, because EC2 needs the owner for a group of another
// account.
type missing map[secgroup.Rule]secgroup.Rule

func missingOf(diff secgroup.Diff) missing {
	m := make(missing, len(diff.Missing))
	for _, rule := range slices.Backward(diff.Missing) { // of several owners, keep the first, as Compare does
		m[rule.WithoutOwner()] = rule
	}
	for _, rule := range diff.Missing {
		m[rule] = rule
	}
	for _, covered := range diff.Covered {
		delete(m, covered.Rule)
	}
	return m
}

// Covered adds the entries of the covering rules, which have the rule ids.
func Covered(covered []secgroup.Covered, entries []secgroup.Entry) []secgroup.CoveredEntry {
	byRule := make(map[secgroup.Rule]secgroup.Entry, len(entries))
	for _, entry := range entries {
		byRule[entry.Rule] = entry
	}
	named := make([]secgroup.CoveredEntry, len(covered))
	for i, c := range covered {
		by := make([]secgroup.Entry, len(c.By))
		for n, rule := range c.By {
			by[n] = byRule[rule]
		}
		named[i] = secgroup.CoveredEntry{Rule: secgroup.Entry{Rule: c.Rule}, By: by}
	}
	return named
}
