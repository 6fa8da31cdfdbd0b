package guard

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Union judges the live requests of one group together. Even if each is allowed alone,
// together they may open a port to the world. For example, 55 requests for SSH from a /8 each
// open more than a fifth of IPv4.
//
// A union judges each deny entry about the world over the requests that the entry applies to.
// It counts the public addresses to which they open some traffic of the entry. A rule that
// opens only private addresses does not count. A request is judged by the requests that were
// added before it.
type Union struct {
	guard  *Guard
	group  Group
	lists  map[string]List
	public map[string][]netip.Prefix // public entries of lists, made when needed
	live   []claim.Request
	opened []*opened // by the index of the joint
}

// joint is a world term that judges requests together.
type joint struct {
	*Entry
	term       *Term
	unexpiring bool // it is for requests that never expire
}

// jointly returns the guard's joints.
func (g *Guard) jointly() (all []joint) {
	for i := range g.deny {
		for j := range g.deny[i].Terms {
			if t := &g.deny[i].Terms[j]; t.Peers == World {
				all = append(all, joint{Entry: &g.deny[i], term: t})
			}
		}
	}
	if g.guardrails.Limits.unexpiring() {
		all = append(all, joint{Entry: &Entry{says: mustExpire}, term: &anyWorld, unexpiring: true})
	}
	return all
}

// Union returns a union without requests. Lists are the known prefix lists; [Guard.Needs]
// names the needed ones.
func (g *Guard) Union(group Group, lists map[string]List) *Union {
	return &Union{
		guard: g, group: group, lists: lists, public: make(map[string][]netip.Prefix),
		opened: make([]*opened, len(g.joint)),
	}
}

// Add adds a live request to the union.
func (u *Union) Add(r claim.Request) { u.live = append(u.live, r) }

// Against returns the reasons why the union may not take a request. Wait is true if the
// verdict needs the group's facts or a prefix list's entries, and these are unknown.
func (u *Union) Against(r claim.Request) (reasons claim.Faults, wait bool) {
	byBuiltin := false
	for i := range u.guard.joint {
		j := &u.guard.joint[i]
		b := u.bearing(j, r)
		if b.applies == no || b.none() {
			continue
		}
		for _, id := range b.unread {
			list, known := u.lists[id]
			wait = wait || !known
			if reason := (claim.Fault{Field: "/rules", Problem: list.unread(id)}); !slices.Contains(reasons, reason) {
				reasons = append(reasons, reason)
			}
		}
		at, open := u.upTo(i).exceededBy(b.parts)
		if at == nil {
			continue
		}
		if b.applies == maybe {
			wait = true
		}
		if isBuiltin := j.says != ""; !isBuiltin || !byBuiltin {
			byBuiltin = byBuiltin || isBuiltin
			reasons = append(reasons, claim.Fault{Field: "/rules", Problem: j.together(r, open, at.launches)})
		}
	}
	return reasons, wait
}

// together returns the fault that a rule and other launches' rules open the term's traffic to the
// world.
func (j *joint) together(r claim.Request, rule secgroup.Rule, launches []claim.Launch) string {
	with := ""
	if len(launches) > 0 {
		names := make([]string, len(launches))
		for i, l := range launches {
			if names[i] = l.Name; l.Account != r.Launch.Account {
				names[i] = l.Account + "/" + l.Name
			}
		}
		with = "together with live requests of launch " + few(names) + ", "
	}
	if j.says != "" {
		return fmt.Sprintf("%s: %sthis is open to as much as the world: %s", rule, with, j.says)
	}
	return fmt.Sprintf("%s is denied by entry %q%s: %sit opens %s, and %s; end launches that are over, or name "+
		"the addresses or the group that need it", rule, j.ID, j.because(), with, *j.term, worldMeans)
}

// Needs returns the data to read before fresh requests are judged together with the others:
// prefix lists, and the group's facts if these are unknown.
func (g *Guard) Needs(group Group, fresh, others []claim.Request) (lists []string, facts bool) {
	u := g.Union(group, nil)
	touched := make([]bool, len(g.joint))
	read := func(ids []string) {
		for _, id := range ids {
			if !slices.Contains(lists, id) {
				lists = append(lists, id)
			}
		}
	}
	for _, r := range fresh {
		for i := range g.joint {
			if b := u.bearing(&g.joint[i], r); b.applies != no && !b.none() {
				touched[i] = true
				facts = facts || b.applies == maybe
				read(b.unread)
			}
		}
	}
	for i := range g.joint {
		for k := 0; touched[i] && k < len(others); k++ {
			if b := u.bearing(&g.joint[i], others[k]); b.applies != no {
				read(b.unread)
			}
		}
	}
	return lists, facts && group.Facts == nil
}

