package ensure_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// The files testdata/version1/*.json hold tables of commit 2954a0e, which kept the lists of
// the ledger on the head. Each was saved in the middle of some work. Its field "rules" holds
// the rules of the shared group at that time.
//
// The file testdata/version2/page.json holds a table of commit 114ac2b. It kept up to 3,000
// entries of all kinds on a page of the ledger, and rewrote all pages at each release.

// old is a table of an older version, with its group.
type old struct {
	At     time.Time
	Items  []map[string]any
	Rules  []fakeaws.Rule
	Before []fakeaws.Rule // the group before its last revoke, if the test needs it
}

// readOld reads a table of an older version.
func readOld(t *testing.T, name string) (o old) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err == nil {
		err = json.Unmarshal(text, &o)
	}
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// upgraded returns a rig with the new code on such a table. EC2 describes the group as of the
// given time ago, but at first with its rules before the last revoke.
func upgraded(t *testing.T, name string, age time.Duration, configure ...func(*handler.Config)) *rig {
	t.Helper()
	o := readOld(t, name)
	stale := time.Duration(0)
	r := newRig(t, fakeaws.Options{
		Seed:    2, // so that new rules do not get the ids of old ones
		Latency: everyCall, Stale: func(fakeaws.Op) time.Duration { return stale },
	}, append(configure, onBus)...)
	r.replaceRules(nil)
	time.Sleep(time.Until(o.At) - time.Second)
	r.replaceRules(o.Before)
	time.Sleep(time.Second)
	r.replaceRules(o.Rules)
	stale = age
	for _, it := range o.Items {
		_, err := dynamodb.NewFromConfig(r.config).PutItem(t.Context(), &dynamodb.PutItemInput{
			TableName: new(table), Item: itemOf(it),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	r.account.ResetCalls()
	return r
}

// replaceRules replaces the rules of the shared group, with their ids.
func (r *rig) replaceRules(rules []fakeaws.Rule) {
	r.t.Helper()
	for _, have := range r.account.Rules(shared) {
		if slices.ContainsFunc(rules, func(want fakeaws.Rule) bool { return want.ID == have.ID }) {
			continue
		}
		if err := r.account.RemoveRule(have.ID); err != nil {
			r.t.Fatal(err)
		}
	}
	for _, want := range rules {
		if slices.ContainsFunc(r.account.Rules(shared), func(have fakeaws.Rule) bool { return want.ID == have.ID }) {
			continue
		}
		if _, err := r.account.AddRule(shared, want); err != nil {
			r.t.Fatal(err)
		}
	}
}

// itemOf returns an item from DynamoDB's JSON.
func itemOf(it map[string]any) map[string]types.AttributeValue {
	values := make(map[string]types.AttributeValue, len(it))
	for name, v := range it {
		values[name] = valueOf(v.(map[string]any))
	}
	return values
}

// valueOf returns a value from DynamoDB's JSON, which names its type.
func valueOf(typed map[string]any) types.AttributeValue {
	for kind, v := range typed {
		switch kind {
		case "S":
			return &types.AttributeValueMemberS{Value: v.(string)}
		case "N":
			return &types.AttributeValueMemberN{Value: v.(string)}
		case "BOOL":
			return &types.AttributeValueMemberBOOL{Value: v.(bool)}
		case "B":
			b, err := base64.StdEncoding.DecodeString(v.(string))
			if err != nil {
				panic(err)
			}
			return &types.AttributeValueMemberB{Value: b}
		case "SS":
			return &types.AttributeValueMemberSS{Value: texts(v)}
		case "M":
			return &types.AttributeValueMemberM{Value: itemOf(v.(map[string]any))}
		case "L":
			list := &types.AttributeValueMemberL{}
			for _, e := range v.([]any) {
				list.Value = append(list.Value, valueOf(e.(map[string]any)))
			}
			return list
		}
	}
	panic("no value of DynamoDB")
}

func texts(v any) (all []string) {
	for _, e := range v.([]any) {
		all = append(all, e.(string))
	}
	return all
}

// headItem returns the item of the shared group's head.
func (r *rig) headItem() map[string]types.AttributeValue {
	r.t.Helper()
	for _, it := range r.items() {
		if textOf(it["pk"]) == r.groupPK() && textOf(it["sk"]) == "HEAD" {
			return it
		}
	}
	r.t.Fatal("the shared group has no head")
	return nil
}

// movedToPages fails the test unless the head has version 2 and none of the lists of version
// 1. The head must count the pages that hold them.
func (r *rig) movedToPages() {
	r.t.Helper()
	head := r.headItem()
	if v, ok := head["v"].(*types.AttributeValueMemberN); !ok || v.Value != "2" {
		r.t.Errorf("the head is of version %v, want 2", head["v"])
	}
	for _, name := range []string{"made", "gone", "cond", "untagged"} {
		if _, found := head[name]; found {
			r.t.Errorf("the head holds %s still, want it on a page", name)
		}
	}
	pages := 0
	for _, it := range r.items() {
		if textOf(it["pk"]) == r.groupPK() && strings.HasPrefix(textOf(it["sk"]), "LEDGER#") {
			pages++
		}
	}
	if n, _ := head["pages"].(*types.AttributeValueMemberN); pages > 0 &&
		(n == nil || n.Value != string(marshal(pages))) {
		r.t.Errorf("the head names %v pages, and the table holds %d", head["pages"], pages)
	}
}

// ledger returns the shared group's lease and ledger.
func (r *rig) ledger() (lease.Head, claim.Ledger) {
	r.t.Helper()
	asked, err := r.table().Load(r.t.Context(), r.group())
	if err != nil {
		r.t.Fatal(err)
	}
	return asked.Head, asked.Ledger
}

// closed fails the test unless the group comes to hold only foreign rules. The default egress
// rule counts unless the old table's group lacked it.
func (r *rig) closed(foreign int) {
	r.t.Helper()
	r.sweeps(2 * time.Hour)
	if got := r.account.Rules(shared); len(got) != foreign {
		r.t.Errorf("the group has %d rules at rest, want the %d of others: %v", len(got), foreign, r.rules(shared))
	}
	head, ledger := r.ledger()
	if head.Owner != lease.Nobody || head.Want != head.Applied {
		r.t.Errorf("%+v at rest, want no holder and no ticket left", head)
	}
	if n := len(ledger.Made) + len(ledger.Revoked) + len(ledger.PendingRevokes) + len(ledger.Untagged); n != 0 {
		r.t.Errorf("the ledger holds %d entries at rest, want none: %+v", n, ledger)
	}
}

// upgrades runs a test on an old table in virtual time, with current and with old describes of
// the group.
func upgrades(t *testing.T, ages []time.Duration, do func(t *testing.T, age time.Duration)) {
	t.Helper()
	for _, age := range ages {
		t.Run("described as "+age.String()+" ago", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { do(t, age) })
		})
	}
}

// TestUpgradePendingRevokes takes over from a holder that died before it revoked three rules,
// in both directions. They are revoked, and no request relies on them meanwhile.
func TestUpgradePendingRevokes(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"sweep", "launch"} {
		t.Run(first, func(t *testing.T) {
			upgrades(t, []time.Duration{0, 30 * time.Second}, func(t *testing.T, age time.Duration) {
				r := upgraded(t, "version1/pending", age)
				_, ledger := r.ledger()
				if got := len(ledger.PendingRevokes); got != 3 {
					t.Fatalf("%d revokes are pending by the old table, want 3", got)
				}
				time.Sleep(time.Minute) // the dead holder's lease expires
				if first == "launch" {
					r.ensured(launch("b", shared, 8000))
				} else {
					r.sweep()
				}
				r.movedToPages()
				for _, old := range readOld(t, "version1/pending").Rules {
					gone := old.Egress || old.FromPort == 8000 || old.FromPort == 8002
					if r.holdsID(old.ID) == gone {
						t.Errorf("%s of port %d is revoked: %v, want %v", old.ID, old.FromPort, !gone, gone)
					}
				}
				r.has("tcp 8004 from 0.0.0.0/0")
				if first == "launch" {
					r.has("tcp 8000 from 0.0.0.0/0")
					r.released(end("b"))
				}
				r.released(end("stays"))
				r.closed(2)
			})
		})
	}
}

