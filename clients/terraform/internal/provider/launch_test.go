package provider_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestCreate: a launch is open after its creation, and closed after its destruction.
func TestCreate(t *testing.T) {
	w := newWorld(t, "")
	before := w.count()
	m := w.core().launch()
	check(t, m.apply(with(launchOf(rule("9000,9002-9004", "10.0.0.0/8")), "name_prefix", "llama4")))
	w.has(9000, "10.0.0.0/8", true)
	w.has(9002, "10.0.0.0/8", true)
	if launch := m.text("launch"); !strings.HasPrefix(launch, "llama4-") || m.text("group_id") != groupID {
		t.Errorf("launch %q on group %q, want llama4-... on %s", launch, m.text("group_id"), groupID)
	}
	check(t, m.refresh())
	if planned, text := m.plan(with(launchOf(rule("9000,9002-9004", "10.0.0.0/8")), "name_prefix",
		"llama4")); text != "" ||
		!m.core.value(m.state.Type(), planned.PlannedState).Equal(m.state) {
		t.Errorf("a second plan is not empty: %s", text)
	}
	check(t, m.apply(nil))
	if m.exists() || w.count() != before {
		t.Errorf("after the destroy: exists %t, %d rules, want %d", m.exists(), w.count(), before)
	}
}

// TestGroupByName: a group by name is served, and ended by its id.
func TestGroupByName(t *testing.T) {
	w := newWorld(t, "")
	m := w.core().launch()
	check(t, m.apply(with(launchOf(rule("9000", "10.0.0.0/8")), "group",
		object{"name": "shared", "vpc": "vpc-0d000000000000000"})))
	w.has(9000, "10.0.0.0/8", true)
	if m.text("group_id") != groupID {
		t.Errorf("group_id %q, want %s", m.text("group_id"), groupID)
	}
	var ends []string
	w.Account.FailEntries(func(e fakeaws.Entry) *fakeaws.Error {
		if e.DetailType == events.LaunchEnded {
			ends = append(ends, e.Detail)
		}
		return nil
	})
	launch := m.text("launch")
	check(t, m.apply(nil))
	want := fmt.Sprintf(`{"launch":%q,"group":{"id":%q}}`, launch, groupID) // the name may mean another group by now
	if len(ends) != 1 || ends[0] != want {
		t.Errorf("ends %s, want %s", ends, want)
	}
	w.has(9000, "10.0.0.0/8", false)
}

// TestTwoModules: two resources of one apply are two launches. The end of one leaves the ports of
// the other.
func TestTwoModules(t *testing.T) {
	w := newWorld(t, "")
	c := w.core()
	a, b := c.launch(), c.launch()
	config := launchOf(rule("9000", "10.0.0.0/8"))
	check(t, a.apply(config))
	check(t, b.apply(config))
	if a.text("launch") == b.text("launch") {
		t.Fatalf("both are the launch %s", a.text("launch"))
	}
	check(t, a.apply(nil))
	w.has(9000, "10.0.0.0/8", true)
	check(t, b.refresh())
	if !b.exists() {
		t.Error("the end of one launch removed the other from the state")
	}
	check(t, b.apply(nil))
	w.has(9000, "10.0.0.0/8", false)
}

// TestCovered: if a wider rule allows the traffic, the launch is served without a new rule.
func TestCovered(t *testing.T) {
	w := newWorld(t, "")
	before := w.count()
	m := w.core().launch()
	check(t, m.apply(launchOf(rule("8000", "10.0.0.0/8"))))
	if w.count() != before {
		t.Errorf("%d rules, want %d: 8000 is open to the world", w.count(), before)
	}
	check(t, m.apply(nil))
	w.has(8000, "0.0.0.0/0", true)
}