// bearing holds the parts of a request that count for a joint.
type bearing struct {
	applies answer
	parts   []part
	unread  []string // prefix lists with unknown entries that would be parts
}

func (b bearing) none() bool { return len(b.parts)+len(b.unread) == 0 }

// part is some traffic that a request opens to addresses, within a world term.
type part struct {
	rule      secgroup.Rule
	addresses []netip.Prefix
	by        claim.Launch
}

func (u *Union) bearing(j *joint, r claim.Request) (b bearing) {
	var rules []secgroup.Rule
	for i := range r.Rules {
		if rule := r.Rules[i].Rule; j.term.concerns(rule) && mayBePublic(rule.Peer) {
			rules = append(rules, rule)
		}
	}
	ask := Candidate{Launch: r.Launch, Source: r.Origin.Source, Group: u.group}
	if len(rules) == 0 || j.unexpiring && !r.ExpiresAt.IsZero() {
		return b
	}
	if b.applies = j.applies(&ask); b.applies == no {
		return b
	}
	for _, rule := range rules {
		if prefix, ok := rule.Peer.Prefix(); ok {
			b.parts = append(b.parts, part{rule, []netip.Prefix{prefix}, r.Launch})
		} else {
			u.list(&b, j, &ask, rule)
		}
	}
	return b
}

// mayBePublic reports whether a peer is an address block that is not private, or a prefix
// list.
func mayBePublic(p secgroup.Peer) bool {
	prefix, addresses := p.Prefix()
	_, list := p.PrefixList()
	return list || addresses && !isPrivate(prefix)
}

// list adds the parts of a prefix list's rule.
func (u *Union) list(b *bearing, j *joint, a *Candidate, rule secgroup.Rule) {
	id, _ := rule.Peer.PrefixList()
	rest, doubt := u.unlisted(a, rule)
	for _, rule := range rest {
		if !j.term.concerns(rule) {
			continue
		}
		if doubt {
			b.applies = maybe
		}
		if l, known := u.lists[id]; !known || l.Problem != "" {
			b.unread = append(b.unread, id)
		} else if public := u.publicOf(id); len(public) > 0 {
			b.parts = append(b.parts, part{rule, public, a.Launch})
		}
	}
}

// unlisted returns the parts of a prefix list's rule that no allow entry lists. Doubt is true
// if an entry may list more, depending on the group's facts.
func (u *Union) unlisted(a *Candidate, rule secgroup.Rule) (rest []secgroup.Rule, doubt bool) {
	w := &wanted{rule: rule, requested: rule}
	var allows, perhaps []*Entry
	for i := range u.guard.guardrails.Allow {
		switch e := &u.guard.guardrails.Allow[i]; e.applies(a) {
		case yes:
			allows, perhaps = append(allows, e), append(perhaps, e)
		case maybe:
			perhaps = append(perhaps, e)
		}
	}
	rest = unlisted(allows, w)
	return rest, len(perhaps) > len(allows) && !slices.Equal(rest, unlisted(perhaps, w))
}

// publicOf returns the entries of a list that are not private, without overlaps.
func (u *Union) publicOf(id string) []netip.Prefix {
	public, known := u.public[id]
	if !known {
		public = union(slices.DeleteFunc(slices.Clone(u.lists[id].Entries), isPrivate))
		u.public[id] = public
	}
	return public
}

// upTo returns the joint's traffic that all live requests open.
func (u *Union) upTo(i int) *opened {
	if u.opened[i] == nil {
		u.opened[i] = newOpened(u.guard.joint[i].term)
	}
	o := u.opened[i]
	for ; o.requests < len(u.live); o.requests++ {
		if b := u.bearing(&u.guard.joint[i], u.live[o.requests]); b.applies != no {
			o.add(b.parts)
		}
	}
	return o
}
