package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// What a row shows of long lists.
const (
	mostGaps   = 12
	mostAskers = 12
)

// driftView is a drift as the page shows it. Its keys are short, since there may
// be many.
type driftView struct {
	ID       string      `json:"i"`
	Kind     string      `json:"k"`
	Severity int         `json:"s"`
	Label    string      `json:"-"`
	Group    int         `json:"g"` // among the groups
	Name     string      `json:"-"` // of the group
	About    string      `json:"r"`
	RuleID   string      `json:"n,omitempty"`
	Text     string      `json:"e,omitempty"` // the rule's description
	Gap      []string    `json:"p,omitempty"`
	MoreGaps int         `json:"pm,omitempty"`
	Asked    []askerView `json:"a,omitempty"`
	MoreAsk  int         `json:"am,omitempty"`
	Detail   string      `json:"d"`
	Remedy   string      `json:"m"`
	Since    string      `json:"t"`
	New      bool        `json:"w,omitempty"` // this audit found it first
	Changed  string      `json:"c,omitempty"`
}

// askerView is a launch, and from when until when it asks.
type askerView struct {
	Launch  string `json:"l"`
	Account string `json:"a"`
	Since   string `json:"s"`
	Until   string `json:"u"`
	Status  string `json:"t"`
}

func driftViewOf(d *audit.Drift, group int, name string, started time.Time) driftView {
	v := driftView{
		ID: d.ID, Kind: string(d.Kind), Severity: int(d.Severity), Label: d.Severity.String(),
		Group: group, Name: cmp.Or(name, d.Group.ID),
		About:  limited(console.Printable(about(d)), 120),
		RuleID: console.Printable(d.Rule.ID), Text: limited(console.Printable(d.Rule.Description), 255),
		Detail: limited(sentence(d.Detail), 1200), Remedy: limited(sentence(d.Remedy), 600),
		Since: minute(d.Since), New: !d.Since.Before(started), Changed: console.Printable(changeText(d.Changed)),
	}
	gap := d.Gap
	if len(gap) == 1 && gap[0] == d.Rule.Rule { // says nothing more
		gap = nil
	}
	v.Gap, v.MoreGaps = ruleTexts(gap[:min(len(gap), mostGaps)], d.Group), max(0, len(gap)-mostGaps)
	for _, a := range d.Asked[:min(len(d.Asked), mostAskers)] {
		v.Asked = append(v.Asked, askerViewOf(a))
	}
	v.MoreAsk = max(0, len(d.Asked)-mostAskers)
	return v
}

func askerViewOf(a audit.Asker) askerView {
	v := askerView{
		Launch: limited(console.Printable(a.Launch.Name), 128), Account: console.Printable(a.Launch.Account),
		Since: minute(a.Since), Until: minute(a.Until), Status: string(a.Status),
	}
	if a.Until.IsZero() && a.Status == claim.Open {
		v.Until = "its end"
	}
	return v
}

// taskView is what to do first: all drifts of a kind, and what mends them.
type taskView struct {
	Severity int
	Label    string
	Kind     string
	Title    string
	Where    string
	Remedy   string
}

const mostTasks = 5

// tasksOf returns the kinds that matter most: the severest first, then those
// that occur most.
func tasksOf(r *audit.Report) (tasks []taskView) {
	type key struct {
		kind     audit.Kind
		severity audit.Severity
	}
	of := make(map[key][]*audit.Drift)
	var keys []key
	for i := range r.Drifts {
		d := &r.Drifts[i]
		k := key{d.Kind, d.Severity}
		if of[k] == nil {
			keys = append(keys, k)
		}
		of[k] = append(of[k], d)
	}
	slices.SortStableFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(len(of[b]), len(of[a])))
	})
	for _, k := range keys[:min(len(keys), mostTasks)] {
		drifts := of[k]
		tasks = append(tasks, taskView{
			Severity: int(k.severity), Label: k.severity.String(), Kind: string(k.kind), Title: titles[k.kind],
			Where: whereText(r, drifts), Remedy: limited(sentence(usual(drifts)), 600),
		})
	}
	return tasks
}

// usual is the remedy that mends most of some drifts.
func usual(drifts []*audit.Drift) string {
	most, times := "", make(map[string]int)
	for _, d := range drifts {
		if times[d.Remedy]++; most == "" || times[d.Remedy] > times[most] {
			most = d.Remedy
		}
	}
	return most
}

// sentence begins a text with a capital, unless it begins with a name or a rule.
func sentence(s string) string {
	s = console.Printable(s)
	first, _, _ := strings.Cut(s, " ")
	if s == "" || first == "sgkeeper" || first == "all" || strings.Trim(first, "abcdefghijklmnopqrstuvwxyz,") != "" {
		return s
	}
	if _, err := secgroup.ParseProtocol(first); err == nil {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// whereText says where drifts are: the one there is, or how many.
func whereText(r *audit.Report, drifts []*audit.Drift) string {
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
	if what := about(d); what != "" {
		return limited(console.Printable(what), 120) + " in " + name
	}
	return name
}

// titles say in a few words what each kind is.
var titles = map[audit.Kind]string{
	audit.Missing:            "Asked for, and not open",
	audit.NarrowedSource:     "Open to some of the addresses that were asked",
	audit.NarrowedPorts:      "Open on some of the ports that were asked",
	audit.FamilyGap:          "Open over one address family only",
	audit.PeerKindSwap:       "Open to another kind of peer than was asked",
	audit.Modified:           "Rules of sgkeeper that somebody changed",
	audit.Metadata:           "Tags or descriptions that somebody changed",
	audit.ExpiredPresent:     "Past their expiry, and still open",
	audit.Orphan:             "Rules of launches that have ended",
	audit.LedgerGone:         "Tagged as sgkeeper's, and on no record",
	audit.HeldByQuota:        "Kept, since there is no room for what replaces them",
	audit.AllTrafficWorld:    "All traffic from the world",
	audit.WorldOpenSensitive: "Sensitive ports open to the world",
	audit.WidenedSource:      "Open to more addresses than were asked",
	audit.WidenedPorts:       "Open on more ports than were asked",
	audit.WidenedProtocol:    "Open for more protocols than were asked",
	audit.Redundant:          "Rules that others make superfluous",
	audit.Unexpected:         "Open, and nobody asked",
	audit.StaleReference:     "References to groups that are gone",
	audit.CrossAccount:       "References to another account",
	audit.PrefixListContents: "Prefix lists whose entries changed",
	audit.QuotaPressure:      "Groups that are nearly full",
	audit.Contested:          "Rules that somebody keeps removing",
	audit.GroupMissing:       "Groups that are asked for and gone",
	audit.GroupRecreated:     "Groups that have a new id",
	audit.ManagedTagLost:     "Groups that lost their opt-in",
	audit.LeaseStuck:         "Leases that nobody takes over",
	audit.ExceptionExpired:   "Exceptions that have run out",
	audit.AgainstGuardrails:  "Requests that guardrails no longer allow",
	audit.Unknown:            "Could not be read",
}
