package ensure_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func sshFrom(launch string, peers ...string) []byte {
	return request(launch, shared, rule{"ports": 22, "from": peers})
}

// TestOneLaunchFiftyFiveEighths: one launch requests SSH from a different /8 (IPv6: /16) in
// each of 55 requests. Each is allowed alone. Only the first one is served.
func TestOneLaunchFiftyFiveEighths(t *testing.T) {
	for _, peer := range []func(i int) string{
		func(i int) string { return fmt.Sprintf("%d.0.0.0/8", 44+i) },
		func(i int) string { return fmt.Sprintf("26%02x::/16", i) },
	} {
		r := newRig(t, fakeaws.Options{})
		for i := range 55 {
			o := r.ask(sshFrom("scan", peer(i)))
			want := events.Rejected
			if i == 0 {
				want = events.Ensured
			}
			if o.Status != want {
				t.Fatalf("request %d for SSH from %s: %s %v, want %s", i, peer(i), o.Status, o.Reasons, want)
			}
			if i > 0 && (o.Reasons[0].Field != "/rules" || !strings.Contains(o.Reasons[0].Problem, "scan")) {
				t.Errorf("reasons %v: want the field /rules and the launch scan", o.Reasons)
			}
		}
		r.has("tcp 22 from " + peer(0))
		r.hasNot("tcp 22 from " + peer(1))
	}
}

// TestTwoLaunchesHalfOfTheWorldEach: two launches request one half each of a /7, and of all
// addresses in pieces that are allowed alone. A guardrails file denies 0.0.0.0/0 on another
// port.
func TestTwoLaunchesHalfOfTheWorldEach(t *testing.T) {
	for _, row := range []struct {
		name, file string
		port       int
		reason     string
	}{
		{"built-in guardrails", "", 22, "port 22 (SSH) is never opened to the world"},
		{"a deny entry about the world", "deny: [{id: lab, rules: [{ports: \"9000-9999\", from: [world]}]}]", 9229,
			`denied by entry "lab"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, fakeaws.Options{})
			ask := func(launch, peer string) []byte {
				return request(launch, shared, rule{"ports": row.port, "from": []string{peer}})
			}
			var got []events.Outcome
			for _, payload := range [][]byte{
				ask("a", "52.0.0.0/8"), ask("b", "53.0.0.0/8"), ask("c", "10.0.0.0/8"), ask("d", "52.1.0.0/16"),
			} {
				got = append(got, r.askBy(row.file, payload))
			}
			for i, want := range []events.Status{events.Ensured, events.Rejected, events.Ensured, events.Ensured} {
				if got[i].Status != want {
					t.Errorf("launch %s: %s %v, want %s", got[i].Launch, got[i].Status, got[i].Reasons, want)
				}
			}
			reasons := claim.Faults(got[1].Reasons).Error()
			if !strings.Contains(reasons, row.reason) || !strings.Contains(reasons, "launch a") {
				t.Errorf("reasons %q, want %q and launch a", reasons, row.reason)
			}
		})
	}
}

// TestHalvesInOneRound: 40 launches race. At most one /8 is open at the end.
func TestHalvesInOneRound(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	outcomes := r.storm(numbered(40, func(i int) []byte { return sshFrom(name(i), fmt.Sprintf("%d.0.0.0/8", 44+i)) }))
	if n := count(outcomes, events.Ensured); n > 1 {
		t.Errorf("%d launches are ensured, want 1", n)
	}
	open := 0
	for i := range 40 {
		if r.rules(shared).Contains(ruleOf(t, fakeaws.Rule{Protocol: "tcp", FromPort: 22, ToPort: 22,
			Peer: fmt.Sprintf("%d.0.0.0/8", 44+i)})) {
			open++
		}
	}
	if open != 1 {
		t.Errorf("%d of 40 blocks are open, want 1", open)
	}
}

// TestPrefixListOfTheWorld: launches request a prefix list that holds two halves of all
// addresses, with and without a guardrails file.
func TestPrefixListOfTheWorld(t *testing.T) {
	for _, row := range []struct {
		name, file string
		rule       rule
		want       string // "": ensured
	}{
		{"SSH, no file", "", rule{"ports": 22, "from": []string{worldList}},
			"port 22 (SSH) is never opened to the world"},
		{"all traffic, no file", "", rule{"protocol": "all", "from": []string{worldList}},
			"all traffic from the world"},
		{"an office, no file", "", rule{"ports": 22, "from": []string{officeList}}, ""},
		{"another port, no file", "", rule{"ports": 8000, "from": []string{worldList}}, ""},
		{"SSH, a file without allow", "limits: {rules: 40}", rule{"ports": 22, "from": []string{worldList}},
			"port 22 (SSH) is never opened to the world"},
		{"an office, a file without allow", "limits: {rules: 40}", rule{"ports": 22, "from": []string{officeList}}, ""},
		{"listed", "allow: [{id: x, rules: [{ports: 22, from: [" + worldList + "]}]}]",
			rule{"ports": 22, "from": []string{worldList}}, ""},
		{"within the addresses that are allowed", "allow: [{id: x, rules: [{ports: 22, from: [198.51.100.0/24]}]}]",
			rule{"ports": 22, "from": []string{officeList}}, ""},
		{"not within them", "allow: [{id: x, rules: [{ports: 22, from: [198.51.100.0/26]}]}]",
			rule{"ports": 22, "from": []string{officeList}}, "198.51.100.64/26"},
		{"overlaps addresses that are denied", "deny: [{id: x, rules: [{ports: 22, from: [198.51.100.70]}]}]",
			rule{"ports": 22, "from": []string{officeList}}, `denied by entry "x"`},
		{"every list is denied", "deny: [{id: x, rules: [{ports: 22, from: [\"pl-*\"]}]}]",
			rule{"ports": 22, "from": []string{officeList}}, `denied by entry "x"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, fakeaws.Options{})
			r.addList(worldList, "0.0.0.0/1", "128.0.0.0/1")
			r.addList(officeList, "198.51.100.0/26", "198.51.100.64/26")
			o := r.askBy(row.file, request("a", shared, row.rule))
			reasons := claim.Faults(o.Reasons).Error()
			if rejected := o.Status == events.Rejected; rejected != (row.want != "") ||
				!strings.Contains(reasons, row.want) {
				t.Errorf("%s %s, want %q", o.Status, reasons, row.want)
			}
		})
	}
}

