package events

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestMutatedDetailsAgainstSchema: schema and decoder agree on random details. Most of these
// are a step or two from a valid one.
func TestMutatedDetailsAgainstSchema(t *testing.T) {
	schema := schemas(t)["launch-requested.json"]
	rapid.Check(t, func(t *rapid.T) {
		detail := rightDetail().Draw(t, "detail")
		for range rapid.IntRange(0, 3).Draw(t, "mutations") {
			detail = mutate(t, detail)
		}
		b, err := json.Marshal(detail)
		if err != nil {
			t.Fatal(err)
		}
		judgeDetail(t, schema, string(b))
	})
}

// TestMutatedTextsAgainstSchema: they agree on texts a few characters from a valid one.
func TestMutatedTextsAgainstSchema(t *testing.T) {
	schema := schemas(t)["launch-requested.json"]
	for _, field := range []struct{ rest, text string }{
		{`"group": "sg-12345678", "rules": [{"ports": 1, "from": ["self"]}], "launch": %q`, "a-Z9"},
		{`"launch": "a", "rules": [{"ports": 1, "from": ["self"]}], "group": %q`, "sg-0123456789abcdef0"},
		{`"launch": "a", "group": "sg-12345678", "rules": [{"ports": 1, "from": ["self"]}], "expiresAt": %q`,
			"2031-12-01T00:00:00Z"},
		{`"launch": "a", "group": "sg-12345678", "rules": [{"ports": 1, "from": ["self"]}], "expiresAt": %q`,
			"2024-02-29T23:59:59.5-11:59"},
		{`"launch": "a", "group": "sg-12345678", "rules": [{"from": ["self"], "ports": %q}]`, "8000,8002-8004"},
		{`"launch": "a", "group": "sg-12345678", "rules": [{"from": ["self"], "protocol": %q}]`, "255"},
		{`"launch": "a", "group": "sg-12345678", "rules": [{"ports": 1, "from": [%q]}]`, "10.1.2.3/8"},
		{`"launch": "a", "group": "sg-12345678", "rules": [{"ports": 1, "from": [%q]}]`, "2001:db8::/32"},
		{`"launch": "a", "group": "sg-12345678", "rules": [{"ports": 1, "from": [%q]}]`,
			"999988887777/sg-0cccccccccccccccc"},
	} {
		rapid.Check(t, func(t *rapid.T) {
			text := field.text
			for range rapid.IntRange(1, 2).Draw(t, "mutations") {
				text = mutateText(t, text)
			}
			judgeDetail(t, schema, fmt.Sprintf("{"+field.rest+"}", text))
		})
	}
}

