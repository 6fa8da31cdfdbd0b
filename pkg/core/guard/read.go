package guard

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/rulefile"
)

// maxBytes is the maximum size of a guardrails file.
const maxBytes = 4 << 20

// Read reads a guardrails file, YAML or JSON. The error names every fault with its line, its
// place, the value found and the allowed values.
func Read(data []byte) (*Guard, error) {
	g := &Guard{}
	r := reader{lines: make(map[string]int)}
	if err := rulefile.Read("guardrails", data, maxBytes, func(root rulefile.Node) { r.file(g, root) }); err != nil {
		return nil, err
	}
	return g, nil
}

// reader holds the names that must be unique in a file.
type reader struct {
	lines      map[string]int // of the entries' ids
	publishers []Publisher    // that entries may name
}

func (r *reader) file(g *Guard, root rulefile.Node) {
	if !root.Present() {
		root.Fault("an empty file: want a mapping with at least one of allow, deny, require, limits, publishers, reach, admins")
		return
	}
	m := root.Members("builtin", "allow", "deny", "require", "limits", "publishers", "reach", "admins")
	if m == nil {
		return
	}
	for _, n := range listed(m["publishers"], "a list of publishers") {
		g.publishers = r.publisher(g.publishers, n)
	}
	r.publishers = g.publishers
	for _, n := range listed(m["reach"], "a list of entries") {
		g.reach = append(g.reach, reachOf(n))
	}
	if n := m["builtin"]; !n.Present() || n.Bool() {
		g.deny = builtin()
	}
	g.restricted = m["allow"].Present()
	for _, n := range listed(m["allow"], "a list of entries; an empty one allows nothing") {
		g.allow = append(g.allow, r.entry(n, allowing))
	}
	for _, n := range listed(m["deny"], "a list of entries") {
		g.deny = append(g.deny, r.entry(n, denying))
	}
	for _, n := range listed(m["require"], "a list of entries") {
		g.requirements = append(g.requirements, r.requirement(n))
	}
	if n := m["limits"]; n.Present() {
		g.limits = limits(n)
	}
	for _, n := range listed(m["admins"], "a list of entries") {
		g.admins = append(g.admins, r.admin(n))
	}
	g.common, g.joint = commonOf(g.allow), g.jointly()
}

// listed returns the elements of a list. An absent list has none.
func listed(n rulefile.Node, want string) []rulefile.Node {
	if !n.Present() {
		return nil
	}
	return n.List(want)
}

// use is the purpose of an entry's rules.
type use uint8

const (
	allowing use = iota
	denying
)

func (r *reader) entry(n rulefile.Node, u use) (e entry) {
	m := n.Members("id", "reason", "groups", "tags", "launches", "accounts", "sources", "publishers", "rules")
	if m == nil {
		return e
	}
	e = r.entryOf(m)
	e.terms = terms(m["rules"], u)
	return e
}

// entryOf reads an entry without its rules.
func (r *reader) entryOf(m map[string]rulefile.Node) (e entry) {
	r.name(&e, m)
	if n := m["groups"]; n.Present() {
		for _, pattern := range texts(n, "a list of groups' ids, or of names with * for any text", isGroup) {
			if secgroup.IsGroupID(pattern) {
				e.ids = append(e.ids, pattern)
			} else {
				e.names = append(e.names, pattern)
			}
		}
	}
	if n := m["tags"]; n.Present() {
		keys, values := n.Pairs("a mapping of tags' keys to their values, with * for any text")
		for i, key := range keys {
			e.tags = append(e.tags, tag{key, values[i].Text(256)})
		}
	}
	r.whom(&e, m)
	return e
}

func (r *reader) admin(n rulefile.Node) (e entry) {
	m := n.Members("id", "reason", "accounts", "sources", "publishers", "launches", "reach")
	if m == nil {
		return e
	}
	r.name(&e, m)
	if !m["accounts"].Present() && !m["publishers"].Present() {
		m["accounts"].Fault("absent: want the accounts, or the publishers, that may add to and end the launches of others")
	}
	r.whom(&e, m)
	if len(r.publishers) > 0 && len(e.sources)+len(e.publishers) == 0 {
		n.Fault("an admin entry for whole accounts, in a file that names publishers: want publishers or sources, " +
			"or each publisher of these accounts is an admin")
	}
	e.reach = accounts(m["reach"], anyAccount)
	return e
}

