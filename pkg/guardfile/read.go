// Package guardfile reads guardrails files into the guards of package guard. It also has their
// JSON Schema, and examples. A file is YAML or JSON, and a rule in it has the form of a rule in
// a launch's event:
//
//	allow:
//	  - id: web
//	    launches: ["web-*"]
//	    rules:
//	      - {ports: [80, 443], from: [0.0.0.0/0, "::/0"]}
package guardfile

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/rulefile"
)

// maxBytes is the maximum size of a guardrails file.
const maxBytes = 4 << 20

// Read reads a guardrails file, YAML or JSON. The error names every fault with its line, its
// place, the value found and the allowed values.
func Read(data []byte) (*guard.Guard, error) {
	var g guard.Guardrails
	r := reader{lines: make(map[string]int)}
	if err := rulefile.Read("guardrails", data, maxBytes, func(root rulefile.Node) { g = r.file(root) }); err != nil {
		return nil, err
	}
	return guard.New(g), nil
}

// reader holds the names that must be unique in a file.
type reader struct {
	lines      map[string]int    // of the entries' ids
	publishers []guard.Publisher // that entries may name
}

func (r *reader) file(root rulefile.Node) (g guard.Guardrails) {
	if !root.Present() {
		root.Fault("an empty file: want a mapping with at least one of allow, deny, require, limits, " +
			"publishers, reach, admins")
		return g
	}
	m := root.Members("builtin", "allow", "deny", "require", "limits", "publishers", "reach", "admins")
	if m == nil {
		return g
	}
	for _, n := range listed(m["publishers"], "a list of publishers") {
		g.Publishers = r.publisher(g.Publishers, n)
	}
	r.publishers = g.Publishers
	for _, n := range listed(m["reach"], "a list of entries") {
		g.Reach = append(g.Reach, reachOf(n))
	}
	g.Builtin = !m["builtin"].Present() || m["builtin"].Bool()
	g.Restricted = m["allow"].Present()
	for _, n := range listed(m["allow"], "a list of entries; an empty one allows nothing") {
		g.Allow = append(g.Allow, r.entry(n, allowing))
	}
	for _, n := range listed(m["deny"], "a list of entries") {
		g.Deny = append(g.Deny, r.entry(n, denying))
	}
	for _, n := range listed(m["require"], "a list of entries") {
		g.Require = append(g.Require, r.requirement(n))
	}
	if n := m["limits"]; n.Present() {
		g.Limits = limits(n)
	}
	for _, n := range listed(m["admins"], "a list of entries") {
		g.Admins = append(g.Admins, r.admin(n))
	}
	return g
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

func (r *reader) entry(n rulefile.Node, u use) (e guard.Entry) {
	m := n.Members("id", "reason", "groups", "tags", "launches", "accounts", "sources", "publishers", "rules")
	if m == nil {
		return e
	}
	e.ID, e.Reason = r.name(m)
	e.Scope = r.scope(m)
	e.Terms = terms(m["rules"], u)
	return e
}

// requirement reads an entry. Without rules, it is about all rules.
func (r *reader) requirement(n rulefile.Node) (q guard.Requirement) {
	m := n.Members("id", "reason", "groups", "tags", "launches", "accounts", "sources", "publishers", "fields", "rules")
	if m == nil {
		return q
	}
	q.ID, q.Reason = r.name(m)
	q.Scope = r.scope(m)
	if m["rules"].Present() {
		q.Terms = terms(m["rules"], denying)
	} else {
		q.Terms = guard.AllTerms()
	}
	fields := guard.RequirableFields()
	if !m["fields"].Present() {
		m["fields"].Fault("absent: want the fields that a request must have, of %s", strings.Join(fields, ", "))
		return q
	}
	q.Fields = texts(m["fields"], "a list of fields", func(s string) (bool, string) {
		return slices.Contains(fields, s), "one of " + strings.Join(fields, ", ")
	})
	return q
}

// admin reads an entry of admins. Its id and its reason are for people alone.
func (r *reader) admin(n rulefile.Node) (a guard.Admin) {
	m := n.Members("id", "reason", "accounts", "sources", "publishers", "launches", "reach")
	if m == nil {
		return a
	}
	r.name(m)
	if !m["accounts"].Present() && !m["publishers"].Present() {
		m["accounts"].Fault("absent: want the accounts, or the publishers, that may add to and end " +
			"the launches of others")
	}
	a.Launches, a.Accounts, a.Sources = launches(m["launches"]), accounts(m["accounts"]), sources(m["sources"])
	a.Publishers = r.named(m["publishers"])
	if len(r.publishers) > 0 && len(a.Sources)+len(a.Publishers) == 0 {
		n.Fault("an admin entry for whole accounts, in a file that names publishers: want publishers or sources, " +
			"or each publisher of these accounts is an admin")
	}
	a.Reach = accounts(m["reach"], guard.AnyAccount)
	return a
}

// scope reads the requests that an entry applies to.
func (r *reader) scope(m map[string]rulefile.Node) (s guard.Scope) {
	if n := m["groups"]; n.Present() {
		for _, pattern := range texts(n, "a list of groups' ids, or of names with * for any text", isGroup) {
			if secgroup.IsGroupID(pattern) {
				s.GroupIDs = append(s.GroupIDs, pattern)
			} else {
				s.GroupNames = append(s.GroupNames, pattern)
			}
		}
	}
	if n := m["tags"]; n.Present() {
		keys, values := n.Pairs("a mapping of tags' keys to their values, with * for any text")
		for i, key := range keys {
			s.Tags = append(s.Tags, guard.Tag{Key: key, Value: values[i].Text(256)})
		}
	}
	s.Launches, s.Accounts, s.Sources = launches(m["launches"]), accounts(m["accounts"]), sources(m["sources"])
	s.Publishers = r.named(m["publishers"])
	return s
}

var entryID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// name reads an entry's id and reason.
func (r *reader) name(m map[string]rulefile.Node) (id, reason string) {
	n := m["id"]
	switch id = n.Text(64); {
	case id == "":
	case !entryID.MatchString(id):
		n.Fault("found %s: want letters, digits and ._-, at most 64, a letter or digit first", rulefile.Quote(id))
	case id == guard.BuiltinID:
		n.Fault("found %s: that is the name of the built-in entries; want another", rulefile.Quote(id))
	case r.lines[id] > 0:
		n.Fault("found %s, which line %d has too: want each id once", rulefile.Quote(id), r.lines[id])
	default:
		r.lines[id] = n.Line()
	}
	if n := m["reason"]; n.Present() {
		if reason = n.Text(255); !printable.MatchString(reason) {
			n.Fault("found %s: want printable ASCII, which refusals can show", rulefile.Quote(reason))
		}
	}
	return id, reason
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
		return false, "sg- and 8 to 17 hexadecimal digits in lower case, because no group's name begins with sg-"
	}
	return groupPattern.MatchString(s),
		"a group's id, or a name of 1 to 255 of letters, digits, spaces and ._-:/()#,@[]+=&;{}!$, with * for any text"
}