// holdsID reports whether the shared group holds the rule of that id.
func (r *rig) holdsID(id string) bool {
	return slices.ContainsFunc(r.account.Rules(shared), func(have fakeaws.Rule) bool { return have.ID == id })
}

// TestUpgradeRecentlyRevoked: EC2 describes rules that the old code has revoked. No request
// relies on them: a launch that needs one opens it.
func TestUpgradeRecentlyRevoked(t *testing.T) {
	r := func(t *testing.T, age time.Duration) {
		r := upgraded(t, "version1/revoked", age)
		o := r.ensured(launch("b", shared, 8000))
		if len(o.Authorized) != 1 || len(o.Covered) != 0 {
			t.Errorf("authorized %v, covered %v; want the rule opened again", o.Authorized, o.Covered)
		}
		r.has("tcp 8000 from 0.0.0.0/0", "tcp 8004 from 0.0.0.0/0")
		r.hasNot("tcp 8002 from 0.0.0.0/0")
		r.movedToPages()
		if _, ledger := r.ledger(); len(ledger.Revoked) != 2 {
			t.Errorf("the ledger holds %v of the recently revoked rules, want 2", ledger.Revoked)
		}
		r.released(end("b"))
		r.released(end("stays"))
		r.closed(3)
	}
	upgrades(t, []time.Duration{0, 500 * time.Millisecond}, r)
}

