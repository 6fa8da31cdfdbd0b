package drift

import (
	"cmp"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// maxHistory is the number of audits in a report's history.
const maxHistory = 400

// maxPast is the age at which a report forgets the things in Past. It is longer than an audit can
// take.
const maxPast = 24 * time.Hour

// Run is one audit's own results. [Conclude] joins them with the previous report.
type Run struct {
	// Report has the audit's id, times, groups, drifts, prefix lists, exceptions and number of
	// omitted drifts. Conclude sets the other fields. If a group omits drifts, the report before
	// the run had none of those.
	Report
	// All says that the audit was of all groups. The report of an audit of some groups takes
	// the others from the previous report.
	All bool
	// Complete says that the audit read every group that exists. Then a drift of any other
	// group is closed: such a group was deleted, or is no longer managed.
	Complete bool
	// Passed are groups that the audit read, and that belong to no report: they are neither
	// managed nor requested. Their earlier drifts are closed.
	Passed []Passed
	// Gone are the ids of earlier drifts whose rule the audit did not find in the group. They are
	// closed, whatever else could not be read.
	Gone []string
	// Readable has the ids of earlier unknown drifts about no group, and the time at which the
	// audit read their subject. They are closed.
	Readable map[string]time.Time
	// Outputs are the names of the outputs that must learn of new, changed and closed drifts.
	Outputs []string
}

// Passed is a group that an audit passed, and the time at which it read the group.
type Passed struct {
	claim.Group
	At time.Time
}

// Conclude returns the report of a run, and its new drifts: those that the previous report does
// not have. The previous report may be nil. Neither argument is changed. Conclude
//
//   - takes the previous results of groups that the previous audit read later;
//   - keeps Since and Changed of a drift that was found before. If its cause was unknown, the run may
//     have found it: an audit may find a drift before CloudTrail reports the call;
//   - closes a drift only if the run read its group, did not find the drift, and read all that its
//     kind needs. Otherwise the drift stays, and is not verified;
//   - leaves the mildest drifts out if there are too many;
//   - posts new, changed and closed drifts to the outbox of each output;
//   - appends this audit to the history, once;
//   - sorts groups and drifts.
func Conclude(previous *Report, run Run) (report *Report, added []Drift) {
	if previous == nil {
		previous = &Report{}
	}
	previous = previous.Upgraded().Sorted()
	run.Report = *run.Report.Sorted()
	c := conclusion{previous: previous, run: &run, report: run.Report, taken: make(map[claim.Group]bool),
		left: make(map[claim.Group]bool)}
	r := &c.report
	r.Format, r.Carried = reportFormat, nil
	if earliest := previous.Finished.Add(time.Millisecond); r.Finished.Before(earliest) && !r.Finished.IsZero() {
		r.Finished = earliest // consumers of findings ignore an update that is not later
	}
	c.bury()
	c.groups()
	c.drifts()
	slices.SortFunc(r.Drifts, Drift.Compare)
	slices.SortFunc(r.Closed, Drift.Compare)
	r.limit()
	added = c.changes()
	c.keepLists()
	if !run.All {
		r.Whole = previous.Whole
	}
	r.Excepted = 0
	for i := range r.Groups {
		r.Excepted += r.Groups[i].Excepted
	}
	r.History = slices.DeleteFunc(slices.Clone(previous.History), func(p Point) bool { return p.ID == r.ID })
	r.History = append(r.History, Point{r.ID, r.Started, len(r.Groups), r.Counts()})
	r.History = r.History[max(0, len(r.History)-maxHistory):]
	return r, added
}

// conclusion is one call of Conclude.
type conclusion struct {
	previous *Report
	run      *Run
	report   Report
	left     map[claim.Group]bool // that the run read, and a previous audit read later
	taken    map[claim.Group]bool // from the previous report; false if the run should have read it
	passed   map[claim.Group]time.Time
}

// bury notes the things that left the report because this audit read them. It forgets old ones.
func (c *conclusion) bury() {
	past := make(map[string]time.Time)
	for key, at := range c.previous.Past {
		if c.run.Started.Sub(at) < maxPast {
			past[key] = at
		}
	}
	read := func(key string, at time.Time) {
		if at.After(past[key]) {
			past[key] = at
		}
	}
	c.passed = make(map[claim.Group]time.Time, len(c.run.Passed))
	for _, p := range c.run.Passed {
		c.passed[p.Group] = p.At
	}
	for i := range c.previous.Groups {
		g := c.previous.Groups[i].Group
		if at, ok := c.passed[g]; ok {
			read(g.String(), at)
		}
	}
	for id, at := range c.run.Readable {
		read(id, at)
	}
	if c.report.Past = past; len(past) == 0 {
		c.report.Past = nil
	}
}

// departed reports whether a thing left the report after a time, because an audit read it.
func (c *conclusion) departed(key string, at time.Time) bool {
	gone, ok := c.previous.Past[key]
	return ok && gone.After(at)
}

// groups takes groups from the previous report: those that it read later than the run did, and
// those that the run did not read.
func (c *conclusion) groups() {
	run := c.run
	for i := range run.Groups {
		if g := &run.Groups[i]; c.departed(g.Group.String(), g.At) {
			c.left[g.Group] = true
		}
	}
	var taken []Group
	for i := range c.previous.Groups {
		g := &c.previous.Groups[i]
		read := c.read(g.Group)
		at, passed := c.passed[g.Group]
		switch {
		case read != nil && !g.At.After(read.At), passed && !g.At.After(at):
			continue
		case read != nil:
			c.left[g.Group] = true
			c.taken[g.Group] = true
		case run.All && run.Complete && !g.At.After(run.Started):
			continue
		default:
			c.taken[g.Group] = !run.All || g.At.After(run.Started)
		}
		taken = append(taken, *g)
	}
	if len(taken)+len(c.left) == 0 {
		c.report.Groups = slices.Clip(run.Groups) // very many, and the same
		return
	}
	for i := range run.Groups {
		if g := &run.Groups[i]; !c.left[g.Group] {
			taken = append(taken, *g)
		}
	}
	slices.SortFunc(taken, Group.compare)
	c.report.Groups = taken
}

// read returns a group as the run read it; nil if the run did not, or if a previous audit read it later.
func (c *conclusion) read(g claim.Group) *Group {
	if c.left[g] {
		return nil
	}
	return c.run.GroupOf(g)
}

// verdict is the conclusion on a drift of the previous report that the run did not find.
type verdict int

const (
	gone       verdict = iota // it is closed
	unread                    // it stays as it is, because the run did not read its group
	unverified                // it stays, and is not verified, because the run could not read all that it needs
)

func (c *conclusion) drifts() {
	run, r := c.run, &c.report
	before := make(map[string]*Drift, len(c.previous.Drifts))
	for i := range c.previous.Drifts {
		before[c.previous.Drifts[i].ID] = &c.previous.Drifts[i]
	}
	found := make(map[string]bool, len(run.Drifts))
	for i := range run.Drifts {
		found[run.Drifts[i].ID] = c.counts(&run.Drifts[i])
	}
	sure := make(map[ruleOf]bool) // rules with a new verdict, for which everything was read
	for i := range run.Drifts {
		if d := &run.Drifts[i]; found[d.ID] && d.HasRule() && !c.unsure(d) {
			sure[d.ruleOf()] = true
		}
	}
	missed := make(map[string]bool, len(run.Gone))
	for _, id := range run.Gone {
		missed[id] = true
	}
	r.Drifts, r.Closed = make([]Drift, 0, max(len(run.Drifts), len(c.previous.Drifts))), nil
	doubted := make(map[ruleOf]bool) // rules that keep their previous verdict
	for i := range c.previous.Drifts {
		d := c.previous.Drifts[i]
		if found[d.ID] {
			continue
		}
		switch c.verdict(&d, missed[d.ID] || sure[d.ruleOf()]) {
		case gone:
			r.Closed = append(r.Closed, d)
			continue
		case unverified:
			d.Unverified = c.lastVerified(&d)
			if d.HasRule() {
				doubted[d.ruleOf()] = true
			}
		}
		r.Drifts = append(r.Drifts, d)
	}
	for i := range run.Drifts {
		d := run.Drifts[i]
		if !found[d.ID] {
			continue
		}
		unsure := c.unsure(&d)
		switch b := before[d.ID]; {
		case b != nil:
			if d.Since = b.Since; b.Changed != (Change{}) {
				d.Changed = b.Changed
			}
			if unsure {
				d.Unverified = c.lastVerified(b)
			}
		case unsure && doubted[d.ruleOf()]:
			continue
		case unsure:
			d.Unverified = d.Since
		}
		r.Drifts = append(r.Drifts, d)
	}
}

// unsure reports whether the run could not read all that the verdict on a drift needs.
func (c *conclusion) unsure(d *Drift) bool {
	g := c.read(d.Group)
	return g != nil && d.unsure(g.Unread)
}

// ruleOf is a rule of a group, which has one verdict. The contents of its prefix list have another.
type ruleOf struct {
	group   claim.Group
	rule    secgroup.Rule
	subject string
}

func (d *Drift) ruleOf() ruleOf { return ruleOf{d.Group, d.Rule.Rule, d.Subject} }

// counts reports whether a drift that the run found counts: no audit read its group or subject
// later.
func (c *conclusion) counts(d *Drift) bool {
	if d.Group.ID == "" {
		return !c.departed(d.ID, d.Since)
	}
	return c.read(d.Group) != nil || !c.has(d.Group)
}

// has reports whether the previous report or the run has a group.
func (c *conclusion) has(g claim.Group) bool {
	_, taken := c.taken[g]
	return taken || c.departed(g.String(), c.run.Started)
}

// verdict returns the verdict on a drift of the previous report that the run did not find. missed
// says that the run did not find its rule in the group, or that the rule has another verdict.
func (c *conclusion) verdict(d *Drift, missed bool) verdict {
	if d.Group.ID == "" {
		at, readable := c.run.Readable[d.ID]
		if c.run.All && c.run.Complete && !readable {
			at, readable = c.run.Started, true
		}
		if readable && !d.Since.After(at) {
			return gone
		}
		return unread
	}
	if g := c.read(d.Group); g != nil {
		later := g.Omitted.total() > 0 && d.Since.After(c.run.Started) // the run may have omitted it
		switch {
		case g.Unreadable != "", later, d.unsure(g.Unread) && !missed:
			return unverified
		}
		return gone
	}
	inScope, taken := c.taken[d.Group]
	_, passed := c.passed[d.Group]
	switch {
	case taken && inScope:
		return unread
	case taken:
		return unverified
	case c.previous.GroupOf(d.Group) != nil, passed, c.run.All && c.run.Complete:
		return gone
	case c.run.All:
		return unverified
	}
	return unread
}

// lastVerified returns the time at which a drift of the previous report was verified last.
func (c *conclusion) lastVerified(d *Drift) time.Time {
	if !d.Unverified.IsZero() {
		return d.Unverified
	}
	if g := c.previous.GroupOf(d.Group); g != nil && !g.At.IsZero() {
		return g.At
	}
	return d.Since
}

// changes posts the new, changed and closed drifts to the outputs, and returns the new ones.
func (c *conclusion) changes() (added []Drift) {
	r := &c.report
	before := make(map[string]Severity, len(c.previous.Drifts))
	for i := range c.previous.Drifts {
		before[c.previous.Drifts[i].ID] = c.previous.Drifts[i].Severity
	}
	var notices []Notice
	for i := range r.Drifts {
		d := &r.Drifts[i]
		switch was, known := before[d.ID]; {
		case !known:
			added = append(added, *d)
			notices = append(notices, r.finding(d, nil))
		case was != d.Severity:
			notices = append(notices, r.finding(d, &was))
		}
	}
	for i := range r.Closed {
		notices = append(notices, r.closing(r.Closed[i]))
	}
	r.post(c.previous, c.run.Outputs, notices)
	return added
}

// listKey names a version of a prefix list.
type listKey struct {
	account, region, id string
	version             int64
}

// keepLists adds the prefix lists of the previous report that are still of use: the latest version
// of each, and those at which a group was audited last.
func (c *conclusion) keepLists() {
	r := &c.report
	used := make(map[listKey]bool)
	for i := range r.Groups {
		g := &r.Groups[i]
		for text, version := range g.Lists {
			used[listKey{g.Account, g.Region, listIn(text), version}] = true
		}
	}
	all := make(map[listKey]Contents)
	latest := make(map[listKey]int64)
	named := make(map[listKey]bool) // by the groups, as far as the audit knows
	for i := range r.Groups {
		for _, in := range r.Groups[i].Unread {
			named[listKey{r.Groups[i].Account, r.Groups[i].Region, string(in), 0}] = true
		}
	}
	for n, lists := range [][]Contents{c.previous.Lists, c.run.Lists} {
		for _, l := range lists {
			all[listKey{l.Account, l.Region, l.ID, l.Version}] = l
			list := listKey{l.Account, l.Region, l.ID, 0}
			latest[list] = max(latest[list], l.Version)
			named[list] = named[list] || n == 1 || !c.run.All || !c.run.Complete
		}
	}
	r.Lists = nil
	for key, l := range all {
		list := listKey{l.Account, l.Region, l.ID, 0}
		if used[key] || named[list] && latest[list] == l.Version {
			r.Lists = append(r.Lists, l)
		}
	}
	slices.SortFunc(r.Lists, func(a, b Contents) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.Version, b.Version))
	})
}
