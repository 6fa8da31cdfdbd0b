package report

import (
	"cmp"
	"slices"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
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
		h.P(g.Text(limited(sentence(usual(t.drifts)), 600)+".")),
	)
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

// whereText names the drift's place, or counts the places of several drifts.
func whereText(r *drift.Report, drifts []*drift.Drift) string {
	groups := make(map[claim.Group]bool)
	for _, d := range drifts {
		groups[d.Group] = true
	}
	if len(drifts) > 1 {
		return count(len(drifts), "drift", "drifts") + " in " + count(len(groups), "group", "groups")
	}
	d := drifts[0]
	name := d.Group.ID
	for i := range r.Groups {
		if r.Groups[i].Group == d.Group && r.Groups[i].Name != "" {
			name = limited(console.Printable(r.Groups[i].Name), textName)
		}
	}
	if what := aboutText(d); what != "" {
		return what + " in " + name
	}
	return name
}

// titles describes each kind in a few words.
var titles = map[drift.Kind]string{
	drift.Missing:            "Asked for, and not open",
	drift.NarrowedSource:     "Open to some of the addresses that were asked",
	drift.NarrowedPorts:      "Open on some of the ports that were asked",
	drift.FamilyGap:          "Open over one address family only",
	drift.PeerKindSwap:       "Open to another kind of peer than was asked",
	drift.Modified:           "Rules of sgkeeper that somebody changed",
	drift.Metadata:           "Tags or descriptions that somebody changed",
	drift.ExpiredPresent:     "Past their expiry, and still open",
	drift.Orphan:             "Rules of launches that have ended",
	drift.LedgerGone:         "Tagged as sgkeeper's, and on no record",
	drift.HeldByQuota:        "Kept, since there is no room for what replaces them",
	drift.AllTrafficWorld:    "All traffic from the world",
	drift.WorldOpenSensitive: "Sensitive ports open to the world",
	drift.WidenedSource:      "Open to more addresses than were asked",
	drift.WidenedPorts:       "Open on more ports than were asked",
	drift.WidenedProtocol:    "Open for more protocols than were asked",
	drift.Redundant:          "Rules that others make superfluous",
	drift.Unexpected:         "Open, and nobody asked",
	drift.StaleReference:     "References to groups that are gone",
	drift.CrossAccount:       "References to another account",
	drift.PrefixListContents: "Prefix lists whose entries changed",
	drift.QuotaPressure:      "Groups that are nearly full",
	drift.Contested:          "Rules that somebody keeps removing",
	drift.GroupMissing:       "Groups that are asked for and gone",
	drift.GroupRecreated:     "Groups that have a new id",
	drift.ManagedTagLost:     "Groups that lost their opt-in",
	drift.LeaseStuck:         "Leases that nobody takes over",
	drift.ExceptionExpired:   "Exceptions that have run out",
	drift.AgainstGuardrails:  "Requests that guardrails no longer allow",
	drift.HistoryLost:        "Groups whose launches the table has forgotten",
	drift.Unknown:            "Could not be read",
}