// askBy serves a request under the built-in guardrails, or under those of a file.
func (r *rig) askBy(file string, payload []byte) events.Outcome {
	r.t.Helper()
	if file == "" {
		return r.ask(payload)
	}
	return r.outcomes(r.guardedBy(file), payload)[0]
}

// worldList and officeList are the ids of the prefix lists in the tests.
const worldList, officeList = "pl-0aaaaaaaaaaaaaaaa", "pl-0bbbbbbbbbbbbbbbb"

func (r *rig) addList(id string, entries ...string) {
	l := fakeaws.PrefixList{ID: id, Name: id, MaxEntries: max(3, len(entries))}
	for _, cidr := range entries {
		l.Entries = append(l.Entries, fakeaws.PrefixListEntry{CIDR: cidr})
	}
	r.account.AddPrefixList(l)
}

// TestPrefixListCalls counts the calls that read lists: none unless the entries matter, and
// one a minute for a list.
func TestPrefixListCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{})
		r.addList(officeList, "198.51.100.0/26")
		reads := func() int { return r.account.Calls().Op("ec2", "GetManagedPrefixListEntries") }
		ask := func(launch string, port int, peer string) {
			t.Helper()
			r.ensured(request(launch, shared, rule{"ports": port, "from": []string{peer}}))
		}
		for _, step := range []struct {
			what string
			do   func()
			want int
		}{
			{"no list", func() { ask("a", 22, "10.0.0.0/8") }, 0},
			{"a port on which nothing is denied", func() { ask("b", 8000, officeList) }, 0},
			{"a sensitive port", func() { ask("c", 22, officeList) }, 1},
			{"within the minute", func() { ask("d", 22, officeList); ask("e", 3389, officeList) }, 1},
			{"addresses beside it", func() { ask("f", 22, "203.0.113.7/32") }, 1},
			{"after a minute", func() { time.Sleep(time.Minute); ask("g", 22, "203.0.113.8/32") }, 2},
		} {
			if step.do(); reads() != step.want {
				t.Errorf("%s: %d reads, want %d", step.what, reads(), step.want)
			}
		}
	})
}

