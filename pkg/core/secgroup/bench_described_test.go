package secgroup

import (
	"fmt"
	"sort"
	"strings"
	"testing"
)

// permission is EC2's form of rules: one protocol and port range with all sources. Controllers
// begin with it, and identify a rule by a text.
type permission struct {
	protocol string
	from, to int32
	v4, v6   []string
	groups   [][2]string // owner and id
	lists    []string
}

func permissionsOf(rules []Rule) []permission {
	at := make(map[string]int)
	var all []permission
	for _, r := range rules {
		key := fmt.Sprint(r.Direction, r.Protocol, r.Ports)
		i, ok := at[key]
		if !ok {
			i = len(all)
			at[key] = i
			all = append(all, permission{protocol: r.Protocol.String(), from: r.Ports.First, to: r.Ports.Last})
		}
		p := &all[i]
		owner, id, group := r.Peer.Group()
		switch text := r.Peer.String(); {
		case group:
			p.groups = append(p.groups, [2]string{owner, id})
		case strings.HasPrefix(text, "pl-"):
			p.lists = append(p.lists, text)
		case strings.Contains(text, ":"):
			p.v6 = append(p.v6, text)
		default:
			p.v4 = append(p.v4, text)
		}
	}
	return all
}

func (p permission) expand() []permission {
	var all []permission
	base := permission{protocol: p.protocol, from: p.from, to: p.to}
	for _, cidr := range p.v4 {
		one := base
		one.v4 = []string{cidr}
		all = append(all, one)
	}
	for _, cidr := range p.v6 {
		one := base
		one.v6 = []string{cidr}
		all = append(all, one)
	}
	for _, group := range p.groups {
		one := base
		one.groups = [][2]string{group}
		all = append(all, one)
	}
	for _, list := range p.lists {
		one := base
		one.lists = []string{list}
		all = append(all, one)
	}
	return all
}

// hash returns the text that identifies a permission of one source.
func (p permission) hash() string {
	parts := []string{
		fmt.Sprintf("IpProtocol: %s", p.protocol),
		fmt.Sprintf("FromPort: %d", p.from),
		fmt.Sprintf("ToPort: %d", p.to),
	}
	switch {
	case len(p.v4) == 1:
		parts = append(parts, fmt.Sprintf("IpRange: %s", p.v4[0]))
	case len(p.v6) == 1:
		parts = append(parts, fmt.Sprintf("Ipv6Range: %s", p.v6[0]))
	case len(p.lists) == 1:
		parts = append(parts, fmt.Sprintf("PrefixListId: %s", p.lists[0]))
	default:
		parts = append(parts, fmt.Sprintf("UserIdGroupPair: %s", p.groups[0][1]))
	}
	return strings.Join(parts, ", ")
}

// byText compares permissions by their texts, in maps. It returns the missing and the undesired
// ones.
func byText(desired, actual []permission) (missing, undesired []permission) {
	wanted, there := hashed(desired), hashed(actual)
	return minus(wanted, there), minus(there, wanted)
}

// minus returns the permissions of a that are not in b, in order of their texts.
func minus(a, b map[string]permission) []permission {
	var keys []string
	for key := range a {
		if _, ok := b[key]; !ok {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	rest := make([]permission, len(keys))
	for i, key := range keys {
		rest[i] = a[key]
	}
	return rest
}

func hashed(permissions []permission) map[string]permission {
	all := make(map[string]permission)
	for _, p := range permissions {
		for _, one := range p.expand() {
			all[one.hash()] = one
		}
	}
	return all
}

// TestByText checks that the measured comparison finds the same missing and undesired rules as
// Compare if no rule covers another.
func TestByText(t *testing.T) {
	desired := shared(60)
	actual := drifted(desired)
	missing, undesired := byText(permissionsOf(desired), permissionsOf(actual))
	d := Compare(SetOf(desired...), SetOf(actual...))
	if len(missing) < len(d.Missing) || len(undesired) != len(d.Undesired) {
		t.Errorf("by text %d are missing and %d undesired, by rules %d and %d", len(missing), len(undesired), len(d.Missing),
			len(d.Undesired))
	}
}

// BenchmarkDiffByText measures the method of controllers on the rules of BenchmarkDiff: expand
// permissions to one source each, format each as a text, compare by maps. The method has no
// canonical form and no cover.
func BenchmarkDiffByText(b *testing.B) {
	for _, n := range []int{10, 60, 200, 1000, 10_000, 100_000} {
		desired := shared(n)
		want, have := permissionsOf(desired), permissionsOf(drifted(desired))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				byText(want, have)
			}
		})
	}
}
