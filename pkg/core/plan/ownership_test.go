package plan

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

func TestOwns(t *testing.T) {
	batch := made(ours, "tcp 8000 from 0.0.0.0/0", "tcp 8002-8004 from 0.0.0.0/0", "tcp 22 from sg-0aaaaaaaaaaaaaaaa")
	with := func(e secgroup.Entry, rule string) secgroup.Entry {
		e.Rule = secgroup.MustParseRule(rule)
		return e
	}
	tagged := func(e secgroup.Entry, tag string, value func(string) string) secgroup.Entry {
		e.Tags = maps.Clone(e.Tags)
		e.Tags[tag] = value(e.Tags[tag])
		return e
	}
	to := func(value string) func(string) string { return func(string) string { return value } }
	keyed := func(keys ...claim.Key) Owner {
		o := ours
		o.Keys = keys
		return o
	}
	elsewhere, offline, nobody := ours, keyed(), ours
	elsewhere.Group, offline.Offline, nobody.Installation = "sg-0bbbbbbbbbbbbbbbb", true, ""
	forged := secgroup.Entry{Rule: batch[0].Rule, Tags: map[string]string{
		TagInstallation: string(ours.Installation), TagRule: checksums(batch[:1]),
	}}
	for _, test := range []struct {
		name  string
		entry secgroup.Entry
		owner Owner
		want  bool
	}{
		{"first of a batch", batch[0], ours, true},
		{"last of a batch", batch[2], ours, true},
		{"read back with the peer's owner", with(batch[2], "tcp 22 from 999988887777/sg-0aaaaaaaaaaaaaaaa"), ours,
			true},
		{"modified: ports", with(batch[0], "tcp 8001 from 0.0.0.0/0"), ours, false},
		{"modified: peer", with(batch[0], "tcp 8000 from 10.0.0.0/8"), ours, false},
		{"modified: protocol", with(batch[0], "udp 8000 from 0.0.0.0/0"), ours, false},
		{"modified: direction", with(batch[0], "tcp 8000 to 0.0.0.0/0"), ours, false},
		{"described anew", secgroup.Entry{Rule: batch[0].Rule, Tags: batch[0].Tags, Description: "mine now"}, ours,
			true},
		{"a tag beside ours", tagged(batch[0], "team", to("ml")), ours, true},
		{"a former key", batch[0], keyed("new key", "our key"), true},
		{"a key that was dropped", batch[0], keyed("new key"), false},
		{"no key", batch[0], keyed(), false},
		{"another installation's", batch[0], another, false},
		{"another group's", batch[0], elsewhere, false},
		{"no installation", batch[0], nobody, false},
		{"no tags", existing("tcp 8000 from 0.0.0.0/0")[0], ours, false},
		{"no seals", tagged(batch[0], TagSeal, to("")), ours, false},
		{"no ticket", tagged(batch[0], TagTicket, to("")), ours, false},
		{"seals cut short", tagged(batch[0], TagSeal, func(v string) string { return v[:maxSeal-1] }), ours, false},
		{"seals shifted by one", tagged(batch[0], TagSeal, func(v string) string { return "x" + v[1:] }), ours, false},
		{"genuine seals in another order", tagged(batch[0], TagSeal,
			func(v string) string { return v[maxSeal:] + v[:maxSeal] }), ours, false},
		{"one seal alone", tagged(batch[0], TagSeal, func(v string) string { return v[:maxSeal] }), ours, false},
		{"a later ticket", tagged(batch[0], TagTicket, func(v string) string { return "13" + v[2:] }), ours, false},
		{"another span", tagged(batch[0], TagTicket, func(v string) string {
			return strings.Replace(v, "Q7", "Q8",
				1)
		}), ours, false},
		{"another number of rules", tagged(batch[0], TagTicket,
			func(v string) string { return strings.Replace(v, ".3.", ".64.", 1) }), ours, false},
		{"a checksum by hand", forged, ours, false},
		{"a checksum by hand, and an older version's seals count", forged, keyed("our key", claim.Unkeyed), true},
		{"ours by a dropped key, and an older version's seals count", batch[0], keyed("new key", claim.Unkeyed),
			false},
		{"Unkeyed does not sign", sealer{ours, claim.Unkeyed}.entry(batch[0]),
			keyed("our key", claim.Unkeyed), false},
		{"offline", batch[0], offline, true},
		{"offline, modified", with(batch[0], "tcp 8001 from 0.0.0.0/0"), offline, false},
		{"empty installation tag never matches no installation", tagged(batch[0], TagInstallation, to("")), nobody,
			false},
	} {
		if got := test.owner.Owns(test.entry); got != test.want {
			t.Errorf("%s: Owns(%v) = %v, want %v", test.name, test.entry, got, test.want)
		}
	}
}

// entry seals one rule with any key.
func (s sealer) entry(e secgroup.Entry) secgroup.Entry {
	e.Tags = s.tags(stamp, []secgroup.Entry{e})
	return e
}