// TestRefused: a refusal is shown at the attribute that it is about. Nothing is open, and nothing
// is in the state.
func TestRefused(t *testing.T) {
	w := newWorld(t, "")
	before := w.count()
	m := w.core().launch()
	text := m.apply(launchOf(rule("9000", "10.0.0.0/8"), rule("22", "10.0.0.0/8", "0.0.0.0/0")))
	check(t, text, "ERROR", `AttributeName("rules").ElementKeyInt(1).AttributeName("from").ElementKeyInt(1)`,
		"sgkeeper refuses the launch")
	if m.exists() || w.count() != before {
		t.Errorf("after a refusal: exists %t, %d rules, want %d", m.exists(), w.count(), before)
	}
	text = m.apply(launchOf(rule("9000", "10.0.0.0/8")))
	check(t, text)
	text = m.apply(launchOf(rule("9000", "10.0.0.0/8"), rule("22", "0.0.0.0/0")))
	check(t, text, "ERROR", `AttributeName("rules").ElementKeyInt(1)`)
	w.has(9000, "10.0.0.0/8", true)
	w.has(22, "0.0.0.0/0", false)
	launch := m.text("launch")
	text = m.apply(launchOf(rule("22", "0.0.0.0/0"))) // another launch, which is refused
	check(t, text, "ERROR", `AttributeName("rules").ElementKeyInt(0)`)
	w.has(9000, "10.0.0.0/8", true)
	if m.text("launch") != launch {
		t.Errorf("after a refused change the state has %s, want %s", m.text("launch"), launch)
	}
	check(t, m.refresh())
	check(t, m.apply(nil))
	if w.count() != before {
		t.Errorf("%d rules, want %d", w.count(), before)
	}
}

// TestUpdateAdds: more rules and a later expiry are added to the launch, under its name.
func TestUpdateAdds(t *testing.T) {
	w := newWorld(t, "")
	m := w.core().launch()
	expiry := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	config := with(launchOf(rule("9000", "10.0.0.0/8")), "expires_at", expiry(time.Hour))
	check(t, m.apply(config))
	launch := m.text("launch")
	steps := []object{
		with(config, "rules", []any{rule("9001", "10.0.0.0/8"), rule("9000", "10.0.0.0/8")}),
		with(launchOf(rule("9000-9001", "10.0.0.0/8")), "expires_at", expiry(2*time.Hour)),
		launchOf(rule("9000-9001", "10.0.0.0/8")),
		launchOf(rule("9000", "10.0.0.0/8"), rule("9001", "10.0.0.0/8")),
	}
	for i, step := range steps {
		puts := w.Account.Calls().Op("events", "PutEvents")
		check(t, m.apply(step))
		w.has(9000, "10.0.0.0/8", true)
		if m.text("launch") != launch {
			t.Errorf("step %d: the launch is %s, want %s", i, m.text("launch"), launch)
		}
		w.settle()
		if published := w.Account.Calls().Op("events", "PutEvents") > puts; published != (i < 3) {
			t.Errorf("step %d: published %t", i, published)
		}
		check(t, m.refresh())
	}
	if open := w.openPorts(9000, 9001); open != 2 {
		t.Errorf("%d of 2 ports are open", open)
	}
	check(t, m.apply(nil))
	if open := w.openPorts(9000, 9001); open != 0 {
		t.Errorf("%d ports are open after the destroy", open)
	}
}

// openPorts counts the ports that a rule from 10.0.0.0/8 allows.
func (w *world) openPorts(ports ...int) (n int) {
	for _, port := range ports {
		for _, r := range w.Account.Rules(groupID) {
			if r.Peer == "10.0.0.0/8" && r.FromPort <= port && port <= r.ToPort {
				n++
				break
			}
		}
	}
	return n
}