// whom reads the events that an entry applies to.
func (r *reader) whom(e *entry, m map[string]rulefile.Node) {
	e.launches, e.accounts, e.sources = launches(m["launches"]), accounts(m["accounts"]), sources(m["sources"])
	e.publishers = r.named(m["publishers"])
}

var entryID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// name reads an entry's id and reason.
func (r *reader) name(e *entry, m map[string]rulefile.Node) {
	n := m["id"]
	e.id = n.Text(64)
	switch {
	case e.id == "":
	case !entryID.MatchString(e.id):
		n.Fault("found %s: want letters, digits and ._-, at most 64, a letter or digit first", rulefile.Quote(e.id))
	case e.id == "builtin":
		n.Fault("found %s: that is the name of the built-in entries; want another", rulefile.Quote(e.id))
	case r.lines[e.id] > 0:
		n.Fault("found %s, which stands at line %d too: want each id once", rulefile.Quote(e.id), r.lines[e.id])
	default:
		r.lines[e.id] = n.Line()
	}
	if n := m["reason"]; n.Present() {
		if e.reason = n.Text(255); !printable.MatchString(e.reason) {
			n.Fault("found %s: want printable ASCII, which refusals can show", rulefile.Quote(e.reason))
		}
	}
}

// Expressions do not check lengths: a repeat count in an expression costs milliseconds at each
// start of the function.
var (
	printable     = regexp.MustCompile(`^[ -~]*$`)
	launchPattern = regexp.MustCompile(`^[A-Za-z0-9*][A-Za-z0-9._:/=+@*-]*$`)
	groupPattern  = regexp.MustCompile(`^[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]+$`)
)

func isGroup(s string) (bool, string) {
	if secgroup.IsGroupID(s) {
		return true, ""
	}
	if strings.HasPrefix(s, "sg-") {
		return false, "sg- and 8 to 17 hexadecimal digits in lower case, for no group's name begins with sg-"
	}
	return groupPattern.MatchString(s), "a group's id, or a name of 1 to 255 of letters, digits, spaces and ._-:/()#,@[]+=&;{}!$, with * for any text"
}

func launches(n rulefile.Node) []string {
	if !n.Present() {
		return nil
	}
	return texts(n, "a list of launches' names, with * for any text", func(s string) (bool, string) {
		return len(s) <= 128 && launchPattern.MatchString(s), "a launch's name: letters, digits and ._:/=+@-, at most 128, with * for any text"
	})
}

// accounts reads a list of accounts. It may also hold the further texts.
func accounts(n rulefile.Node, further ...string) []string {
	if !n.Present() {
		return nil
	}
	want := strings.Join(append([]string{"an account id of 12 digits"}, further...), ", or ")
	return texts(n, "a list of accounts", func(s string) (bool, string) {
		return secgroup.IsAccount(s) || slices.Contains(further, s), want
	})
}

// texts reads a list of texts, at least one.
func texts(n rulefile.Node, want string, valid func(string) (ok bool, want string)) (all []string) {
	elements := n.List(want)
	if elements != nil && len(elements) == 0 {
		n.Fault("an empty list is for nobody: want %s, or leave the key out", want)
	}
	for _, e := range elements {
		s := e.Text(255)
		if s == "" {
			continue
		}
		if ok, want := valid(s); !ok {
			e.Fault("found %s: want %s", rulefile.Quote(s), want)
			continue
		}
		all = append(all, s)
	}
	return all
}

// allRules is the entry's text for all rules.
const allRules = "all"

func terms(n rulefile.Node, u use) (all []term) {
	if s, ok := n.Scalar(); ok && s == allRules {
		return allTerms()
	}
	for _, r := range n.Rules(isPattern) {
		switch {
		case r.Peer == "":
			all = append(all, term{Rule: r.Rule})
		case u == allowing && r.Peer == worldText:
			r.At.Fault("found the peer world in an allow entry: want addresses, such as 0.0.0.0/0 and ::/0")
		case u == allowing && r.Peer == listsText:
			r.At.Fault("found the peer pl-* in an allow entry: it would allow lists whose entries nobody has seen; want the ids of those that may be asked, or leave them out and have their entries judged as addresses")
		default:
			all = append(all, termOf(r.Rule, r.Peer))
		}
	}
	return all
}
