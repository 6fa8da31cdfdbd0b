package conformance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// semantic is one behaviour of EC2 on which sgkeeper relies.
type semantic struct {
	name   string
	source string // the document or the observer of the behaviour
	call   func(d *ec2Client) string
	// want has EC2's answer. If AWS leaves it open, it has each possible answer.
	want []string
}

// TestEC2 checks each behaviour on each engine.
func TestEC2(t *testing.T) {
	checkSemantics(t)
	for _, e := range []*engine{moto, ministack, embedded} {
		t.Run(e.name, func(t *testing.T) {
			client := ec2.NewFromConfig(e.config(t))
			vpc := newVPC(t, e, client)
			passed, divergent := 0, 0
			for _, s := range semantics {
				t.Run(s.name, func(t *testing.T) { s.check(t, e, newEC2Client(t, client, vpc)) })
				if divergences[e][s.name] == "" {
					passed++
				} else {
					divergent++
				}
			}
			if !t.Failed() {
				ran.add("EC2 semantics", e, passed, divergent)
				ran.say("ec2: %d passed on %s %s, %d divergences", passed, e.name, e.version, divergent)
			}
		})
	}
}

func (s semantic) check(t *testing.T, e *engine, d *ec2Client) {
	t.Helper()
	got, diverges := s.call(d), divergences[e][s.name]
	switch {
	case diverges == "" && !slices.Contains(s.want, got):
		t.Errorf("%s %s answers %q, want %s (%s)", e.name, e.version, got, quoted(s.want), s.source)
	case diverges != "" && slices.Contains(s.want, got):
		t.Errorf("%s %s now answers %q, as AWS does: remove the divergence", e.name, e.version, got)
	case diverges != "" && got != diverges:
		t.Errorf("%s %s now answers %q, no longer %q, and AWS %s (%s): change the divergence", e.name, e.version, got,
			diverges, quoted(s.want), s.source)
	}
}

func quoted(all []string) string {
	return strings.Join(strings.Split(fmt.Sprintf("%q", all), `" "`), `" or "`)
}

// checkSemantics checks that the tables are complete and consistent.
func checkSemantics(t *testing.T) {
	t.Helper()
	want := make(map[string][]string)
	for _, s := range semantics {
		if want[s.name] != nil || s.source == "" || len(s.want) == 0 {
			t.Errorf("%s: want a name of its own, a source and an answer", s.name)
		}
		want[s.name] = s.want
	}
	for e, known := range divergences {
		for name, answer := range known {
			if want[name] == nil || slices.Contains(want[name], answer) {
				t.Errorf("%s of %s is no divergence", name, e.name)
			}
		}
	}
}