// TestUpdateRemoves: without a rule, the resource is another launch. The ports that stay are
// open all the time.
func TestUpdateRemoves(t *testing.T) {
	w := newWorld(t, "")
	m := w.core().launch()
	check(t, m.apply(launchOf(rule("9000", "10.0.0.0/8"), rule("9005", "10.0.0.0/8"))))
	launch := m.text("launch")
	var gaps atomic.Int64
	w.Account.Inject(func(op fakeaws.Op) (bool, error) {
		if w.openPorts(9000) != 1 {
			gaps.Add(1)
		}
		return true, nil
	})
	check(t, m.apply(launchOf(rule("9000", "10.0.0.0/8"))))
	w.Account.Inject(nil)
	if m.text("launch") == launch || gaps.Load() > 0 || w.openPorts(9000) != 1 || w.openPorts(9005) != 0 {
		t.Errorf("launch %s before and %s after, %d gaps, 9000 open %d, 9005 open %d",
			launch, m.text("launch"), gaps.Load(), w.openPorts(9000), w.openPorts(9005))
	}
	launch = m.text("launch")
	for _, change := range []object{
		with(launchOf(rule("9000", "10.0.0.0/8")), "ticket", "OPS-1"),
		with(launchOf(rule("9000", "10.0.0.0/8")), "name_prefix", "other"),
		with(launchOf(rule("9000", "10.0.0.0/8")), "launch", "mine"),
	} {
		check(t, m.apply(change))
		if m.text("launch") == launch || w.openPorts(9000) != 1 {
			t.Errorf("%v: the launch is %s, want another one, 9000 open %d", change, m.text("launch"),
				w.openPorts(9000))
		}
		launch = m.text("launch")
	}
	text := m.apply(with(launchOf(rule("9007", "10.0.0.0/8")), "launch", "mine"))
	check(t, text, "ERROR", `AttributeName("launch")`, "A launch only grows")
	check(t, m.apply(nil))
	if w.openPorts(9000, 9005, 9007) != 0 {
		t.Error("ports are open after the destroy")
	}
}

// TestOutsideEnd: if somebody ends the launch, the next plan creates it again, with a new name.
func TestOutsideEnd(t *testing.T) {
	w := newWorld(t, "")
	m := w.core().launch()
	config := launchOf(rule("9000", "10.0.0.0/8"))
	check(t, m.apply(config))
	launch := m.text("launch")
	w.endOutside(launch)
	w.has(9000, "10.0.0.0/8", false)
	check(t, m.refresh())
	if m.exists() {
		t.Fatal("an ended launch is in the state")
	}
	check(t, m.apply(config))
	if m.text("launch") == launch {
		t.Errorf("the launch is %s again, which sgkeeper refuses", launch)
	}
	w.has(9000, "10.0.0.0/8", true)
	w.endOutside(m.text("launch"))
	check(t, m.apply(nil)) // the end of an ended launch succeeds
}

// TestExpired: an expired launch leaves the state.
func TestExpired(t *testing.T) {
	w := newWorld(t, "")
	m := w.core().launch()
	config := with(launchOf(rule("9000", "10.0.0.0/8")), "expires_at",
		time.Now().Add(-time.Minute).UTC().Format(time.RFC3339))
	check(t, m.apply(config), "ERROR", `AttributeName("expires_at")`, "has passed")
	if m.exists() {
		t.Error("a refused launch is in the state")
	}
}

// TestImport: a live launch is imported with its group and rules, and then needs no change.
func TestImport(t *testing.T) {
	w := newWorld(t, "")
	c := w.core()
	made := c.launch()
	config := with(launchOf(rule("9000", "10.0.0.0/8"), object{"protocol": "icmp", "icmp": object{"type": 3, "code": 4},
		"from": []any{"self"}}), "reason", "demo")
	check(t, made.apply(config))
	launch := made.text("launch")
	m, text := c.imported(launch)
	check(t, text)
	if m.text("launch") != launch || m.text("group id") != groupID || m.text("reason") != "demo" {
		t.Fatalf("imported %s", m.state)
	}
	check(t, m.apply(config))
	if m.text("launch") != launch {
		t.Errorf("the launch is %s, want %s", m.text("launch"), launch)
	}
	byGroup, text := c.imported(launch + "," + groupID)
	check(t, text)
	if byGroup.text("group_id") != groupID {
		t.Errorf("imported by group: %s", byGroup.state)
	}

	w.Account.Deny("sts:GetCallerIdentity") // so the table's group is not known
	unread, text := c.imported(launch)
	w.Account.Deny()
	check(t, text, "WARNING", "The rules of the launch are not known")
	check(t, unread.apply(config))
	if unread.text("launch") != launch || unread.text("rules 0 ports") != "9000" {
		t.Errorf("imported without the table: %s", unread.state)
	}
	if _, text := c.imported("nobody"); !strings.Contains(text, "cannot be imported") {
		t.Errorf("a launch that is not live was imported: %s", text)
	}
	check(t, m.apply(nil))
	w.has(9000, "10.0.0.0/8", false)
}

