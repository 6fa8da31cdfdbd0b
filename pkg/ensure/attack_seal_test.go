package ensure_test

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// sealByHand returns the tags of a rule as the versions before keyed seals wrote them. Anyone
// can compute them.
func sealByHand(owner string, r secgroup.Rule) map[string]string {
	sum := sha256.Sum256([]byte(r.WithoutOwner().String()))
	return map[string]string{
		"sgkeeper:installation": owner,
		"sgkeeper:rule":         base64.RawURLEncoding.EncodeToString(sum[:])[:4],
	}
}

// TestAttackSealByHand: an outsider tags a foreign rule with the installation's name and a
// computed seal without a key. sgkeeper never revokes it.
func TestAttackSealByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		r.forge("tcp 4444 from 10.0.0.0/8")
		r.ensured(launch("a", shared, 8000))
		r.released(end("a"))
		r.sweeps(2 * time.Hour)
		r.has("tcp 4444 from 10.0.0.0/8")
		r.hasNot("tcp 8000 from 0.0.0.0/0")
	})
}

// TestUpgradeSeals takes over a table and rules of the version before keyed seals. sgkeeper
// still owns the rules, because it records their ids. A later forgery never counts.
func TestUpgradeSeals(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]map[string]types.AttributeValue{
		"schema version 2": {"v": number("2"), "want": number("7"), "applied": number("7"),
			"through": number("946684800000")},
		"schema version 1": {"v": number("1"), "want": number("7"), "applied": number("7"),
			"through": number("946684800000")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fakeaws.Options{Latency: everyCall})
				r.olderVersion(head, "tcp 8000 from 10.0.0.0/8", "tcp 8002 from 10.0.0.0/8")
				r.ensured(request("keeps", shared, rule{"ports": []any{8000}, "from": []string{"10.0.0.0/8"}}))
				r.has("tcp 8000 from 10.0.0.0/8")
				r.sweeps(time.Hour)
				r.hasNot("tcp 8002 from 10.0.0.0/8") // sgkeeper's, and no request needs it
				r.forge("tcp 4444 from 10.0.0.0/8")
				r.ensured(launch("a", shared, 9000))
				r.released(end("a"))
				r.sweeps(2 * time.Hour)
				r.has("tcp 4444 from 10.0.0.0/8", "tcp 8000 from 10.0.0.0/8")
				r.released(end("keeps"))
				r.sweeps(time.Hour)
				r.has("tcp 4444 from 10.0.0.0/8")
				r.hasNot("tcp 8000 from 10.0.0.0/8")
			})
		})
	}
}

// TestUpgradeSealedTable takes over a table and a group of commit b859932, the last one before
// keyed seals: testdata/version2/sealed.json. sgkeeper still owns all of its rules, and
// revokes them with their launches. A later forgery stays.
func TestUpgradeSealedTable(t *testing.T) {
	t.Parallel()
	for _, pause := range []time.Duration{0, time.Minute, 3 * time.Hour} { // between the rounds
		t.Run(pause.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := upgraded(t, "version2/sealed", 0)
				mine := []string{"tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0", "tcp 8006 from 0.0.0.0/0",
					"tcp 8008 from 0.0.0.0/0"}
				r.has(append(mine, "tcp 8004 from 0.0.0.0/0")...)
				r.released(end("goes"))
				r.has(mine...)
				r.hasNot("tcp 8004 from 0.0.0.0/0")
				if _, ledger := r.ledger(); len(ledger.Untagged) != len(mine) {
					t.Errorf("%d rules are recorded by their ids, want %d", len(ledger.Untagged), len(mine))
				}
				if pause > 0 {
					r.sweeps(pause)
				}
				r.ensured(launch("new", shared, 9000))
				r.has(mine...)
				r.sweeps(time.Hour)
				r.forge("tcp 4444 from 10.0.0.0/8")
				for _, name := range []string{"stays", "signed", "late", "new"} {
					r.released(end(name))
				}
				r.hasNot(append(mine, "tcp 9000 from 0.0.0.0/0")...)
				r.closed(4)
				r.has("tcp 4444 from 10.0.0.0/8")
			})
		})
	}
}

// olderVersion puts rules into the shared group, and the head into the table, as the
// version before keyed seals wrote them.
func (r *rig) olderVersion(head map[string]types.AttributeValue, rules ...string) {
	r.t.Helper()
	for _, text := range rules {
		r.forge(text)
	}
	item := maps.Clone(head)
	item["pk"], item["sk"] = &types.AttributeValueMemberS{Value: r.groupPK()},
		&types.AttributeValueMemberS{Value: "HEAD"}
	_, err := dynamodb.NewFromConfig(r.config).PutItem(r.t.Context(),
		&dynamodb.PutItemInput{TableName: new(table), Item: item})
	if err != nil {
		r.t.Fatal(err)
	}
}

