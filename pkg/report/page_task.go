package report

import (
	"cmp"
	"slices"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/phrase"
)

func (p *page) taskSection() g.Node {
	tasks := tasksOf(p.Report)
	if len(tasks) == 0 {
		return nil
	}
	return titledSection("h-first", "What to do first",
		h.Ol(h.Class("tasks"), g.Map(tasks, p.task)),
	)
}

func (p *page) task(t task) g.Node {
	return h.Li(h.Class(tone(t.severity)),
		h.A(h.Href("#drifts"), h.Data("kind", string(t.kind)), h.Data("severity", digit(t.severity)),
			h.Span(h.Class("sev"), g.Text(t.severity.String())), g.Text(" "), h.B(g.Text(titles[t.kind]))),
		h.Span(h.Class("where"), isolated(whereText(p.Report, t.drifts))),
		h.Span(h.Class("facts"), g.Map(taskFacts(t.drifts), func(fact string) g.Node {
			return h.Span(isolated(fact))
		})),
		h.P(g.Text(limited(sentence(usual(t.drifts)), 600)+".")),
		g.Iff(p.taskCommand(t) != "", func() g.Node { return command(p.taskCommand(t)) }),
	)
}

// taskCommand returns the command that mends the drifts of a task, or "".
func (p *page) taskCommand(t task) string {
	d := t.drifts[0]
	elsewhere := func(e *drift.Drift) bool { return e.Group != d.Group }
	if slices.ContainsFunc(t.drifts, elsewhere) {
		return p.commands.Everywhere(d)
	}
	return p.commands.Mend(t.drifts...)
}

// task is all drifts of one kind and severity.
type task struct {
	kind     drift.Kind
	severity drift.Severity
	drifts   []*drift.Drift
}

const mostTasks = 5

// tasksOf returns the most important tasks: the severest first, then those with most drifts.
func tasksOf(r *drift.Report) (tasks []task) {
	type key struct {
		kind     drift.Kind
		severity drift.Severity
	}
	at := make(map[key]int)
	for i := range r.Drifts {
		d := &r.Drifts[i]
		n, ok := at[key{d.Kind, d.Severity}]
		if !ok {
			n = len(tasks)
			at[key{d.Kind, d.Severity}] = n
			tasks = append(tasks, task{kind: d.Kind, severity: d.Severity})
		}
		tasks[n].drifts = append(tasks[n].drifts, d)
	}
	slices.SortStableFunc(tasks, func(a, b task) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(len(b.drifts), len(a.drifts)))
	})
	return tasks[:min(len(tasks), mostTasks)]
}

// usual returns the most frequent remedy of some drifts.
func usual(drifts []*drift.Drift) string {
	most, times := "", make(map[string]int)
	for _, d := range drifts {
		if times[d.Remedy]++; most == "" || times[d.Remedy] > times[most] {
			most = d.Remedy
		}
	}
	return most
}

// whereText names the rules and their group, or counts the groups.
func whereText(r *drift.Report, drifts []*drift.Drift) string {
	groups := make(map[claim.Group]bool)
	for _, d := range drifts {
		groups[d.Group] = true
	}
	if len(groups) > 1 {
		return count(len(drifts), "drift", "drifts") + " in " + count(len(groups), "group", "groups")
	}
	name := drifts[0].Group.ID
	for i := range r.Groups {
		if r.Groups[i].Group == drifts[0].Group && r.Groups[i].Name != "" {
			name = limited(console.Printable(r.Groups[i].Name), textName)
		}
	}
	var rules []string
	for _, d := range drifts {
		if rule := aboutText(d); rule != "" {
			rules = append(rules, rule)
		}
	}
	if len(rules) > 0 {
		return phrase.Few(rules, mostNamed) + " in " + name
	}
	return name
}

// mostNamed is the number of rules, and of launches, that a task names.
const mostNamed = 3

// taskFacts answers where the drifts are, since when, and whose they are, as far as they agree.
func taskFacts(drifts []*drift.Drift) (facts []string) {
	add := func(before string, of func(*drift.Drift) string) {
		text := of(drifts[0])
		differs := func(d *drift.Drift) bool { return of(d) != text }
		if text != "" && !slices.ContainsFunc(drifts, differs) {
			facts = append(facts, before+limited(console.Printable(text), 200))
		}
	}
	since := drifts[0].Since
	for _, d := range drifts[1:] {
		if d.Since.Before(since) {
			since = d.Since
		}
	}
	add("", func(d *drift.Drift) string {
		if d.Group.ID == "" {
			return ""
		}
		return d.Group.ID + " in " + d.Group.Account + " " + d.Group.Region
	})
	add("since ", func(*drift.Drift) string { return minute(since) })
	add("launch ", func(d *drift.Drift) string { return launchNames(d.Requests) })
	add("changed by ", func(d *drift.Drift) string {
		if d.Changed.Actor == "" {
			return ""
		}
		return d.Changed.Actor + " with " + d.Changed.Name
	})
	add("described as ", func(d *drift.Drift) string { return d.Rule.Description })
	return facts
}

// launchNames names the first launches of some requests.
func launchNames(requests []drift.Request) string {
	var names []string
	for _, r := range requests {
		if !slices.Contains(names, r.Launch.Name) {
			names = append(names, r.Launch.Name)
		}
	}
	return phrase.Few(names, mostNamed)
}

// titles describes each kind in a few words.
var titles = map[drift.Kind]string{
	drift.Missing:            "Requested, and not open",
	drift.NarrowedSource:     "Open to some of the requested addresses",
	drift.NarrowedPorts:      "Open on some of the requested ports",
	drift.FamilyGap:          "Open over one address family only",
	drift.PeerKindSwap:       "Open to another kind of peer than requested",
	drift.Modified:           "Rules of sgkeeper that an outsider changed",
	drift.Metadata:           "Tags or descriptions that an outsider changed",
	drift.ExpiredPresent:     "Past their expiry, and still open",
	drift.Orphan:             "Rules of launches that have ended",
	drift.LedgerGone:         "Tagged as sgkeeper's, without a record",
	drift.HeldByQuota:        "Held by quota, because their replacements do not fit",
	drift.AllTrafficWorld:    "All traffic from the world",
	drift.WorldOpenSensitive: "Sensitive ports open to the world",
	drift.WidenedSource:      "Open to more addresses than requested",
	drift.WidenedPorts:       "Open on more ports than requested",
	drift.WidenedProtocol:    "Open for more protocols than requested",
	drift.Redundant:          "Rules that other rules already cover",
	drift.Unexpected:         "Open, and not requested",
	drift.StaleReference:     "References to deleted groups",
	drift.CrossAccount:       "References to another account",
	drift.PrefixListContents: "Prefix lists whose entries changed",
	drift.QuotaPressure:      "Groups that are nearly full",
	drift.Contested:          "Rules that an outsider removes again and again",
	drift.GroupMissing:       "Deleted groups with requests",
	drift.GroupRecreated:     "Groups that have a new id",
	drift.ManagedTagLost:     "Groups that lost their opt-in",
	drift.LeaseStuck:         "Expired leases that no function takes over",
	drift.ExceptionExpired:   "Expired exceptions",
	drift.AgainstGuardrails:  "Requests that guardrails no longer allow",
	drift.HistoryLost:        "Groups with launches that the table has forgotten",
	drift.Unknown:            "Could not be read",
}
