package provider_test

import (
	"strings"
	"testing"
)

// TestValidate: a plan already shows the faults of the event, each at its attribute. Nothing is
// published.
func TestValidate(t *testing.T) {
	w := newWorld(t, "")
	c := w.core()
	valid := launchOf(rule("8000,8002-8004", "10.0.0.0/8", "self"))
	check(t, c.validate(valid))
	for name, row := range map[string]struct {
		config object
		want   string
	}{
		"ports": {launchOf(rule("8000", "10.0.0.0/8"), rule("99999", "10.0.0.0/8")),
			`AttributeName("rules").ElementKeyInt(1).AttributeName("ports")`},
		"peer": {launchOf(rule("8000", "10.0.0.0/8", "here")),
			`AttributeName("rules").ElementKeyInt(0).AttributeName("from").ElementKeyInt(1)`},
		"no peer": {launchOf(object{"ports": "8000"}), `AttributeName("rules").ElementKeyInt(0)`},
		"both": {launchOf(object{"ports": "8000", "from": []any{"self"}, "to": []any{"self"}}),
			`AttributeName("rules").ElementKeyInt(0)`},
		"icmp": {launchOf(object{"protocol": "icmp", "icmp": object{"type": 300}, "from": []any{"self"}}),
			`AttributeName("icmp").AttributeName("type")`},
		"description": {launchOf(object{"ports": "8000", "from": []any{"self"}, "description": "a\tb"}),
			`AttributeName("description")`},
		"no rules":    {launchOf(), `AttributeName("rules")`},
		"group":       {with(valid, "group", object{"id": "sg-x"}), `AttributeName("group").AttributeName("id")`},
		"no group":    {with(valid, "group", object{}), `AttributeName("group")`},
		"name only":   {with(valid, "group", object{"name": "shared"}), `AttributeName("group")`},
		"expiry":      {with(valid, "expires_at", "tomorrow"), `AttributeName("expires_at")`},
		"launch":      {with(valid, "launch", "a b"), `AttributeName("launch")`},
		"requester":   {with(valid, "requester", strings.Repeat("a", 200)), `AttributeName("requester")`},
		"prefix":      {with(valid, "name_prefix", "-a"), `AttributeName("name_prefix")`},
		"long prefix": {with(valid, "name_prefix", strings.Repeat("a", 101)), `AttributeName("name_prefix")`},
	} {
		t.Run(name, func(t *testing.T) {
			check(t, c.validate(row.config), "ERROR ", row.want)
		})
	}
	unfinished := with(valid, "group", object{"id": unknown{}})
	check(t, c.validate(unfinished))
	if n := w.Account.Calls().Op("events", "PutEvents"); n != 0 {
		t.Errorf("validation published %d events", n)
	}
}

// TestConfigure: a wrong value of the provider's configuration is named.
func TestConfigure(t *testing.T) {
	w := newWorld(t, "")
	c := w.core()
	for name, row := range map[string]struct{ value, want string }{
		"account":      {"1234", `AttributeName("account")`},
		"endpoint_url": {"here", `AttributeName("endpoint_url")`},
		"region":       {"a/b", "want one such as us-east-1"},
		"profile":      {"nobody", "nobody"},
	} {
		if text := c.configure(with(w.config(), name, row.value)); !strings.Contains(text, row.want) {
			t.Errorf("%s = %q: %s, want %s", name, row.value, text, row.want)
		}
	}
}