// TestTimedOut: a launch that is not served in time is ended. It opens nothing later.
func TestTimedOut(t *testing.T) {
	w := newWorld(t, "")
	before := w.count()
	w.stop()
	m := w.core().launch()
	text := m.apply(with(launchOf(rule("9000", "10.0.0.0/8")), "timeouts", object{"create": "2s"}))
	check(t, text, "ERROR", "The launch was not served", "was ended")
	if m.exists() {
		t.Error("a launch that was not served is in the state")
	}
	w.serve()
	w.settle()
	if w.count() != before {
		t.Errorf("%d rules, want %d: the launch was opened after its end", w.count(), before)
	}
}

// TestTimedOutUpdate: a change that is not served in time leaves the launch as it was.
func TestTimedOutUpdate(t *testing.T) {
	w := newWorld(t, "")
	m := w.core().launch()
	config := with(launchOf(rule("9000", "10.0.0.0/8")), "timeouts", object{"update": "2s"})
	check(t, m.apply(config))
	launch := m.text("launch")
	w.stop()
	check(t, m.apply(with(config, "rules", []any{rule("9000-9001", "10.0.0.0/8")})), "ERROR", "keeps its earlier rules")
	check(t, m.apply(with(config, "rules", []any{rule("9001", "10.0.0.0/8")})), "ERROR", "was ended")
	if m.text("launch") != launch {
		t.Errorf("the state has %s, want %s", m.text("launch"), launch)
	}
	w.serve()
	w.settle()
	check(t, m.apply(nil))
	if n := w.openPorts(9000, 9001); n != 0 {
		t.Errorf("%d ports are open after the destroy", n)
	}
}

// TestNotPublished: if neither the launch nor its end can be published, the resource stays in the
// state, so that Terraform destroys it later.
func TestNotPublished(t *testing.T) {
	w := newWorld(t, "")
	m := w.core().launch()
	w.Account.Deny("events:PutEvents")
	check(t, m.apply(launchOf(rule("9000", "10.0.0.0/8"))), "ERROR", "could not be published either",
		"sgkeeper close --launch")
	w.Account.Deny()
	if !m.exists() {
		t.Fatal("the launch is not in the state")
	}
	check(t, m.apply(nil))
	if m.exists() {
		t.Error("the launch is in the state after the destroy")
	}
}

// TestNoWaiter: without the permission to wait, nothing stays open.
func TestNoWaiter(t *testing.T) {
	w := newWorld(t, "")
	before := w.count()
	m := w.core().launch()
	w.Account.Deny("lambda:InvokeFunction")
	check(t, m.apply(launchOf(rule("9000", "10.0.0.0/8"))), "ERROR", "lambda:InvokeFunction", "was ended")
	w.Account.Deny()
	w.settle()
	if m.exists() || w.count() != before {
		t.Errorf("exists %t, %d rules, want %d", m.exists(), w.count(), before)
	}
	other := newCore(t, with(w.config(), "waiter", "nobody:wait")).launch()
	check(t, other.apply(launchOf(rule("9000", "10.0.0.0/8"))), "ERROR", "there is no function nobody:wait",
		"was ended")
}

// TestBusyWaiter: a throttled or failing function only delays an apply.
func TestBusyWaiter(t *testing.T) {
	w := newWorld(t, "")
	m := w.core().launch()
	var failures atomic.Int64
	w.Account.Inject(func(op fakeaws.Op) (bool, error) {
		if op.Service == "dynamodb" && op.Name == "GetItem" && failures.Add(1) <= 2 {
			return false, &fakeaws.Error{Code: "InternalServerError", Message: "try again", Status: 500}
		}
		return true, nil
	})
	check(t, m.apply(launchOf(rule("9000", "10.0.0.0/8"))))
	w.has(9000, "10.0.0.0/8", true)
	if n := failures.Load(); n < 3 {
		t.Errorf("the table was read %d times, want 3 or more", n)
	}
}
