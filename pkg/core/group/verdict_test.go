package group_test

import (
	"flag"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/adopt"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/explain"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

var verdictStates = flag.Int("verdicts", 100_000, "number of states that TestVerdicts draws")

// verdicts maps questions to answers. For example, "fate sgr-3" has the answer "held". A user
// that cannot answer a question leaves it out.
type verdicts map[string]string

// user is one part of sgkeeper that judges groups.
type user struct {
	name   string
	judges func(w world, asked verdicts) verdicts
}

// users are all users of a State except ensure. Their verdicts must agree with ensure's, which
// they get as the list of questions.
var users = []user{
	{"the fast path", byFastPath},
	{"audit", byAudit},
	{"explain", byExplain},
	{"adopt", byAdopt},
	{"plan", byPlan},
}

// disagreements compares the verdicts of one user with those of ensure. The two may have
// different worlds.
func disagreements(u user, ensure verdicts, w world) (questions int, found []string) {
	theirs := u.judges(w, ensure)
	questions = len(theirs)
	for _, q := range slices.Sorted(maps.Keys(theirs)) {
		if want := ensure[q]; theirs[q] != want {
			found = append(found, fmt.Sprintf("%s: %s says %q, ensure %q", q, u.name, theirs[q], want))
		}
	}
	return questions, found
}

// TestVerdicts draws states of a group, and compares the verdicts of each part of sgkeeper on
// every rule and port.
func TestVerdicts(t *testing.T) {
	states := min(*verdictStates, proof.Pick(t, *verdictStates, 2_500, 2_000))
	var mu sync.Mutex
	questions, failed := 0, 0
	var work sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		work.Go(func() {
			n := 0
			for seed := worker; seed < states; seed += workers {
				w := draw(uint64(seed)).prepared()
				ensure := byEnsure(w)
				for _, u := range users {
					asked, found := disagreements(u, ensure, w)
					n += asked
					if len(found) == 0 {
						continue
					}
					mu.Lock()
					if failed += len(found); failed < 20 {
						t.Errorf("seed %d: %s", seed, strings.Join(found, "\n\t"))
					}
					mu.Unlock()
				}
			}
			mu.Lock()
			questions += n
			mu.Unlock()
		})
	}
	work.Wait()
	fmt.Printf("verdicts: %d states, %d questions, %d disagreements\n", states, questions, failed)
}

// byEnsure returns the effects of the next round, from its State and Decision alone.
func byEnsure(w world) verdicts {
	s := w.state()
	d := s.Decide()
	v := make(verdicts)
	for _, e := range w.described {
		v["exists "+e.ID] = "no"
	}
	for _, e := range s.Pending() {
		v["exists "+e.ID] = "revoke pending"
	}
	for _, r := range s.Rules() {
		v["exists "+ruleName(r)] = "yes"
		v["ours "+ruleName(r)] = yes(r.Ours)
	}
	for id, fate := range fates(s, d) {
		v["fate "+id] = fate
	}
	if w.adoptToo() {
		for id, fate := range ifAdopted(s) {
			v["if adopted "+id] = fate
		}
	}
	existing, certain := secgroup.NewCover(secgroup.Rules(s.Existing())), secgroup.NewCover(secgroup.Rules(s.Certain()))
	for _, r := range universe {
		v["open "+text(r)] = yes(existing.Covers(r))
	}
	for _, r := range s.Live() {
		for _, e := range r.Rules {
			name := claimName(r, e.Rule)
			v["served "+name] = yes(existing.Covers(e.Rule))
			v["shown "+name] = yes(certain.Covers(e.Rule))
		}
	}
	auditable(s, v)
	if w.offlineToo() {
		v["offline"] = written(w.offline().Decide())
	}
	return v
}

// fates returns the fate of each sgkeeper rule in a round. In a frozen group, or with a lost
// history, the rules to revoke have a fate of their own.
func fates(s group.State, d group.Decision) map[string]string {
	frozen, lost := s.Ledger.Frozen.Reason != "", s.HistoryLost()
	if frozen || lost {
		s.Ledger.Frozen, s.Ledger.Forgotten = claim.Freeze{}, 0
		d = s.Decide()
	}
	fates := make(map[string]string)
	for _, r := range s.Rules() {
		if !r.Ours {
			continue
		}
		is := func(e secgroup.Entry) bool { return e.ID == r.ID }
		held := slices.ContainsFunc(d.Held, is)
		goes, later := slices.ContainsFunc(d.Revoke, is), slices.ContainsFunc(d.Later, is)
		switch {
		case held:
			fates[r.ID] = "held"
		case lost && (goes || later):
			fates[r.ID] = "withheld"
		case frozen && (goes || later):
			fates[r.ID] = "frozen"
		case goes:
			fates[r.ID] = "goes"
		case later:
			fates[r.ID] = "later"
		default:
			fates[r.ID] = "stays"
		}
	}
	return fates
}

// ifAdopted returns the fate of the foreign rules if sgkeeper owned them.
func ifAdopted(s group.State) map[string]string {
	s.Ledger.Untagged = slices.Clone(s.Ledger.Untagged)
	adopted := make(map[string]bool)
	for _, r := range s.Rules() {
		if r.ID != "" && !r.Assumed && !r.Ours && adoptable(s, r.Entry) {
			s.Ledger.Untagged = append(s.Ledger.Untagged, plan.Untagged(r.Entry, noon))
			adopted[r.ID] = true
		}
	}
	s = s.Observe(s.Described, noon)
	fates := fates(s, s.Decide())
	maps.DeleteFunc(fates, func(id, _ string) bool { return !adopted[id] })
	return fates
}

