package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

const (
	owner = "111122223333"
	sg    = "sg-0123456789abcdef0"
)

// situationTime is the arrival time of a situation's events: one minute after they were sent.
const situationTime = "2026-11-23T00:01:00Z"

// situation has the rules of a group, the events, and the expected plan. It runs with the
// output of both commands that describe a group, and with the rules in another order. By
// default, it has no guardrails.
type situation struct {
	name   string
	source string // a public issue
	have   []string
	events []string
	flags  []string
	adds   []string
	// rejects are the refused launches, with the fields of their faults.
	rejects []string
	full    bool // the rules exceed the quota
}

func have(rules ...string) []string   { return rules }
func adds(rules ...string) []string   { return rules }
func rejects(what ...string) []string { return what }
func flags(args ...string) []string   { return args }
func after(list ...string) []string   { return list }

// asks is a launch's request on the group, rule by rule.
func asks(launch string, rules ...string) string {
	return requested(fmt.Sprintf(`{"launch": %q, "group": %q, "rules": [%s]}`, launch, sg, strings.Join(rules, ", ")))
}

// ends is a launch's end.
func ends(launch string) string { return ended(fmt.Sprintf(`{"launch": %q}`, launch)) }

func requested(detail string) string { return envelope("Launch Requested", detail) }
func ended(detail string) string     { return envelope("Launch Ended", detail) }

func envelope(detailType, detail string) string {
	return fmt.Sprintf(`{"version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "source": "launcher", "detail-type": %q,
		"account": %q, "region": "us-east-1", "time": "2026-11-23T00:00:00Z", "resources": [], "detail": %s}`, detailType, owner, detail)
}

func runSituations(t *testing.T, situations []situation) {
	for _, s := range situations {
		t.Run(s.name, func(t *testing.T) {
			backwards := slices.Clone(s.have)
			slices.Reverse(backwards)
			for form, rules := range map[string]string{
				"rules":           describedRules(sg, s.have...),
				"rules backwards": describedRules(sg, backwards...),
				"groups":          describedGroups(sg, s.have...),
			} {
				s.check(t, form, rules)
			}
		})
	}
}

func (s situation) check(t *testing.T, form, rules string) {
	t.Helper()
	args := slices.Concat(flags("--guardrails", "none", "--at", situationTime), s.flags,
		flags("--rules", write(t, rules)))
	for _, e := range s.events {
		args = append(args, "--event", write(t, e))
	}
	got := planned(t, args...)
	if diff := cmp.Diff(sorted(s.adds), got.adds()); diff != "" {
		t.Errorf("%s: authorize (-want +got):\n%s", form, diff)
	}
	if diff := cmp.Diff(sorted(s.rejects), got.rejects()); diff != "" {
		t.Errorf("%s: rejected (-want +got):\n%s\n%s", form, diff, got.stdout)
	}
	if got.code != s.exit() {
		t.Errorf("%s: exit code %d, want %d", form, got.code, s.exit())
	}
	for _, g := range got.Groups {
		if g.Quota.Fits == s.full {
			t.Errorf("%s: %s fits = %v: %+v", form, g.Group, g.Quota.Fits, g.Quota)
		}
		for _, c := range g.Covered {
			if len(c.By) == 0 {
				t.Errorf("%s: %s is covered by nothing", form, c.Rule.Rule)
			}
		}
	}
}

func (s situation) exit() int {
	switch {
	case len(s.rejects) > 0:
		return 1
	case len(s.adds) > 0:
		return 2
	}
	return 0
}

// result is the JSON output of plan.
type result struct {
	code   int
	stdout string
	Groups []struct {
		Group             string
		Authorize, Revoke []secgroup.Entry
		Covered           []struct {
			Rule secgroup.Entry
			By   []secgroup.Entry
		}
		Quota quotaJSON
	}
	Rejected []rejectionJSON
}

func planned(t *testing.T, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	r := result{code: run(append([]string{"plan", "--output", "json"}, args...), strings.NewReader(""), &stdout,
		&stderr)}
	r.stdout = stdout.String()
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatalf("plan %v: %v\n%s%s", args, err, r.stdout, stderr.String())
	}
	return r
}

func (r result) adds() []string {
	var texts []string
	for _, g := range r.Groups {
		for _, e := range g.Authorize {
			texts = append(texts, e.Rule.String())
		}
	}
	return sorted(texts)
}

func (r result) rejects() []string {
	var texts []string
	for _, x := range r.Rejected {
		for _, reason := range x.Reasons {
			texts = append(texts, strings.TrimSpace(x.Launch+" "+reason.Field))
		}
	}
	return sorted(texts)
}

func sorted(texts []string) []string {
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return texts
}

func write(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), fmt.Sprintf("%d.json", rand.Uint32()))
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
