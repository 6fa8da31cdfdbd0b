package drift

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// liveRequests returns the live requests, each once.
func (c *comparison) liveRequests() (all []Request) {
	for _, r := range c.live {
		all = append(all, requestOf(r))
	}
	return all
}

func (c *comparison) unknown() {
	c.add(Drift{
		Kind: Unknown, Requests: c.liveRequests(),
		Detail: "The group could not be read: " + quote(c.Unreadable) + ".",
		Remedy: "repair the cause, and audit again",
	})
}

// Unreadable returns the drift about a thing that could not be read and that is not one group,
// for example the list of groups of an account and Region. The id of in is "".
func Unreadable(in claim.Group, subject string, why error, now time.Time) Drift {
	d := Drift{
		Kind: Unknown, Group: in, Subject: subject, Since: now,
		Detail: fmt.Sprintf("%s could not be read in %s/%s: %s.", subject, in.Account, in.Region, quote(why.Error())),
		Remedy: "repair the cause, and audit again",
	}
	d.Severity, d.ID = ratings[Unknown].severity, d.identity()
	return d
}

// UnreadableID returns the ID of the drift that [Unreadable] returns.
func UnreadableID(in claim.Group, subject string) string {
	return Drift{Kind: Unknown, Group: in, Subject: subject}.identity()
}

// groupMissing files the drift of a group that launches request and EC2 does not have.
func (c *comparison) groupMissing() {
	requests := c.liveRequests()
	young := func(a Request) bool { return c.now.Sub(a.Since) < Grace }
	if !slices.ContainsFunc(requests, func(a Request) bool { return !young(a) }) {
		return // EC2 may not know a new group yet
	}
	d := Drift{Kind: GroupMissing, Requests: requests}
	d.Detail = fmt.Sprintf("EC2 has no such group, and %s requested rules on it.", launches(requests))
	d.Remedy = "end the launches, or let them request an existing group"
	if c.Successor != "" {
		d.Kind, d.Subject = GroupRecreated, c.Successor
		d.Detail = fmt.Sprintf("EC2 has no such group; its name now belongs to %s. "+
			"On the old group, %s requested rules.",
			word(c.Successor), launches(requests))
		d.Remedy = fmt.Sprintf("let the launches request %s, under new names, and end the old ones", word(c.Successor))
	}
	c.add(d)
}

// lists files a drift for each rule whose prefix list changed since an audit judged the rule.
func (c *comparison) lists() {
	for i := range c.rules {
		p := &c.rules[i]
		id, ok := p.Rule.Peer.PrefixList()
		known, list := c.Known[p.Rule.String()], c.Lists[id]
		if !ok || known.Version == 0 || slices.Contains(c.Unread, Input(id)) || list.Version == known.Version {
			continue
		}
		added, removed := without(list.Entries, known.Entries), without(known.Entries, list.Entries)
		d := Drift{Kind: PrefixListContents, Rule: p.Entry, Subject: id, Requests: c.requestsWithin(p.Rule)}
		if len(added) > 0 {
			d.Severity = c.exposure(p.Rule)
		}
		d.Detail = fmt.Sprintf("The entries of %s, which %s names, changed from version %d to %d%s.",
			id, name(p.Entry), known.Version, list.Version, changes(added, removed))
		d.Remedy = "check that the new entries are intended; the next audit counts them as known"
		c.add(d)
	}
}

// listVersions returns the version of its prefix list at which each rule was judged.
func (c *comparison) listVersions() map[string]int64 {
	var versions map[string]int64
	for i := range c.rules {
		id, ok := c.rules[i].Rule.Peer.PrefixList()
		if !ok {
			continue
		}
		text := c.rules[i].Rule.String()
		version := c.Lists[id].Version
		if slices.Contains(c.Unread, Input(id)) {
			version = c.Known[text].Version
		}
		if version != 0 {
			if versions == nil {
				versions = make(map[string]int64)
			}
			versions[text] = version
		}
	}
	return versions
}

func changes(added, removed []string) (text string) {
	if len(added) > 0 {
		text += "; added: " + few(quoted(added))
	}
	if len(removed) > 0 {
		text += "; removed: " + few(quoted(removed))
	}
	return text
}

func quoted(texts []string) []string {
	texts = slices.Clone(texts)
	for i, t := range texts {
		texts[i] = word(t)
	}
	return texts
}

// quota files a drift for each quota that presses.
func (c *comparison) quota() {
	limit := c.Facts.quota(c.policy).Limit
	for name, used := range c.usage() {
		if used*100 < limit*c.policy.threshold() {
			continue
		}
		c.add(Drift{
			Kind: QuotaPressure, Subject: name,
			Detail: fmt.Sprintf("The group's %s rules count %d toward a quota of %d.%s", name, used, limit,
				c.unweighedText()),
			Remedy: "remove needless rules, end launches, request wider ranges, or raise the quota (L-0EA8095F)",
		})
	}
}