// IsLaunchPattern reports whether s is a launch's name, in which * may stand for any text.
func IsLaunchPattern(s string) bool { return len(s) <= 128 && launchPattern.MatchString(s) }

func launches(n rulefile.Node) []string {
	if !n.Present() {
		return nil
	}
	return texts(n, "a list of launches' names, with * for any text", func(s string) (bool, string) {
		return IsLaunchPattern(s), "a launch's name: letters, digits and ._:/=+@-, at most 128, with * for any text"
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

// maxText is the maximum size of a text in a list, in bytes.
const maxText = 255

// texts reads a list of texts, at least one.
func texts(n rulefile.Node, want string, valid func(string) (ok bool, want string)) (all []string) {
	elements := n.List(want)
	if elements != nil && len(elements) == 0 {
		n.Fault("found an empty list, which matches nothing: want %s, or leave the key out", want)
	}
	for _, e := range elements {
		s := e.Text(maxText)
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

func terms(n rulefile.Node, u use) (all []guard.Term) {
	if s, ok := n.Scalar(); ok && s == allRules {
		return guard.AllTerms()
	}
	for _, r := range n.Rules(isPattern) {
		peers, owner, _ := guard.ParsePeers(r.Peer)
		switch {
		case u == allowing && peers == guard.World:
			r.At.Fault("found the peer world in an allow entry: want addresses, such as 0.0.0.0/0 and ::/0")
		case u == allowing && peers == guard.EveryList:
			r.At.Fault("found the peer pl-* in an allow entry: it would allow lists with unknown entries; want " +
				"the ids of the allowed lists, or leave them out, so that their entries are judged as addresses")
		default:
			all = append(all, guard.Term{Rule: r.Rule, Peers: peers, Owner: owner})
		}
	}
	return all
}

// isPattern reports whether a peer is a pattern, which no event has.
func isPattern(peer string) bool {
	_, _, ok := guard.ParsePeers(peer)
	return ok
}
