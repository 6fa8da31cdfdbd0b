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

// planner takes messages one by one. It keeps the live requests of each group, as the table does
// for ensure.
type planner struct {
	in       Offline
	groups   map[string]awscli.Group // by id
	owners   map[string]string       // account of each known group, by id
	owner    string                  // of all groups, if one account owns them all
	before   time.Time               // receipt of the last claim; messages are later
	ended    map[part]bool
	finished map[requestID]claim.Request // refused and expired claims
	byGroup  map[string]*groupRequests   // by group id
	preview  Preview
}

// part is the scope of a Launch Ended: a launch's part in a group, or in all groups if the
// group is "".
type part struct {
	launch claim.Launch
	group  string
}

// groupRequests holds the live requests of one group.
type groupRequests struct {
	open    []claim.Request
	message map[string]int // index of each request's message, by key; or claimed
}

func newPlanner(in Offline) *planner {
	p := &planner{
		in:       in,
		groups:   make(map[string]awscli.Group, len(in.Groups)),
		owners:   make(map[string]string, len(in.Groups)),
		before:   time.UnixMilli(0),
		ended:    make(map[part]bool),
		finished: make(map[requestID]claim.Request),
		byGroup:  make(map[string]*groupRequests),
	}
	for _, g := range in.Groups {
		p.groups[g.ID] = g
		p.owners[g.ID] = g.Owner
	}
	for _, r := range in.Claims {
		if _, known := p.owners[r.Group.ID]; !known {
			p.owners[r.Group.ID] = r.Group.Account
		}
	}
	if accounts := slices.Sorted(maps.Values(p.owners)); len(accounts) > 0 && accounts[0] == accounts[len(accounts)-1] {
		p.owner = accounts[0]
	}
	return p
}

// take reads the message with that index.
func (p *planner) take(i int, m events.Message) {
	p.identify(&m)
	m.Fill(p.ownerOf(m.Group.ID), "")
	if p.in.Means != nil && m.Faults == nil && m.Instance == nil {
		m.Launch, m.Faults = p.in.Means(m)
	}
	switch {
	case m.Faults != nil:
		p.reject(i, m.Launch, m.Faults)
	case m.Instance != nil:
		p.reject(i, m.Launch, fault("", "the event of an instance does not contain its tags, "+
			"which define its request: give the Launch Requested event that follows from them"))
	case m.End != nil:
		e := *m.End
		e.Launch = m.Launch
		p.end(i, e)
	case m.Request != nil:
		r := *m.Request
		r.Launch, m.Request = m.Launch, &r
		p.request(i, m)
	}
}

