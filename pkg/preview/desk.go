package preview

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/awscli"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
)

// desk takes messages one by one. It keeps the live requests of each group, as the table does
// for ensure.
type desk struct {
	in      Offline
	groups  map[string]awscli.Group // by id
	owners  map[string]string       // account of each known group, by id
	owner   string                  // of all groups, if one account owns them all
	before  time.Time               // receipt of the last claim; messages are later
	ended   map[part]bool
	settled map[asked]claim.Request // refused and expired claims
	files   map[string]*file        // by group id
	preview Preview
}

// part is the scope of a Launch Ended: a launch's part in a group, or in all groups if the
// group is "".
type part struct {
	launch events.Launch
	group  string
}

// file holds the live requests of one group.
type file struct {
	open    []claim.Request
	message map[string]int // index of each request's message, by key; or claimed
}

func newDesk(in Offline) *desk {
	d := &desk{
		in:      in,
		groups:  make(map[string]awscli.Group, len(in.Groups)),
		owners:  make(map[string]string, len(in.Groups)),
		before:  time.UnixMilli(0),
		ended:   make(map[part]bool),
		settled: make(map[asked]claim.Request),
		files:   make(map[string]*file),
	}
	for _, g := range in.Groups {
		d.groups[g.ID] = g
		d.owners[g.ID] = g.Owner
	}
	for _, r := range in.Claims {
		if _, known := d.owners[r.Group.ID]; !known {
			d.owners[r.Group.ID] = r.Group.Account
		}
	}
	if accounts := slices.Sorted(maps.Values(d.owners)); len(accounts) > 0 && accounts[0] == accounts[len(accounts)-1] {
		d.owner = accounts[0]
	}
	return d
}

// take reads the message with that index.
func (d *desk) take(i int, m events.Message) {
	d.identify(&m)
	m.Fill(d.ownerOf(m.Group.ID), "")
	if d.in.Means != nil && m.Faults == nil {
		m.Launch, m.Faults = d.in.Means(m)
	}
	switch {
	case m.Faults != nil:
		d.reject(i, m.Launch, m.Faults)
	case m.Instance != nil:
		d.reject(i, m.Launch, fault("", "what an instance asks stands in its tags, which this event does not tell: give the event Launch Requested that they come to"))
	case m.End != nil:
		e := *m.End
		e.Launch = m.Launch
		d.end(i, e)
	case m.Request != nil:
		r := *m.Request
		r.Launch, m.Request = m.Launch, &r
		d.request(i, m)
	}
}

// identify replaces a group's name by the id of the described group.
func (d *desk) identify(m *events.Message) {
	for _, g := range d.in.Groups {
		known := m.Group.Name != "" && g.Name == m.Group.Name && g.VPC == m.Group.VPC
		if !known || m.Group.Account != "" && g.Owner != m.Group.Account {
			continue
		}
		m.Group.ID, m.Group.Name, m.Group.VPC = g.ID, "", ""
		if m.Request != nil {
			r := *m.Request
			r.Group = m.Group
			m.Request = &r
		}
		if m.End != nil {
			m.End = &events.End{Launch: m.End.Launch, Group: &m.Group}
		}
		return
	}
}

// ownerOf is the account of a message that names none.
func (d *desk) ownerOf(group string) string {
	if owner, known := d.owners[group]; known {
		return owner
	}
	return d.owner
}

func (d *desk) request(i int, m events.Message) {
	r := *m.Request
	in := claim.Group{Account: r.Group.Account, ID: r.Group.ID}
	request := claim.New(r, in, d.before.Add(time.Duration(i+1)*time.Millisecond))
	faults := append(d.refusals(m), request.CheckExpiry(d.in.At)...)
	if faults == nil && (d.ended[part{r.Launch, ""}] || d.ended[part{r.Launch, r.Group.ID}]) {
		faults = fault("/launch", "launch-ended: the launch has ended and cannot be opened again; give it a new name, such as %s-2", r.Launch.Name)
	}
	if faults == nil {
		faults = d.verdict(request)
	}
	if faults != nil {
		d.reject(i, r.Launch, faults)
		return
	}
	for _, remark := range r.Remarks {
		d.preview.Remarks = append(d.preview.Remarks, Remark{r.Launch.Name, remark})
	}
	d.file(in.ID).add(i, request)
}