func adoptable(s group.State, e secgroup.Entry) bool {
	other := e.Tags["sgkeeper:installation"]
	return other == "" || other == string(s.Installation)
}

// byFastPath returns for each live request whether it may be announced without a round.
func byFastPath(w world, _ verdicts) verdicts {
	s := w.state()
	v := make(verdicts)
	for _, r := range s.Live() {
		for _, e := range r.Rules {
			one := r
			one.Rules = []secgroup.Entry{e}
			_, covers := s.Covers([]claim.Request{one})
			v["shown "+claimName(r, e.Rule)] = yes(covers)
		}
	}
	return v
}

// byExplain returns the verdicts in explain's answers about all traffic and about each rule's
// ports.
func byExplain(w world, asked verdicts) verdicts {
	s := w.state()
	v := make(verdicts)
	seen := make(map[string]bool)
	for _, direction := range []secgroup.Direction{secgroup.Ingress, secgroup.Egress} {
		a := explain.About(s, explain.Question{Direction: direction, Protocol: secgroup.All, Ports: secgroup.NoPorts})
		for _, r := range a.Rules {
			name := entryName(r.Entry)
			seen[name] = true
			v["exists "+name], v["ours "+name] = "yes", yes(r.Owner == explain.Ours)
			if r.Owner == explain.Ours {
				v["fate "+r.Entry.ID] = noted(r.Note)
			}
		}
		for _, r := range a.Leaving {
			seen[r.Entry.ID] = true
			if v["exists "+r.Entry.ID] = "no"; strings.Contains(r.Note, "pending") {
				v["exists "+r.Entry.ID] = "revoke pending"
			}
		}
		for _, c := range a.Claims {
			if c.Request.Status != claim.Open {
				continue
			}
			name := claimName(c.Request, c.Rule.Rule)
			open := c.State == explain.Made || c.State == explain.Covered
			v["served "+name] = yes(open)
			v["shown "+name] = yes(open && !strings.Contains(c.Note, "does not describe it yet"))
		}
	}
	for q := range asked { // a rule that explain does not name
		name, about := strings.CutPrefix(q, "exists ")
		if about && !seen[name] && (asked[q] == "yes" || isDescribed(w, name)) {
			v[q] = "not shown"
		}
	}
	if w.seed%2 == 0 {
		return v
	}
	r := universe[w.seed/2%uint64(len(universe))] // one of them, since each takes a while
	a := explain.About(s, explain.Question{Direction: r.Direction, Protocol: r.Protocol, Ports: r.Ports, Peer: r.Peer})
	v["open "+text(r)] = yes(a.Verdict == explain.Open)
	return v
}

func isDescribed(w world, id string) bool {
	return slices.ContainsFunc(w.described, func(e secgroup.Entry) bool { return e.ID == id })
}

// noted returns the fate in explain's note on an sgkeeper rule.
func noted(note string) string {
	for text, fate := range map[string]string{
		"sgkeeper resume": "withheld",
		"held by quota":   "held", "is revoked when its replacement": "later",
		"the next round of the group revokes it": "goes", "the group is thawed": "frozen",
	} {
		if strings.Contains(note, text) {
			return fate
		}
	}
	return "stays"
}

// byAdopt returns the rules that adopt would take, and their fates.
func byAdopt(w world, _ verdicts) verdicts {
	v := make(verdicts)
	var ids []string
	for _, e := range w.described {
		ids = append(ids, e.ID)
	}
	if len(ids) == 0 || w.missing || !w.adoptToo() {
		return v
	}
	choices, left, err := adopt.Choose(w.state(), ids)
	if err != nil {
		panic(err)
	}
	for _, c := range choices {
		v["exists "+c.Entry.ID], v["ours "+c.Entry.ID] = "yes", "no"
		v["if adopted "+c.Entry.ID] = foretold(c.Fate)
	}
	for _, l := range left {
		switch {
		case strings.Contains(l.Reason, "pending"):
			v["exists "+l.Entry.ID] = "revoke pending"
		case strings.Contains(l.Reason, "just revoked"):
			v["exists "+l.Entry.ID] = "no"
		default:
			v["exists "+l.Entry.ID], v["ours "+l.Entry.ID] = "yes", yes(strings.Contains(l.Reason, "own already"))
		}
	}
	return v
}

// foretold returns the fate in adopt's output.
func foretold(text string) string {
	for prefix, fate := range map[string]string{
		"is revoked once sgkeeper may revoke again": "withheld",
		"stays, held by quota":                      "held", "is revoked once the part that launches need": "later",
		"is revoked in the next round":        "goes",
		"is revoked once the group is thawed": "frozen", "stays while requested": "stays",
	} {
		if strings.HasPrefix(text, prefix) {
			return fate
		}
	}
	return text
}

func claimName(r claim.Request, rule secgroup.Rule) string {
	return r.Launch.Name + " " + r.Received.Format(time.TimeOnly) + " " + text(rule)
}

// ruleName names a rule by its id, or by its text if it has none.
func ruleName(r group.Rule) string { return entryName(r.Entry) }

func entryName(e secgroup.Entry) string {
	if e.ID == "" {
		return text(e.Rule)
	}
	return e.ID
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}
