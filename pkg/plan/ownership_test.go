package plan

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

func TestOwns(t *testing.T) {
	batch := made(ours, "tcp 8000 from 0.0.0.0/0", "tcp 8002-8004 from 0.0.0.0/0", "tcp 22 from sg-0aaaaaaaaaaaaaaaa")
	with := func(e secgroup.Entry, rule string) secgroup.Entry {
		e.Rule = secgroup.MustParseRule(rule)
		return e
	}
	tagged := func(e secgroup.Entry, key, value string) secgroup.Entry {
		e.Tags = maps.Clone(e.Tags)
		e.Tags[key] = value
		return e
	}
	for _, test := range []struct {
		name  string
		entry secgroup.Entry
		owner Installation
		want  bool
	}{
		{"first of a batch", batch[0], ours, true},
		{"last of a batch", batch[2], ours, true},
		{"read back with the peer's owner", with(batch[2], "tcp 22 from 999988887777/sg-0aaaaaaaaaaaaaaaa"), ours, true},
		{"modified: ports", with(batch[0], "tcp 8001 from 0.0.0.0/0"), ours, false},
		{"modified: peer", with(batch[0], "tcp 8000 from 10.0.0.0/8"), ours, false},
		{"modified: protocol", with(batch[0], "udp 8000 from 0.0.0.0/0"), ours, false},
		{"modified: direction", with(batch[0], "tcp 8000 to 0.0.0.0/0"), ours, false},
		{"described anew", secgroup.Entry{Rule: batch[0].Rule, Tags: batch[0].Tags, Description: "mine now"}, ours, true},
		{"a tag beside ours", tagged(batch[0], "team", "ml"), ours, true},
		{"another installation's", batch[0], "another", false},
		{"no installation", batch[0], "", false},
		{"no tags", stand("tcp 8000 from 0.0.0.0/0")[0], ours, false},
		{"installation's tag alone", tagged(batch[0], TagRule, ""), ours, false},
		{"seal cut short", tagged(batch[0], TagRule, batch[0].Tags[TagRule][:sealSize-1]), ours, false},
		{"seals shifted by one", tagged(batch[0], TagRule, "x"+batch[0].Tags[TagRule]), ours, false},
		{"empty installation tag never matches no installation", tagged(batch[0], TagInstallation, ""), "", false},
	} {
		if got := test.owner.Owns(test.entry); got != test.want {
			t.Errorf("%s: Owns(%v) = %v, want %v", test.name, test.entry, got, test.want)
		}
	}
}

// EC2 allows 256 characters in a tag's value, and letters, digits and _.:/=+-@ in every
// partition.
var tagValue = regexp.MustCompile(`^[A-Za-z0-9_.:/=+@-]{1,256}$`)

func TestTagsOfAFullBatch(t *testing.T) {
	var rules []string
	for port := range MaxBatch {
		rules = append(rules, fmt.Sprintf("tcp %d from 0.0.0.0/0", 2*port))
	}
	batch := made(ours, rules...)
	for key, value := range batch[0].Tags {
		if !tagValue.MatchString(value) {
			t.Errorf("tag %s = %q (%d characters): want %s", key, value, len(value), tagValue)
		}
	}
	for _, e := range batch {
		if !ours.Owns(e) {
			t.Errorf("does not own %s", e.Rule)
		}
	}
}

func TestBatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rules []string
		for port := range rapid.IntRange(0, 3*MaxBatch).Draw(t, "rules") {
			rules = append(rules, fmt.Sprintf("tcp %d %s", port, rapid.SampledFrom([]string{"from ::/0", "to ::/0"}).Draw(t, "way")))
		}
		entries := stand(rules...)
		var joined []secgroup.Entry
		for _, batch := range ours.Batches(entries) {
			if len(batch) == 0 || len(batch) > MaxBatch {
				t.Errorf("a batch of %d rules", len(batch))
			}
			for _, e := range batch {
				if e.Rule.Direction != batch[0].Rule.Direction {
					t.Error("a batch of both directions")
				}
				if !ours.Owns(e) {
					t.Errorf("%s is tagged so that it is not ours", e.Rule)
				}
			}
			joined = append(joined, batch...)
		}
		slices.SortStableFunc(entries, func(a, b secgroup.Entry) int { return int(a.Rule.Direction) - int(b.Rule.Direction) })
		if !slices.Equal(texts(joined), texts(entries)) {
			t.Errorf("batches hold %v, want %v", texts(joined), texts(entries))
		}
		for _, e := range entries {
			if e.Tags != nil {
				t.Error("Batches changed its argument")
			}
		}
	})
}