// rightDetail generates valid details.
func rightDetail() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		d := map[string]any{
			"launch": rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9._:/=+@-]{0,20}`).Draw(t, "launch"),
			"group": oneOf(t, "group", groupID, obj{"id": groupID, "region": "eu-west-1"},
				obj{"name": "web & more", "vpc": "vpc-12345678"}),
			"rules": rapid.SliceOfN(rightRule(), 1, 3).Draw(t, "rules"),
		}
		if rapid.Bool().Draw(t, "expires") {
			d["expiresAt"] = oneOf(t, "expiresAt", "2031-12-01T00:00:00Z", "2024-02-29T23:59:59.123456789-11:59")
		}
		return plain(d)
	})
}

func rightRule() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		r := oneOf(t, "traffic", rightTraffic...).(obj)
		way := oneOf(t, "way", "from", "to").(string)
		return merged(r, obj{way: []any{oneOf(t, "peer", rightPeers...), oneOf(t, "peer", rightPeers...)}})
	})
}

type obj = map[string]any

var rightTraffic = []any{
	obj{"ports": 8000},
	obj{"ports": "8000,8002-8004", "description": "vLLM (a)"},
	obj{"ports": []any{0, "8002-8004", json.Number("65535.0")}},
	obj{"protocol": "UDP", "ports": 53},
	obj{"protocol": 17, "ports": "53"},
	obj{"protocol": json.Number("6.0"), "ports": "22"},
	obj{"protocol": "icmp", "icmp": obj{"type": 3, "code": 4}},
	obj{"protocol": "58", "icmp": obj{"type": -1, "code": -1}},
	obj{"protocol": 1, "icmp": obj{}},
	obj{"protocol": "IcmpV6"},
	obj{"protocol": "all"},
	obj{"protocol": -1},
	obj{"protocol": 50},
	obj{"protocol": "255", "description": ""},
}

var rightPeers = []any{
	"0.0.0.0/0", "10.0.0.0/8", "10.1.2.3/8", "198.51.100.7", "255.255.255.255/32", "0.0.0.0/32", "::/0", "::/128",
	"2001:db8::/32", "2001:db8:0:1::5/33", "fe80::1", "::1.2.3.4/128",
	"sg-0aaaaaaaaaaaaaaaa", "999988887777/sg-0cccccccccccccccc", "pl-0bbbbbbbbbbbbbbbb", "self",
}

// oddities are values for any place. None is valid everywhere.
var oddities = []any{
	nil, true, 0, 1, 3, 6, 17, 58, 255, 256, -1, -2, 8000, 65535, 65536, json.Number("6.0"), json.Number("6.5"),
	json.Number("8e3"), json.Number("-0"),
	"", " ", "a", "self", "tcp", "TCP", "tpc", "icmp", "ICMPV6", "all", "-1", "06", "6", "17", "58", "256", "8000",
	"08", "8002-8004", "9-8", "1-2-3",
	"8000,8002", "8000,", "8000, 8002", "65536", "10.0.0.0/8", "10.0.0.0/08", "10.0.0.0/33", "10.0.0.1/0", "0.0.0.0/0",
	"256.0.0.0/8", "010.0.0.0/8",
	"0.0.0.0", "::/0", "::", "1::/0", "1::5/32", "1::2::3", "::/129", "::/064", ":", "::ffff:10.0.0.1", "fe80::1%eth0",
	"sg-1", "sg-12345678", "SG-12345678", "1/sg-12345678", "pl-12345678",
	"vpc-12345678", "us-east-1", "Ohio", "111122223333", "web", "sg-web", "a&b", "é", "a\nb", "2026-12-01",
	"2031-12-01T00:00:00Z", "2026-02-30T00:00:00Z",
	"2026-13-01T00:00:00Z", "2026-12-01T24:00:00Z", "2031-12-01T00:00:60Z", "2026-12-01t00:00:00z",
	"2031-12-01T00:00:00", "0001-01-01T00:00:00Z",
	"1970-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", strings.Repeat("a", 128), strings.Repeat("a", 129),
	strings.Repeat("a", 256),
	[]any{}, []any{"self"}, []any{22, "80"}, []any{[]any{}}, []any{nil},
	obj{}, obj{"type": 3}, obj{"type": -1, "code": 4}, obj{"code": 4}, obj{"id": "sg-12345678"}, obj{"name": "web"},
	obj{"name": "web", "vpc": "vpc-12345678"}, obj{"id": "sg-12345678", "vpc": "vpc-12345678"},
	obj{"ports": 1, "from": []any{"self"}},
}

var oddKeys = []string{
	"launch", "group", "rules", "expiresAt", "id", "name", "vpc", "account", "region", "protocol", "ports", "icmp",
	"from", "to", "description", "type", "code",
	"Launch", "port", "cidr", "detailType", "", "a/b", "~",
}

// mutate changes one value within v.
func mutate(t *rapid.T, v any) any {
	if within := rapid.IntRange(0, 4).Draw(t, "within"); within > 0 {
		switch v := v.(type) {
		case obj:
			return mutateObject(t, maps.Clone(v))
		case []any:
			return mutateList(t, slices.Clone(v))
		}
	}
	return oneOf(t, "oddity", oddities...)
}

func mutateObject(t *rapid.T, v obj) any {
	keys := slices.Sorted(maps.Keys(v))
	action := rapid.IntRange(0, 5).Draw(t, "action")
	switch {
	case action == 0 || len(keys) == 0:
		v[rapid.SampledFrom(oddKeys).Draw(t, "key")] = oneOf(t, "oddity", oddities...)
	case action == 1:
		delete(v, rapid.SampledFrom(keys).Draw(t, "key"))
	default:
		key := rapid.SampledFrom(keys).Draw(t, "key")
		v[key] = mutate(t, v[key])
	}
	return v
}

func mutateList(t *rapid.T, v []any) any {
	if len(v) == 0 || rapid.IntRange(0, 5).Draw(t, "action") == 0 {
		return append(v, oneOf(t, "oddity", oddities...))
	}
	i := rapid.IntRange(0, len(v)-1).Draw(t, "index")
	v[i] = mutate(t, v[i])
	return v
}

func oneOf(t *rapid.T, label string, choices ...any) any {
	return rapid.SampledFrom(choices).Draw(t, label)
}

func merged(a, b obj) obj {
	m := maps.Clone(a)
	maps.Copy(m, b)
	return m
}

// plain converts every list to []any, which mutate needs.
func plain(d obj) obj {
	rules := d["rules"].([]any)
	d["rules"] = slices.Clone(rules)
	return d
}

// mutateText replaces, inserts or removes one character.
func mutateText(t *rapid.T, text string) string {
	at := rapid.IntRange(0, len(text)).Draw(t, "at")
	gone := rapid.IntRange(0, min(1, len(text)-at)).Draw(t, "gone")
	char := oneOf(t, "char", "", "0", "1", "2", "6", "9", "a", "f", "T", "Z", " ", "-", "+", ":", ".", ",", "/",
		"%").(string)
	return text[:at] + char + text[at+gone:]
}
