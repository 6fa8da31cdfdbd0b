package guard

import (
	"fmt"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/pattern"
)

// Publisher is a program, or a team, that publishes launches. Its name is the namespace of its
// launches.
//
// The account and the source of an event from the bus identify its publisher. For a message of
// the publishers' queue, the account and the sender do. A publisher with neither sources nor
// senders owns each event of its accounts.
type Publisher struct {
	Name     string
	Accounts []string // none: the function's own
	Sources  []string // patterns of the events' sources
	Senders  []string // patterns of SQS's SenderId
	Launches []string // patterns of the launches that it may name; none: any
	Roles    []string // ARNs of roles that may publish as it; only the stack uses them
}

// Publishers returns the publishers of the guardrails.
func (g *Guard) Publishers() []Publisher {
	if g == nil {
		return nil
	}
	return slices.Clone(g.guardrails.Publishers)
}

// of reports whether an account is the publisher's. Home is the function's own account.
func (p *Publisher) of(account, home string) bool {
	if len(p.Accounts) == 0 {
		return account == home
	}
	return slices.Contains(p.Accounts, account)
}

// published reports whether an event comes from the publisher.
func (p *Publisher) published(o claim.Origin, home string) bool {
	open := len(p.Sources)+len(p.Senders) == 0
	bySource := o.Source != "" && matchesAny(p.Sources, o.Source)
	bySender := o.Sender != "" && matchesAny(p.Senders, o.Sender)
	return p.of(o.Account, home) && (open || bySource || bySender)
}

// names reports whether the publisher may use a launch's name.
func (p *Publisher) names(launch string) bool {
	return matches(p.Launches, launch)
}

// Event is the part of an event that identifies its launch.
type Event struct {
	Launch claim.Launch // by the event's account
	Origin claim.Origin
	Owner  string // the account of the group that the event requests rules on; "" for an end
}

// Means returns the launch that an event means. That is its publisher's launch, or another
// owner's if an admin sent the event and names it. The faults are the reasons why the
// publisher may not use the name, or why a request does not reach its group. An end reaches
// every group of its launch. An admin also reaches groups of its own account and of the
// accounts that its entry lists. Home is the function's account.
//
// An event about an instance means the instance's launch: EC2 sent it, so it has no publisher.
func (g *Guard) Means(e Event, home string) (claim.Launch, claim.Faults) {
	l := e.Launch
	if g == nil {
		return l, nil
	}
	if meant, admin := g.byAdmin(l, e.Origin, home); admin != nil {
		return meant, g.outside(e.Owner, meant.Account, append([]string{e.Origin.Account}, admin.Reach...))
	}
	if len(g.guardrails.Publishers) > 0 {
		p, faults := g.publisher(e.Origin, home)
		if faults != nil {
			return l, faults
		}
		l.Namespace = p.Name
		if l.Name != "" && !p.names(l.Name) {
			return l, faultsOf("/launch", "publisher %s may not name a launch %s: its launches are %s; "+
				"choose such a name, "+
				"or add a pattern to its launches in the guardrails", p.Name, l.Name, few(p.Launches))
		}
	}
	return l, g.outside(e.Owner, l.Account, nil)
}

// publisher returns the publisher of an event. It fails if there is none, or several.
func (g *Guard) publisher(o claim.Origin, home string) (*Publisher, claim.Faults) {
	var all []*Publisher
	for i := range g.guardrails.Publishers {
		if p := &g.guardrails.Publishers[i]; p.published(o, home) {
			all = append(all, p)
		}
	}
	switch len(all) {
	case 1:
		return all[0], nil
	case 0:
		return nil, faultsOf("", "%s belongs to no publisher of the guardrails: publish as one of them, "+
			"or add a publisher with "+
			"this account and source or sender", described(o))
	}
	return nil, faultsOf("", "%s belongs to several publishers of the guardrails, %s and %s: "+
		"an event must have one; narrow "+
		"their sources or senders", described(o), all[0].Name, all[1].Name)
}

// described returns an event's origin as text.
func described(o claim.Origin) string {
	switch {
	case o.Source != "":
		return fmt.Sprintf("an event of account %s with source %q", o.Account, o.Source)
	case o.Sender != "":
		return fmt.Sprintf("a message of sender %q", o.Sender)
	}
	return fmt.Sprintf("an invocation of the function by account %s, which has neither source nor sender,", o.Account)
}

// Before returns the launch of the same name from before the guardrails named publishers. The
// launch belongs to the only publisher that may use the name in its account; ok is false for
// any other. An instance's launch belongs to no publisher.
func (g *Guard) Before(l claim.Launch, home string) (before claim.Launch, ok bool) {
	if g == nil || l.Namespace == "" || claim.IsInstanceID(l.Name) {
		return l, false
	}
	for i := range g.guardrails.Publishers {
		p := &g.guardrails.Publishers[i]
		if mine := p.Name == l.Namespace; p.of(l.Account, home) && p.names(l.Name) != mine {
			return l, false
		}
	}
	before = l
	before.Namespace = ""
	return before, true
}

func faultsOf(field, format string, args ...any) claim.Faults {
	return claim.Faults{{Field: field, Problem: fmt.Sprintf(format, args...)}}
}

// Meets reports whether some event could belong to both publishers.
func (p *Publisher) Meets(q *Publisher) bool {
	accounts := len(p.Accounts) == 0 && len(q.Accounts) == 0 ||
		slices.ContainsFunc(p.Accounts, func(a string) bool { return slices.Contains(q.Accounts, a) })
	open := func(p *Publisher) bool { return len(p.Sources)+len(p.Senders) == 0 }
	return accounts && (open(p) || open(q) || overlapAny(p.Sources, q.Sources) || overlapAny(p.Senders, q.Senders))
}

func overlapAny(ps, qs []string) bool {
	return slices.ContainsFunc(ps, func(p string) bool {
		return slices.ContainsFunc(qs, func(q string) bool { return pattern.Overlap(p, q) })
	})
}