// identify replaces a group's name by the id of the described group.
func (p *planner) identify(m *events.Message) {
	for _, g := range p.in.Groups {
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

// ownerOf is the account of a message that names none: the group's owner, or that of all groups;
// "" if unknown.
func (p *planner) ownerOf(group string) string {
	if owner, known := p.owners[group]; known {
		return owner
	}
	return p.owner
}

func (p *planner) request(i int, m events.Message) {
	r := *m.Request
	in := claim.Group{Account: r.Group.Account, ID: r.Group.ID}
	request := r.On(in, p.before.Add(time.Duration(i+1)*time.Millisecond))
	faults := append(p.refusals(m), request.CheckExpiry(p.in.At)...)
	if faults == nil && (p.ended[part{r.Launch, ""}] || p.ended[part{r.Launch, r.Group.ID}]) {
		faults = claim.Faults{claim.EndedFault(r.Launch.Name)}
	}
	if faults == nil {
		faults = p.verdict(request)
	}
	if faults != nil {
		p.reject(i, r.Launch, faults)
		return
	}
	for _, remark := range r.Remarks {
		p.preview.Remarks = append(p.preview.Remarks, Remark{r.Launch.Name, remark})
	}
	p.requestsOf(in.ID).add(i, request)
}

// refusals returns the reasons why a group is not served or, if it is, the rules that the
// guardrails do not allow in it.
func (p *planner) refusals(m events.Message) claim.Faults {
	r := *m.Request
	if faults := p.locate(r.Group); faults != nil {
		return faults
	}
	switch {
	case !p.exists(r.Group.ID):
		return fault("/group", "%s is not among the described groups; create it, or describe it too", r.Group.ID)
	case p.in.Check == nil:
		return nil
	}
	return p.in.Check(m, p.described(claim.Group{Account: r.Group.Account, ID: r.Group.ID}))
}

func (p *planner) end(i int, e events.End) {
	ends := part{launch: e.Launch}
	if e.Group != nil {
		if faults := p.locate(*e.Group); faults != nil {
			p.reject(i, e.Launch, faults)
			return
		}
		ends.group = e.Group.ID
		if p.exists(ends.group) {
			p.requestsOf(ends.group)
		}
	}
	p.ended[ends] = true
	for id, f := range p.byGroup {
		if ends.group == "" || ends.group == id {
			f.close(e.Launch)
		}
	}
}

// locate returns the fault of a message's group if it cannot be found.
func (p *planner) locate(g events.Group) claim.Faults {
	owner := p.owners[g.ID]
	switch {
	case g.ID == "":
		return fault("/group/name",
			"no group described is named %s in %s; give the group's id, or describe it by describe-security-groups, "+
				"whose output has names", g.Name, g.VPC)
	case owner != "" && g.Account != owner:
		return fault("/group/account",
			"the event names a group of account %s, but %s belongs to %s; name that account in the group",
			g.Account, g.ID, owner)
	}
	return nil
}

// described is the description of a group. It has the id and account at least.
func (p *planner) described(g claim.Group) awscli.Group {
	s := p.groups[g.ID]
	s.ID, s.Owner = g.ID, g.Account
	return s
}

func (p *planner) knows(group string) bool {
	_, known := p.groups[group]
	return known
}

// exists reports whether the group may exist.
func (p *planner) exists(group string) bool { return !p.in.Complete || p.knows(group) }

func (p *planner) reject(i int, l claim.Launch, reasons claim.Faults) {
	p.preview.Rejected = append(p.preview.Rejected, Rejection{l.Name, reasons, i})
}

// plan plans one group and rejects the requests that do not fit.
func (p *planner) plan(id string, f *groupRequests) {
	s := p.state(id, f)
	decision := s.Decide()
	for _, refused := range decision.Refusals() {
		p.reject(f.message[refused.Request.Key()], refused.Request.Launch, refused.Reasons)
	}
	p.preview.Groups = append(p.preview.Groups, GroupPlan{Group: id, Assumed: !p.knows(id), Decision: decision})
}

// state is the state of a group with its live requests. It has no ledger, so a claim counts as
// served if the group's rules allow all of it.
func (p *planner) state(id string, f *groupRequests) group.State {
	s := group.State{
		Group: claim.Group{Account: p.owners[id], ID: id}, Installation: p.in.Owner, Offline: true,
		Quota: p.in.Quota, Caps: p.in.Caps, Requests: f.open, Loaded: p.in.At,
	}
	if p.in.Judge != nil {
		s.Judge = func() plan.Judge { return p.in.Judge(p.described(s.Group)) }
	}
	s = s.Observe(p.groups[id].Entries, p.in.At)
	var served []claim.Request
	for _, r := range f.open {
		if _, all := s.Covers([]claim.Request{r}); all && f.message[r.Key()] == claimed {
			served = append(served, r)
		}
	}
	s.Ledger.Served = claim.Served{}.After(time.Time{}, served)
	return s
}

func (p *planner) requestsOf(group string) *groupRequests {
	if p.byGroup[group] == nil {
		p.byGroup[group] = &groupRequests{message: make(map[string]int)}
	}
	return p.byGroup[group]
}

// add adds a request, unless it repeats one.
func (f *groupRequests) add(message int, r claim.Request) {
	key := r.Key()
	if _, repeated := f.message[key]; repeated {
		return
	}
	f.message[key] = message
	f.open = append(f.open, r)
}

// close removes a launch's requests. The launch has ended, so they cannot return.
func (f *groupRequests) close(l claim.Launch) {
	f.open = slices.DeleteFunc(f.open, func(r claim.Request) bool { return r.Launch == l })
}

func fault(field, format string, args ...any) claim.Faults {
	return claim.Faults{{Field: field, Problem: fmt.Sprintf(format, args...)}}
}
