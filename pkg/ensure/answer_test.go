package ensure_test

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestRemovedBeforeDescribed: an outsider removes a rule before any describe has shown it. A
// repeat and a new launch are announced only once the rule exists again.
func TestRemovedBeforeDescribed(t *testing.T) {
	for name, payload := range map[string][]byte{"a repeat": launch("a", shared, 8000),
		"a new launch": launch("b", shared, 8000)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fakeaws.Options{Latency: everyCall})
				o := r.ensured(launch("a", shared, 8000))
				time.Sleep(10 * time.Second)
				if err := r.account.RemoveRule(o.Authorized[0].ID); err != nil {
					t.Fatal(err)
				}
				again := r.ensured(payload)
				r.has("tcp 8000 from 0.0.0.0/0")
				for _, c := range again.Covered {
					if c.By[0].ID == o.Authorized[0].ID {
						t.Errorf("covered by %s, which an outsider has removed", c.By[0].ID)
					}
				}
			})
		})
	}
}

// TestRefusedIsClosed: a launch names a missing peer besides a good one. When its refusal is
// announced, none of its rules are open.
func TestRefusedIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall}, onBus)
		b := r.listen()
		b.setRefuse(func(e fakeaws.Entry) *fakeaws.Error {
			if e.DetailType == events.RejectedType {
				r.hasNot("tcp 8000 from 0.0.0.0/0")
			}
			return nil
		})
		bad := request("bad", shared,
			rule{"ports": 8000, "from": []string{"0.0.0.0/0"}}, rule{"ports": 9000,
				"from": []string{"sg-0dead00000000dead"}})
		r.status(bad, events.Rejected)
		if refused := taken[events.LaunchRejected](b); len(refused) != 1 {
			t.Errorf("%d Launch Rejected, want one", len(refused))
		}
		r.hasNot("tcp 8000 from 0.0.0.0/0")
	})
}

// TestUntaggedReplyLost loses the reply to the call that makes an untagged rule. sgkeeper
// recognises the rule as its own, and revokes it with its launch.
func TestUntaggedReplyLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall}, untagged, onBus)
		b := r.listen()
		lost := false
		r.account.Inject(func(op fakeaws.Op) (bool, error) {
			if op.Name == "AuthorizeSecurityGroupIngress" && !lost {
				lost = true
				return true, errBroken
			}
			return true, nil
		})
		r.ensured(launch("a", shared, 8000))
		r.released(end("a"))
		r.sweeps(2 * time.Hour)
		r.hasNot("tcp 8000 from 0.0.0.0/0")
		if names := releasedNames(b); !slices.Contains(names, "a") {
			t.Errorf("Ports Released name %v, want a", names)
		}
	})
}

// TestShortReply: EC2 reports success with an empty list of rules, whether or not it made
// them. Rules that are not listed count as not made.
func TestShortReply(t *testing.T) {
	for _, row := range []struct {
		name, way, want string
		made            bool
	}{
		{"ingress, made", "from", "tcp 8000 from 2001:db8::/32", true},
		{"ingress, not made", "from", "tcp 8000 from 2001:db8::/32", false},
		{"egress, made", "to", "tcp 8000 to 2001:db8::/32", true},
		{"egress, not made", "to", "tcp 8000 to 2001:db8::/32", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fakeaws.Options{Latency: everyCall})
				before := r.account.Rules(shared)
				c := &client{nth: 5, then: func(c *client, q *http.Request) (*http.Response, error) { // its authorize
					reply, err := c.account.Do(q)
					if !row.made {
						r.removeAllBut(before)
					}
					return withoutRules(reply), err
				}}
				r.process(c).ensured(request("a", shared, rule{"ports": 8000, row.way: []string{"2001:db8::/32"}}))
				r.has(row.want)
			})
		})
	}
}

var listedRules = regexp.MustCompile(`(?s)<securityGroupRuleSet>.*</securityGroupRuleSet>`)

// withoutRules returns EC2's reply without the list of rules that it made.
func withoutRules(reply *http.Response) *http.Response {
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		panic(err)
	}
	short := listedRules.ReplaceAll(body, []byte("<securityGroupRuleSet/>"))
	reply.Body, reply.ContentLength = io.NopCloser(bytes.NewReader(short)), int64(len(short))
	return reply
}

// removeAllBut removes the rules of the shared group that were not there before.
func (r *rig) removeAllBut(before []fakeaws.Rule) {
	for _, rule := range r.account.Rules(shared) {
		if !slices.ContainsFunc(before, func(b fakeaws.Rule) bool { return b.ID == rule.ID }) {
			if err := r.account.RemoveRule(rule.ID); err != nil {
				r.t.Error(err)
			}
		}
	}
}

// TestEarlyEndIsAnswered sends an end before its request, while another function holds the
// lease. The end does not wait for the holder, because it needs no round.
func TestEarlyEndIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall}, onBus)
		b := r.listen()
		holder := r.process(&client{nth: 4, hold: 2 * time.Second, then: goesOn}, onBus) // its describe
		done := make(chan error, 1)
		go func() {
			_, err := holder.invoke(launch("other", shared, 8000))
			done <- err
		}()
		time.Sleep(time.Second)
		r.status(end("early", shared), events.Released)
		if names := releasedNames(b); !slices.Contains(names, "early") {
			t.Errorf("Ports Released name %v, want the launch that ended early", names)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

// releasedNames returns the launches of Ports Released events.
func releasedNames(b *bus) (names []string) {
	for _, e := range taken[events.PortsReleased](b) {
		names = append(names, e.Launches...)
	}
	return names
}