// TestPrefixListThatCannotBeRead refuses a request only if its list is permanently unreadable.
// The reason names the remedy.
func TestPrefixListThatCannotBeRead(t *testing.T) {
	for _, row := range []struct {
		name   string
		before func(r *rig)
		list   string
		at     time.Duration // when the event was sent
		want   string        // "": the message returns to the queue
	}{
		{"no permission", func(r *rig) { r.account.Deny("ec2:GetManagedPrefixListEntries") }, officeList, -time.Hour,
			"may not call ec2:GetManagedPrefixListEntries in account 111122223333; allow it"},
		{"no permission yet", func(r *rig) { r.account.Deny("ec2:GetManagedPrefixListEntries") }, officeList, 0, ""},
		{"no such list", func(*rig) {}, "pl-0cccccccccccccccc", -time.Hour, "sees no such prefix list"},
		{"a new list", func(*rig) {}, "pl-0cccccccccccccccc", 0, ""},
		{"a lost call", func(r *rig) {
			r.account.Inject(func(op fakeaws.Op) (bool, error) {
				if op.Name == "GetManagedPrefixListEntries" {
					return false, errors.New("lost")
				}
				return true, nil
			})
		}, officeList, -time.Hour, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fakeaws.Options{})
				r.addList(officeList, "198.51.100.0/26")
				row.before(r)
				e := r.guardedBy("limits: {rules: 1000}")
				payload := marshal(map[string]any{"version": "0", "id": "1", "detail-type": events.LaunchRequested,
					"source": "x", "account": "111122223333", "region": "us-east-1", "resources": []string{},
					"time": time.Now().Add(row.at).Format(time.RFC3339),
					"detail": rule{"launch": "a", "group": shared,
						"rules": []rule{{"ports": 22, "from": []string{row.list}}}}})
				answer := r.serve(t.Context(), e, payload)[0]
				if (answer.Retry != nil) != (row.want == "") {
					t.Fatalf("%+v, want %q", answer, row.want)
				}
				if row.want != "" {
					got := claim.Faults(answer.Outcomes[0].Reasons).Error()
					for _, want := range []string{"/rules/0/from/0", row.want, "list its id in an allow entry"} {
						if !strings.Contains(got, want) {
							t.Errorf("reasons %q, want %q", got, want)
						}
					}
				}
				r.hasNot("tcp 22 from " + row.list)
			})
		})
	}
}

// TestPrefixListsInTheUnion: one launch requests a list with a /8, and others addresses and
// another list.
func TestPrefixListsInTheUnion(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	r.addList(officeList, "52.0.0.0/9", "52.128.0.0/9", "10.0.0.0/8")
	r.addList(worldList, "198.51.100.0/24")
	r.ensured(sshFrom("a", officeList))
	for _, peer := range []string{"198.51.100.7/32", worldList} {
		o := r.ask(sshFrom("b", peer))
		if o.Status != events.Rejected || !strings.Contains(o.Reasons[0].Problem, "launch a") {
			t.Errorf("SSH from %s: %s %v, want it refused because of launch a", peer, o.Status, o.Reasons)
		}
	}
	r.ensured(sshFrom("c", "52.1.0.0/16"))
	r.ensured(sshFrom("d", "10.1.0.0/16"))
	r.ask(marshal(map[string]any{"detailType": events.LaunchEnded, "launch": "a"}))
	r.ensured(sshFrom("e", worldList))
}

