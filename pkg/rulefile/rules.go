package rulefile

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Rule is one rule of a file. If no event could have its peer, the rule's own peer is Self,
// and Peer holds the text of the peer.
type Rule struct {
	secgroup.Rule
	Peer string // "" if the rule holds the peer
	At   Node   // the place of the peer, if Peer is set; else of the rule
}

// Rules reads rules in the form of an event, with the decoder of events. It also accepts peers
// for which special returns true. Anything that the decoder changes, such as host bits, is a
// fault, because a file must be exact.
func (n Node) Rules(special func(peer string) bool) (all []Rule) {
	const want = "a list of rules as in an event, at least one"
	elements := n.List(want)
	if elements != nil && len(elements) == 0 {
		n.Fault("an empty list: want %s", want)
	}
	for _, e := range elements {
		all = append(all, e.rule(special)...)
	}
	return all
}

// rule reads one element of a list of rules. An element can hold several rules.
func (n Node) rule(special func(string) bool) (all []Rule) {
	w := writer{special: special}
	detail := `{"launch":"file","group":{"name":"file","vpc":"vpc-00000000"},"rules":[` + w.rule(n) + `]}`
	messages, err := events.Decoder{}.DecodeFile([]byte(detail))
	if err != nil || len(messages) != 1 {
		n.Fault("%v", err)
		return nil
	}
	faults := messages[0].Faults
	if messages[0].Request != nil {
		for _, e := range messages[0].Request.Rules {
			all = append(all, w.rules(e.Rule, n)...)
		}
		for _, r := range messages[0].Request.Remarks {
			faults = append(faults, claim.Fault{Field: r.Field, Problem: r.Problem + ": write it in that form"})
		}
	}
	for _, f := range faults {
		n.at(strings.TrimPrefix(f.Field, "/rules/0")).Fault("%s", f.Problem)
	}
	return all
}

// at returns the place of a JSON Pointer, or the nearest place that exists.
func (n Node) at(pointer string) Node {
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		v := n.below(step)
		if v == nil {
			if n.yaml.Kind == yaml.MappingNode && step != "" {
				return n.child(step, nil) // an absent key
			}
			return n
		}
		n = n.child(step, v)
	}
	return n
}

// below returns the value one step below.
func (n Node) below(step string) *yaml.Node {
	if n.yaml.Kind == yaml.SequenceNode {
		if i, err := strconv.Atoi(step); err == nil && 0 <= i && i < len(n.yaml.Content) {
			return n.yaml.Content[i]
		}
		return nil
	}
	if n.yaml.Kind == yaml.MappingNode {
		for key, v := range n.pairs() {
			if key.Value == step {
				return v
			}
		}
	}
	return nil
}

// writer writes a rule as JSON without changes. It keeps repeated keys, which the decoder of
// events refuses. It replaces special peers by self.
type writer struct {
	special func(string) bool
	peers   []Node // the special peers
	self    bool   // whether self is a peer too
}

func (w *writer) rule(n Node) string {
	if n.yaml.Kind != yaml.MappingNode {
		return w.json(n.yaml)
	}
	var members []string
	for key, v := range n.pairs() {
		text := w.json(v)
		if key.Value == "from" || key.Value == "to" {
			text = w.rulePeers(n.child(key.Value, v))
		}
		members = append(members, encoded(key.Value)+":"+text)
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (w *writer) rulePeers(n Node) string {
	if n.yaml.Kind != yaml.SequenceNode {
		return w.json(n.yaml)
	}
	peers := make([]string, len(n.yaml.Content))
	for i, peer := range n.yaml.Content {
		if peer.Kind == yaml.ScalarNode && w.special != nil && w.special(peer.Value) {
			w.peers = append(w.peers, n.child(strconv.Itoa(i), peer))
			peers[i] = `"self"`
			continue
		}
		w.self = w.self || peer.Value == "self"
		peers[i] = w.json(peer)
	}
	return "[" + strings.Join(peers, ",") + "]"
}

func (w *writer) json(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		return scalar(n)
	}
	var parts []string
	for i, child := range n.Content {
		switch {
		case n.Kind == yaml.SequenceNode:
			parts = append(parts, w.json(child))
		case i%2 == 1:
			parts = append(parts, encoded(n.Content[i-1].Value)+":"+w.json(child))
		}
	}
	if n.Kind == yaml.SequenceNode {
		return "[" + strings.Join(parts, ",") + "]"
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// rules returns the rules that a decoded rule stands for.
func (w *writer) rules(r secgroup.Rule, at Node) (all []Rule) {
	if r.Peer != secgroup.Self || len(w.peers) == 0 {
		return []Rule{{Rule: r, At: at}}
	}
	if w.self {
		all = append(all, Rule{Rule: r, At: at})
	}
	for _, peer := range w.peers {
		all = append(all, Rule{r, peer.yaml.Value, peer})
	}
	return all
}

var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

func scalar(n *yaml.Node) string {
	switch {
	case n.Tag == "!!int" && decimal.MatchString(n.Value):
		return n.Value
	case n.Tag == "!!null":
		return "null"
	case n.Tag == "!!bool":
		return strconv.FormatBool(strings.EqualFold(n.Value, "true"))
	}
	return encoded(n.Value)
}

func encoded(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("a text has no JSON: %v", err)) // cannot be
	}
	return string(b)
}