// refusals returns the reasons why a group is not served or, if it is, the rules that the
// guardrails do not allow in it.
func (d *desk) refusals(m events.Message) events.Faults {
	r := *m.Request
	if faults := d.locate(r.Group); faults != nil {
		return faults
	}
	switch {
	case !d.exists(r.Group.ID):
		return fault("/group", "%s is not among the groups described; create it, or describe it too", r.Group.ID)
	case d.in.Check == nil:
		return nil
	}
	return d.in.Check(m, d.described(claim.Group{Account: r.Group.Account, ID: r.Group.ID}))
}

func (d *desk) end(i int, e events.End) {
	ends := part{launch: e.Launch}
	if e.Group != nil {
		if faults := d.locate(*e.Group); faults != nil {
			d.reject(i, e.Launch, faults)
			return
		}
		ends.group = e.Group.ID
		if d.exists(ends.group) {
			d.file(ends.group)
		}
	}
	d.ended[ends] = true
	for id, f := range d.files {
		if ends.group == "" || ends.group == id {
			f.close(e.Launch)
		}
	}
}

// locate returns the fault of a message's group if it cannot be found.
func (d *desk) locate(g events.Group) events.Faults {
	owner := d.owners[g.ID]
	switch {
	case g.ID == "":
		return fault("/group/name", "no group described is named %s in %s; give the group's id, or describe it by describe-security-groups, which tells names", g.Name, g.VPC)
	case owner != "" && g.Account != owner:
		return fault("/group/account", "the event means a group of account %s, but %s belongs to %s; name that account in the group", g.Account, g.ID, owner)
	}
	return nil
}

// described is the description of a group. It has the id and account at least.
func (d *desk) described(g claim.Group) awscli.Group {
	s := d.groups[g.ID]
	s.ID, s.Owner = g.ID, g.Account
	return s
}

func (d *desk) knows(group string) bool {
	_, known := d.groups[group]
	return known
}

// exists reports whether the group may exist.
func (d *desk) exists(group string) bool { return !d.in.Complete || d.knows(group) }

func (d *desk) reject(i int, l events.Launch, reasons events.Faults) {
	d.preview.Rejected = append(d.preview.Rejected, Rejection{l.Name, reasons, i})
}

// plan plans one group and rejects the requests that do not fit.
func (d *desk) plan(id string, f *file) {
	s := d.state(id, f)
	decision := s.Decide()
	for _, refused := range decision.Refusals() {
		d.reject(f.message[refused.Request.Key()], refused.Request.Launch, refused.Reasons)
	}
	d.preview.Groups = append(d.preview.Groups, GroupPlan{Group: id, Assumed: !d.knows(id), Decision: decision})
}

// state is the state of a group by its file. It has no ledger, so a claim counts as served if
// the group's rules allow all of it.
func (d *desk) state(id string, f *file) group.State {
	s := group.State{
		Group: claim.Group{Account: d.owners[id], ID: id}, Installation: d.in.Owner, Offline: true,
		Quota: d.in.Quota, Caps: d.in.Caps, Requests: f.open, Loaded: d.in.At,
	}
	if d.in.Judge != nil {
		s.Judge = func() plan.Judge { return d.in.Judge(d.described(s.Group)) }
	}
	s = s.Observe(d.groups[id].Entries, d.in.At)
	var served []claim.Request
	for _, r := range f.open {
		if _, all := s.Covers([]claim.Request{r}); all && f.message[r.Key()] == claimed {
			served = append(served, r)
		}
	}
	s.Ledger.Served = claim.Served{}.After(time.Time{}, served)
	return s
}

func (d *desk) file(group string) *file {
	if d.files[group] == nil {
		d.files[group] = &file{message: make(map[string]int)}
	}
	return d.files[group]
}

// add adds a request, unless the file has it.
func (f *file) add(message int, r claim.Request) {
	key := r.Key()
	if _, repeated := f.message[key]; repeated {
		return
	}
	f.message[key] = message
	f.open = append(f.open, r)
}

// close removes a launch's requests. The launch has ended, so they cannot return.
func (f *file) close(l events.Launch) {
	f.open = slices.DeleteFunc(f.open, func(r claim.Request) bool { return r.Launch == l })
}

func fault(field, format string, args ...any) events.Faults {
	return events.Faults{{Field: field, Problem: fmt.Sprintf(format, args...)}}
}