// TestUnreadListInARound: a function that cannot read a list serves the request of another
// that could. The request waits, and the others of the group are served.
func TestUnreadListInARound(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	r.addList(officeList, "198.51.100.0/26")
	e := r.guardedBy("limits: {rules: 1000}")
	e.Lists = broken{}
	batch, err := (events.Decoder{Account: r.account.ID(), Region: r.account.Region()}).Decode(sshFrom("a", officeList))
	if err != nil {
		t.Fatal(err)
	}
	g := claim.Group{Account: r.account.ID(), Region: r.account.Region(), ID: shared}
	if _, _, err := r.tables().Claim(t.Context(), batch.Messages[0].Request.On(g, time.Now())); err != nil {
		t.Fatal(err)
	}
	if o := r.outcomes(e, sshFrom("b", "203.0.113.7/32"))[0]; o.Status != events.Ensured {
		t.Errorf("%+v, want the other launch served", o)
	}
	r.hasNot("tcp 22 from " + officeList)
	e.Lists = ec2sg.New(ec2.NewFromConfig(r.config))
	if o := r.outcomes(e, sshFrom("c", "203.0.113.8/32"))[0]; o.Status != events.Ensured {
		t.Errorf("%+v", o)
	}
	r.has("tcp 22 from " + officeList)
}

type broken struct{}

func (broken) Entries(context.Context, string, string, string) ([]netip.Prefix, error) {
	return nil, errors.New("lost")
}

// TestUnguardedRound: a function without guardrails serves the request of another. The request
// waits, because the round cannot judge it.
func TestUnguardedRound(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	e := r.guardedBy("limits: {rules: 1000}")
	batch, err := (events.Decoder{Account: r.account.ID(), Region: r.account.Region()}).Decode(sshFrom("a",
		"10.0.0.0/8"))
	if err != nil {
		t.Fatal(err)
	}
	g := claim.Group{Account: r.account.ID(), Region: r.account.Region(), ID: shared}
	if _, _, err := r.tables().Claim(t.Context(), batch.Messages[0].Request.On(g, time.Now())); err != nil {
		t.Fatal(err)
	}
	if err := r.tables().Ring(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	sweep := func() {
		t.Helper()
		if err := e.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	loaded := e.Guard
	e.Guard = nil
	sweep()
	r.hasNot("tcp 22 from 10.0.0.0/8")
	e.Guard = loaded
	r.outcomes(e, sshFrom("b", "10.1.0.0/16"))
	r.has("tcp 22 from 10.0.0.0/8")
}

// TestUnionByTags judges by an entry that depends on the group's tags. The round reads
// them, because the requests do not depend on them alone.
func TestUnionByTags(t *testing.T) {
	const file = "deny: [{id: prod, tags: {env: prod}, rules: [{ports: 8000, from: [world]}]}]"
	for env, want := range map[string]events.Status{"prod": events.Rejected, "lab": events.Ensured} {
		r := newRig(t, fakeaws.Options{})
		tags := map[string]string{"sgkeeper:managed": "true", "env": env}
		r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: "sg-0cccccccccccccccc", Name: "one", Tags: tags})
		e := r.guardedBy(file)
		ask := func(launch, peer string, port int) []byte {
			return request(launch, "sg-0cccccccccccccccc", rule{"ports": port, "from": []string{peer}})
		}
		r.outcomes(e, ask("a", "52.0.0.0/8", 8000))
		if o := r.outcomes(e, ask("b", "53.0.0.0/8", 8000))[0]; o.Status != want {
			t.Errorf("in %s: %s %v, want %s", env, o.Status, o.Reasons, want)
		}
		r.account.ResetCalls()
		r.outcomes(e, ask("c", "53.0.0.0/8", 9000), ask("d", "10.0.0.0/8", 8000))
		if n := r.account.Calls().Op("ec2", "DescribeSecurityGroups"); n != 0 {
			t.Errorf("%d describes for requests that do not depend on the tags", n)
		}
	}
}