// TestUpgradeRecentlyMade: EC2 does not describe rules that the old code has made. They count
// as open, and a launch that needs one is served only once EC2 has confirmed it.
func TestUpgradeRecentlyMade(t *testing.T) {
	upgrades(t, []time.Duration{0, 5 * time.Minute}, func(t *testing.T, age time.Duration) {
		r := upgraded(t, "version1/made", age)
		n, by := r.ec2Calls(func() {
			o := r.ensured(launch("b", shared, 8000))
			if len(o.Authorized) != 0 || len(o.Covered) != 1 {
				t.Errorf("authorized %v, covered %v; want the rule known", o.Authorized, o.Covered)
			}
			r.noDuplicate(o)
		})
		t.Logf("%d calls of EC2: %s", n, by)
		_, ledger := r.ledger()
		for _, old := range readOld(t, "version1/made").Rules {
			made := slices.ContainsFunc(ledger.Made, func(m claim.Made) bool { return m.ID == old.ID })
			if want := old.FromPort >= 8000; made != want {
				t.Errorf("%s is among the recently made rules: %v, want %v", old.ID, made, want)
			}
		}
		if confirms := strings.Contains(by, "Authorize"); confirms != (age > 0) {
			t.Errorf("the rule was confirmed by a write: %v, want %v", confirms, age > 0)
		}
		r.movedToPages()
		r.released(end("a"))
		r.has("tcp 8000 from 0.0.0.0/0")
		r.released(end("b"))
		r.closed(3)
	})
}

// TestUpgradeUntagged revokes the untagged rules of the old code with their launch.
func TestUpgradeUntagged(t *testing.T) {
	upgrades(t, []time.Duration{0}, func(t *testing.T, age time.Duration) {
		r := upgraded(t, "version1/untagged", age, untagged)
		r.account.Deny("ec2:CreateTags")
		r.ensured(launch("b", shared, 8000, 8004))
		r.movedToPages()
		if got := len(r.untaggedOnPages()); got != 3 {
			t.Errorf("%d rules without tags are known to be ours, want the 2 old ones and the new one", got)
		}
		r.released(end("a"))
		r.has("tcp 8000 from 0.0.0.0/0", "tcp 8004 from 0.0.0.0/0")
		r.hasNot("tcp 8002 from 0.0.0.0/0")
		r.released(end("b"))
		r.closed(3)
	})
}

// untaggedOnPages returns the untagged rules that the ledger records as sgkeeper's.
func (r *rig) untaggedOnPages() []claim.Untagged {
	_, ledger := r.ledger()
	return ledger.Untagged
}

// TestUpgradeRefused repeats a request that the old code refused, before and after a sweep
// archives it. It also sends a request of an ended launch.
func TestUpgradeRefused(t *testing.T) {
	upgrades(t, []time.Duration{0}, func(t *testing.T, age time.Duration) {
		r := upgraded(t, "version1/refused", age, quotaOf(5))
		refused := launch("refused", shared, 9000, 9002, 9004, 9006)
		first := r.status(refused, events.Rejected)
		if reasons := claim.Faults(first.Reasons).Error(); !strings.Contains(reasons,
			"quota of 5 rules would be exceeded by 3") {
			t.Errorf("refused for %s, want the old reasons", reasons)
		}
		r.sweeps(20 * time.Minute)
		r.movedToPages()
		prefixes := make(map[string]bool)
		for sk := range r.dates() {
			if strings.Contains(sk, "#refused#") {
				kind, _, _ := strings.Cut(sk, "#")
				prefixes[kind] = true
			}
		}
		if prefixes["R"] || !prefixes["A"] {
			t.Errorf("the refused request is stored as %v, want it archived", prefixes)
		}
		again := r.status(refused, events.Rejected)
		got, want := claim.Faults(again.Reasons).Error(), claim.Faults(first.Reasons).Error()
		if got != want {
			t.Errorf("refused for %s once it is archived, want %s", got, want)
		}
		over := r.status(launch("ended", shared, 8000), events.Rejected)
		if reasons := claim.Faults(over.Reasons).Error(); !strings.Contains(reasons, "launch-ended") {
			t.Errorf("a launch that has ended is refused for %s, want launch-ended", reasons)
		}
		r.hasNot("tcp 9000 from 0.0.0.0/0")
		r.released(end("served"))
		r.closed(3)
	})
}

