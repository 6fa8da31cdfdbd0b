package report

import (
	"fmt"
	"html/template"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/console"
)

// How much of a report is there without the script.
const (
	firstDrifts   = 40
	firstGroups   = 12
	firstRequests = 20
)

// page is what the template shows.
type page struct {
	Policy       string
	CSS          template.CSS
	JS           template.JS
	Title        string
	Verdict      string
	Clean        bool
	Installation string
	ID           string
	When         string
	Took         string
	Notes        []string
	Tiles        []tile
	First        []taskView
	History      historyView
	Strip        stripView
	Kinds        []string // that occur
	Drifts       []driftView
	DriftCount   int
	Groups       []groupView
	GroupCount   int
	Timeline     timelineView
	RequestCount int
	Closed       []driftView
	ClosedCount  int

	data data
}

// tile is one severity and how often it occurs.
type tile struct {
	Severity int
	Label    string
	Count    int
	Change   string // since the audit before
}

// Number is the count as people read it.
func (t tile) Number() string { return number(t.Count) }

func newPage(r *audit.Report) *page {
	columns := columnsOf(r.Groups)
	all := sections(r)
	p := &page{
		Installation: console.Printable(r.Installation), ID: console.Printable(r.ID),
		When: minute(r.Started), Took: tookText(r), Notes: notesOf(r), Tiles: tilesOf(r),
		First: tasksOf(r), History: historyOf(r.History), Strip: columns.view(),
		Clean: len(r.Drifts) == 0 && len(r.Groups) > 0,
	}
	p.data.groups, p.data.drifts = groupViews(all, columns, r.Started)
	p.Timeline, p.data.requests = timelineOf(all, r.Started)
	p.Verdict, p.Title = verdictOf(r, p.data.groups)
	p.Kinds = kindsIn(r.Drifts)
	p.DriftCount, p.GroupCount, p.RequestCount = len(p.data.drifts), len(p.data.groups), len(p.data.requests)
	p.Drifts = p.data.drifts[:min(firstDrifts, p.DriftCount)]
	p.Groups = p.data.groups[:min(firstGroups, p.GroupCount)]
	p.Timeline.Requests = p.data.requests[:min(firstRequests, p.RequestCount)]
	p.ClosedCount = len(r.Closed)
	for i := range r.Closed[:min(firstDrifts, len(r.Closed))] {
		p.Closed = append(p.Closed, driftViewOf(&r.Closed[i], -1, "", r.Started))
	}
	css := pageCSS + columns.css() + p.History.css()
	p.CSS, p.JS = template.CSS(css), template.JS(pageJS)
	p.Policy = "default-src 'none'; img-src data:; style-src " + source(css) + "; script-src " + source(pageJS) + "; base-uri 'none'; form-action 'none'"
	return p
}

// verdictOf is the report in a sentence, and in a few words.
func verdictOf(r *audit.Report, groups []groupView) (verdict, title string) {
	n := count(len(groups), "group", "groups")
	if len(groups) == 0 {
		return "No group is managed here, and no launch asks for one.", "No groups"
	}
	if len(r.Drifts) == 0 {
		if len(groups) == 1 {
			return "The group holds exactly what was asked.", "No drift"
		}
		return fmt.Sprintf("All %s hold exactly what was asked.", n), "No drift"
	}
	drifted := 0
	for i := range groups {
		if groups[i].Drifts > 0 {
			drifted++
		}
	}
	drifts := count(len(r.Drifts), "drift", "drifts")
	return fmt.Sprintf("%s in %s of %s.", drifts, number(drifted), n), drifts
}

func tookText(r *audit.Report) string {
	took := r.Finished.Sub(r.Started)
	if r.Finished.IsZero() || took < 0 {
		return ""
	}
	if took < time.Minute {
		return fmt.Sprintf("%.1f s", took.Seconds())
	}
	return fmt.Sprintf("%d min %d s", int(took.Minutes()), int(took.Seconds())%60)
}

// notesOf is what is to be known before the drifts are read.
func notesOf(r *audit.Report) (notes []string) {
	unread := 0
	for i := range r.Groups {
		if r.Groups[i].Unreadable != "" {
			unread++
		}
	}
	if unread > 0 {
		notes = append(notes, count(unread, "group", "groups")+" could not be read: nothing is known of "+them(unread)+", which is not the same as clean.")
	}
	if n := len(r.Carried); n > 0 {
		notes = append(notes, fmt.Sprintf("%s of earlier audits may stand still in what could not be read.", count(n, "drift", "drifts")))
	}
	if r.Excepted > 0 {
		notes = append(notes, count(r.Excepted, "rule is", "rules are")+" explained by exceptions.")
	}
	return notes
}

func them(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

// tilesOf counts the severities, the highest first; informational only where
// there is any.
func tilesOf(r *audit.Report) (tiles []tile) {
	counts := r.Counts()
	for s := audit.Critical; s >= audit.Informational; s-- {
		if s == audit.Informational && counts[s] == 0 {
			continue
		}
		t := tile{Severity: int(s), Label: s.String(), Count: counts[s]}
		if n := len(r.History); n > 1 {
			t.Change = changeSince(counts[s] - r.History[n-2].Counts[s])
		}
		tiles = append(tiles, t)
	}
	return tiles
}

func changeSince(n int) string {
	switch {
	case n > 0:
		return number(n) + " more"
	case n < 0:
		return number(-n) + " fewer"
	}
	return "as before"
}

func kindsIn(drifts []audit.Drift) (kinds []string) {
	found := make(map[audit.Kind]bool)
	for i := range drifts {
		found[drifts[i].Kind] = true
	}
	for _, k := range audit.Kinds() {
		if found[k] {
			kinds = append(kinds, string(k))
		}
	}
	return kinds
}