// TestStamp reads a rule's stamp back, from tags and from a description.
func TestStamp(t *testing.T) {
	e := existing("tcp 8000 from 0.0.0.0/0")[0]
	tagged := ours.Tagged(stamp, []secgroup.Entry{e})[0]
	e.Description = "sgkeeper a: " + strings.Repeat("x", 243)
	signed := e
	signed.Description = ours.Sign(stamp, e)
	if len(signed.Description) != secgroup.MaxDescription {
		t.Errorf("a signed description of %d characters, want %d", len(signed.Description), secgroup.MaxDescription)
	}
	plain := existing("tcp 8000 from 0.0.0.0/0")[0]
	plain.Description = ours.Sign(stamp, plain)
	for _, e := range []secgroup.Entry{tagged, signed, plain} {
		if proof, ok := ours.Proof(e); !ok || proof != (Proof{Stamp: stamp}) {
			t.Errorf("Proof(%v) = %v, %v, want %v", e, proof, ok, stamp)
		}
		former := ours
		former.Keys = []claim.Key{"new key", "our key"}
		if proof, ok := former.Proof(e); !ok || proof != (Proof{stamp, true}) {
			t.Errorf("by a former key, Proof(%v) = %v, %v, want %v", e, proof, ok, stamp)
		}
	}
	if got := ours.Unsigned(signed); got != signed.Description[:len(got)] || strings.Contains(got, "[") {
		t.Errorf("Unsigned(%q) = %q, want it without the seal", signed.Description, got)
	}
	for _, spoiled := range []string{
		strings.Replace(signed.Description, "12.", "13.", 1), strings.TrimSuffix(signed.Description, "]"),
		"x" + signed.Description, strings.Replace(signed.Description, "Q7", "Q8", 1), "sgkeeper a [12.Q7XK2MZA.]",
	} {
		e := signed
		e.Description = spoiled
		if ours.Owns(e) {
			t.Errorf("owns a rule that is described as %q", spoiled)
		}
	}
}

// TestSealsAreSecret: no printed form of a ledger shows a key.
func TestSealsAreSecret(t *testing.T) {
	ledger := claim.Ledger{Keys: []claim.Key{"our key"}}
	for _, text := range []string{fmt.Sprint(ledger), fmt.Sprintf("%+v", ledger), fmt.Sprintf("%#v", ledger),
		fmt.Sprintf("%s", ledger.Keys)} {
		if strings.Contains(text, "our key") {
			t.Errorf("a ledger prints as %s", text)
		}
	}
}

// tagValue is EC2's form: 256 characters in a tag's value, and letters, digits and
// _.:/=+-@ in every partition.
var tagValue = regexp.MustCompile(`^[A-Za-z0-9_.:/=+@-]{1,256}$`)

// TestTagsOfEveryBatch makes calls of every size.
func TestTagsOfEveryBatch(t *testing.T) {
	var rules []string
	for port := range MaxBatch {
		rules = append(rules, fmt.Sprintf("tcp %d from 0.0.0.0/0", 2*port))
		batch := made(ours, rules...)
		for key, value := range batch[0].Tags {
			if !tagValue.MatchString(value) {
				t.Errorf("tag %s = %q (%d characters): want %s", key, value, len(value), tagValue)
			}
		}
		for _, e := range batch {
			if !ours.Owns(e) {
				t.Errorf("does not own %s of %d", e.Rule, len(batch))
			}
		}
		if !ours.Bears(batch[0]) || another.Bears(batch[0]) {
			t.Errorf("a call of %d rules is ours: %v, another's: %v", len(batch), ours.Bears(batch[0]),
				another.Bears(batch[0]))
		}
	}
}

// TestForgedTags changes the tags of genuine calls at random: no foreign rule becomes ours.
func TestForgedTags(t *testing.T) {
	foreign := secgroup.MustParseRule("tcp 4444 from 10.0.0.0/8")
	rapid.Check(t, func(t *rapid.T) {
		var rules []string
		for port := range rapid.IntRange(1, MaxBatch).Draw(t, "rules") {
			rules = append(rules, fmt.Sprintf("tcp %d from 0.0.0.0/0", 2*port))
		}
		e := made(ours, rules...)[0]
		e.Tags = maps.Clone(e.Tags)
		e.Rule = foreign
		tag := rapid.SampledFrom([]string{TagSeal, TagTicket, TagRule}).Draw(t, "tag")
		value := []byte(e.Tags[tag])
		for range rapid.IntRange(0, 8).Draw(t, "changes") {
			value[rapid.IntRange(0, len(value)-1).Draw(t, "at")] = rapid.SampledFrom([]byte("AZaz09-_.")).Draw(t, "to")
		}
		e.Tags[tag] = string(value)
		if ours.Owns(e) {
			t.Errorf("owns %v", e)
		}
	})
}