// TestUpgradeTickets takes over from a holder that died while three launches were queued
// behind it. A sweep serves and announces all of them.
func TestUpgradeTickets(t *testing.T) {
	upgrades(t, []time.Duration{0, 20 * time.Second}, func(t *testing.T, age time.Duration) {
		r := upgraded(t, "version1/ringing", age)
		b := r.listen()
		if head, _ := r.ledger(); head.Want != 5 || head.Applied != 1 {
			t.Fatalf("the old head is %+v, want 4 unserved tickets", head)
		}
		time.Sleep(time.Minute)
		r.sweep()
		r.movedToPages()
		all := []string{"first", "queued-0", "queued-1", "queued-2"}
		announced := b.launches()
		for _, name := range all {
			if !slices.Contains(announced, name) {
				t.Errorf("the events name %v, want %s among them", announced, name)
			}
		}
		want := []string{"tcp 8000", "tcp 8002", "tcp 9000", "tcp 9002", "tcp 9004"}
		for i := range want {
			want[i] += " from 0.0.0.0/0"
		}
		r.has(want...)
		for _, name := range append(all, "before") {
			r.released(end(name))
		}
		r.closed(3)
	})
}

// TestUpgradeFrozen: a group that the old code froze stays frozen, and the waiting launch is
// served after the thaw.
func TestUpgradeFrozen(t *testing.T) {
	upgrades(t, []time.Duration{0}, func(t *testing.T, age time.Duration) {
		r := upgraded(t, "version1/frozen", age)
		b := r.listen()
		r.status(launch("waits", shared, 8002), events.Queued)
		r.hasNot("tcp 8002 from 0.0.0.0/0")
		r.movedToPages()
		r.thaw()
		r.sweeps(time.Minute)
		r.has("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0")
		if announced := b.launches(); !slices.Equal(announced, []string{"waits"}) {
			t.Errorf("the events name %v, want the launch that waited", announced)
		}
		r.released(end("waits"))
		r.released(end("served"))
		r.closed(3)
	})
}

// TestUpgradeUnfinishedEnd: a sweep finishes an end that the old code only recorded.
func TestUpgradeUnfinishedEnd(t *testing.T) {
	upgrades(t, []time.Duration{0}, func(t *testing.T, age time.Duration) {
		r := upgraded(t, "version1/ending", age)
		r.has("tcp 8000 from 0.0.0.0/0")
		r.sweeps(3 * time.Minute) // an end is due two minutes after it came
		r.hasNot("tcp 8000 from 0.0.0.0/0")
		r.movedToPages()
		r.closed(3)
	})
}

// TestUpgradePage takes over a page with made and revoked rules. EC2 still describes the rules
// that were revoked last, and no request relies on them.
func TestUpgradePage(t *testing.T) {
	upgrades(t, []time.Duration{0, 500 * time.Millisecond}, func(t *testing.T, age time.Duration) {
		r := upgraded(t, "version2/page", age, quotaOf(1000))
		revoked := func(want int) {
			t.Helper()
			if _, ledger := r.ledger(); len(ledger.Revoked) != want {
				t.Errorf("the ledger holds %d of the recently revoked rules, want %d", len(ledger.Revoked), want)
			}
		}
		revoked(140)
		o := r.ensured(request("b", shared, rule{"ports": 10000, "from": []string{"192.168.0.0/16"}}))
		if len(o.Authorized) != 1 || len(o.Covered) != 0 {
			t.Errorf("authorized %v, covered %v; want the rule opened again", o.Authorized, o.Covered)
		}
		r.movedToPages()
		revoked(140)
		if _, ledger := r.ledger(); len(ledger.Made) != 21 {
			t.Errorf("the ledger holds %d made rules, want the 20 old ones and a new one", len(ledger.Made))
		}
		time.Sleep(time.Minute)
		r.released(end("b"))
		revoked(141)
		r.released(end("stays"))
		revoked(161)
		r.closed(3)
	})
}