// unweighed returns the prefix lists of unknown weight that the group's rules name.
func (c *comparison) unweighed() []string { return c.Facts.quota(c.policy).Unweighed(c.entries()...) }

func (c *comparison) unweighedText() string {
	if ids := c.unweighed(); len(ids) > 0 {
		return fmt.Sprintf(" A rule with %s counts as 1, because the maximum is not known.",
			strings.Join(quoted(ids), ", "))
	}
	return ""
}

// usage returns how many rules count towards each of the four quotas of the group.
func (c *comparison) usage() map[string]int {
	used := c.Facts.quota(c.policy).Usage(c.entries())
	return map[string]int{
		"ingress IPv4": used.IngressIPv4, "ingress IPv6": used.IngressIPv6,
		"egress IPv4": used.EgressIPv4, "egress IPv6": used.EgressIPv6,
	}
}

// tag files a drift if a group with live requests lost its opt-in.
func (c *comparison) tag() {
	key, value, _ := strings.Cut(c.policy.ManagedTag, "=")
	if found, ok := c.Tags[key]; key == "" || len(c.live) == 0 || ok && found == value {
		return
	}
	c.add(Drift{
		Kind: ManagedTagLost, Subject: c.policy.ManagedTag, Requests: c.liveRequests(),
		Detail: fmt.Sprintf("The group lacks the tag %s, so sgkeeper may not write to it, "+
			"and %s requested rules on it.",
			quote(c.policy.ManagedTag), launches(c.liveRequests())),
		Remedy: fmt.Sprintf("tag it again: aws ec2 create-tags --resources %s --tags "+
			"Key=%s,Value=%s; or end the launches",
			c.Group.ID, key, value),
	})
}

func (c *comparison) stuck() bool {
	return c.Lease.Owner != lease.Nobody && c.now.Sub(c.Lease.Expires.Time()) >= StuckAfter
}

func (c *comparison) lease() {
	if !c.stuck() {
		return
	}
	expired := c.Lease.Expires.Time()
	c.add(Drift{
		Kind: LeaseStuck, Subject: "lease",
		Detail: fmt.Sprintf("The group's lease expired at %s, and no function took it since. "+
			"So no function writes to the group. Waiting tickets: %d.",
			expired.Format(time.RFC3339), c.Lease.Want-c.Lease.Applied),
		Remedy: "check that the sweep runs each minute (its schedule, the function's errors, the dead-letter queue); " +
			"the next sweep takes the lease",
	})
}

// history files a drift if the table has forgotten launches whose rules exist.
func (c *comparison) history() {
	if !c.state.HistoryLost() {
		return
	}
	c.add(Drift{
		Kind: HistoryLost, Subject: "history",
		Detail: fmt.Sprintf("The table was restored to an older state, or replaced: it has served tickets up to %d, "+
			"and may lack launches up to ticket %d. sgkeeper revokes no rule in the group.",
			c.Lease.Applied, c.state.Ledger.Forgotten),
		Remedy: fmt.Sprintf("send the launches' events since then again, then run `sgkeeper resume --group %s`, "+
			"which lists the rules to revoke before it asks", c.Group.ID),
	})
}

// summary returns the group as the audit read it.
func (c *comparison) summary() Group {
	g := Group{
		Group: c.Group, Name: c.Name, VPC: c.VPC, Interfaces: c.Interfaces,
		Rules: len(c.rules), Limit: c.Facts.quota(c.policy).Limit, Excepted: c.excepted,
		Used: c.Facts.quota(c.policy).Usage(c.entries()), Unweighed: c.unweighed(),
		Frozen: c.Ledger.Frozen.String(), Unreadable: c.Unreadable, At: c.now.UTC(),
		Unread: c.Unread, Lists: c.listVersions(),
	}
	for i := range c.rules {
		if c.rules[i].ours {
			g.Ours++
		}
	}
	if n := len(c.live) + len(c.past); n > 0 {
		g.Requests = make([]FullRequest, 0, n)
	}
	for _, r := range slices.Concat(c.live, c.past) {
		request := FullRequest{Request: requestOf(r), Rules: make([]secgroup.Rule, 0, len(r.Rules))}
		for _, e := range r.Rules {
			request.Rules = append(request.Rules, c.in(e.Rule))
		}
		g.Requests = append(g.Requests, request)
	}
	if c.Unreadable == "" && c.Found {
		g.Strip = strip(c.desired, c.proven())
	}
	return g
}

// proven returns the existing rules without the assumed ones that a new launch needs. They do not
// suffice to show the launch's ports as open.
func (c *comparison) proven() []existing {
	if len(c.unsure) == 0 {
		return c.rules
	}
	return slices.DeleteFunc(slices.Clone(c.rules), func(p existing) bool {
		return p.assumed && slices.ContainsFunc(c.unsure, p.Rule.Overlaps)
	})
}