// forge adds a rule with a computed seal without a key.
func (r *rig) forge(text string) {
	r.t.Helper()
	forged := secgroup.MustParseRule(text)
	theirs := fakeRule(shared, forged)
	theirs.Tags = sealByHand(string(r.owner()), forged)
	if _, err := r.account.AddRule(shared, theirs); err != nil {
		r.t.Fatal(err)
	}
}

func number(n string) types.AttributeValue { return &types.AttributeValueMemberN{Value: n} }

// TestUpgradeDescribesLate: EC2's describe lags ten minutes during the update. sgkeeper still
// recognises a rule that the older version has just made.
func TestUpgradeDescribesLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stale := time.Duration(0)
		r := newRig(t, fakeaws.Options{Latency: everyCall, Stale: func(fakeaws.Op) time.Duration { return stale }})
		time.Sleep(time.Hour)
		r.olderVersion(map[string]types.AttributeValue{"v": number("2"), "want": number("7"), "applied": number("7")},
			"tcp 8002 from 10.0.0.0/8")
		stale = 10 * time.Minute
		r.ensured(launch("a", shared, 9000))
		time.Sleep(10 * time.Minute)
		stale = 0
		r.sweeps(2 * time.Hour)
		r.hasNot("tcp 8002 from 10.0.0.0/8")
		r.has("tcp 9000 from 0.0.0.0/0")
	})
}

// TestAttackSealCopied: an outsider copies the tags of an sgkeeper rule to a foreign rule of
// the same group and of another. sgkeeper revokes neither.
func TestAttackSealCopied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		r.addGroup(groupB)
		r.ensured(launch("a", shared, 8000))
		var tags map[string]string
		for _, e := range r.entries(shared) {
			if e.Rule == secgroup.MustParseRule("tcp 8000 from 0.0.0.0/0") {
				tags = e.Tags
			}
		}
		if len(tags) != 4 {
			t.Fatalf("a rule of ours has the tags %v, want 4", tags)
		}
		for group, text := range map[string]string{shared: "tcp 4444 from 10.0.0.0/8",
			groupB: "tcp 8000 from 0.0.0.0/0"} {
			theirs := fakeRule(group, secgroup.MustParseRule(text))
			theirs.Tags = tags
			if _, err := r.account.AddRule(group, theirs); err != nil {
				t.Fatal(err)
			}
			r.ensured(launch("b-"+group, group, 9000))
			r.released(end("b-" + group))
		}
		r.released(end("a"))
		r.sweeps(2 * time.Hour)
		r.has("tcp 4444 from 10.0.0.0/8")
		r.hasNot("tcp 8000 from 0.0.0.0/0")
		if !r.rules(groupB).Contains(secgroup.MustParseRule("tcp 8000 from 0.0.0.0/0")) {
			t.Error("a foreign rule with copied tags is revoked in another group")
		}
	})
}

// TestRotate gives a group a new key. sgkeeper still owns the rules of the former key, and
// revokes them with their launch long after that key has become invalid.
func TestRotate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		r.ensured(launch("a", shared, 8000))
		r.sweeps(2 * time.Hour)
		_, ledger := r.ledger()
		former := r.sealing(shared)
		if ok, err := r.table().Rotate(t.Context(), r.group(), ledger, ensure.NewKey()); err != nil || !ok {
			t.Fatalf("Rotate = %v, %v", ok, err)
		}
		r.sweep()
		r.ensured(launch("b", shared, 8002))
		r.sweeps(2 * time.Hour)
		forged := secgroup.MustParseRule("tcp 4444 from 10.0.0.0/8")
		theirs := fakeRule(shared, forged)
		theirs.Tags = former.Tagged(plan.Stamp{Ticket: 1, Span: "AAAAAAAA"}, []entry{{Rule: forged}})[0].Tags
		if _, err := r.account.AddRule(shared, theirs); err != nil {
			t.Fatal(err)
		}
		r.ensured(launch("c", shared, 8004))
		for _, name := range []string{"a", "b", "c"} {
			r.released(end(name))
		}
		r.sweeps(2 * time.Hour)
		r.has("tcp 4444 from 10.0.0.0/8") // sealed with a key that leaked, and was rotated
		r.hasNot("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0", "tcp 8004 from 0.0.0.0/0")
		if log := r.log.String(); strings.Contains(log, string(ledger.Keys[0])) {
			t.Error("the log holds a key")
		}
	})
}
