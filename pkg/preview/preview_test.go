package preview

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/awscli"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// messages are the events of a file.
func messages(t *testing.T, file string) []events.Message {
	t.Helper()
	list, err := events.Decoder{}.DecodeFile([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func snapshot(rules ...string) awscli.Group {
	return awscli.Group{ID: groupID, Owner: account, Entries: existing(rules...)}
}

const asksTwo = `{"launch": "a", "group": "sg-0123456789abcdef0", "rules": [{"ports": [8000, 8002], "from": ["10.1.2.3/8"]}]}`

func TestPreview(t *testing.T) {
	p := Offline{
		Messages: messages(t, `[`+asksTwo+`, {"launch": "b", "group": "sg-0ffffffffffffff"}, {"launch": "c"}]`),
		Groups:   []awscli.Group{snapshot("tcp 8000 from 0.0.0.0/0")},
		Quota:    limit(60),
	}.Make()
	if len(p.Groups) != 1 || p.Groups[0].Group != groupID || p.Groups[0].Assumed {
		t.Fatalf("Groups = %+v, want the requested one", p.Groups)
	}
	same(t, "Authorize", texts(p.Groups[0].Authorize), []string{"tcp 8002 from 10.0.0.0/8"})
	same(t, "rejected", rejectedLaunches(p), []string{"b", "c"})
	if len(p.Remarks) != 1 || p.Remarks[0].Launch != "a" || p.Remarks[0].Fault.Field != "/rules/0/from/0" {
		t.Errorf("Remarks = %v, want one on host bits", p.Remarks)
	}
	if p.NothingToDo() {
		t.Error("NothingToDo, want something")
	}
}

func rejectedLaunches(p Preview) []string {
	var s []string
	for _, r := range p.Rejected {
		s = append(s, r.Launch)
	}
	return s
}

// TestPreviewRejectsInOrder: rejections have the order of the messages, together with
// unreadable messages.
func TestPreviewRejectsInOrder(t *testing.T) {
	p := Offline{
		Messages: messages(t, `[`+strings.Join([]string{requestOf("a", "1"), requestOf("b", "3"),
			requestOf("c", "70000"), requestOf("b", "3"), requestOf("d", "5")}, ",")+`]`),
		Quota: limit(1),
	}.Make()
	same(t, "rejected", rejectedLaunches(p), []string{"b", "c", "d"})
	if !p.Groups[0].Assumed {
		t.Error("an unknown group is not marked as assumed")
	}
}

func TestPreviewChecks(t *testing.T) {
	var checked []string
	in := Offline{
		Messages: messages(t, asksTwo),
		Check: func(m events.Message, _ awscli.Group) claim.Faults {
			r := m.Request
			checked = texts(r.Rules)
			return fault("/rules", "no")
		},
		Quota: limit(60),
	}
	same(t, "rejected", rejectedLaunches(in.Make()), []string{"a"})
	same(t, "checked", checked, []string{"tcp 8000 from 10.0.0.0/8", "tcp 8002 from 10.0.0.0/8"})
}

// TestPreviewAccounts: a bare detail counts as its group's owner. If that owner is unknown, it
// counts as the owner of all known groups.
func TestPreviewAccounts(t *testing.T) {
	other := awscli.Group{ID: "sg-0eeeeeeeeeeeeeee0", Owner: "999988887777"}
	self := `[{"launch": "a", "group": "sg-0123456789abcdef0", "rules": [{"ports": 443, "from": ["self"]}]}]`
	for _, test := range []struct {
		name   string
		groups []awscli.Group
		want   string
	}{
		{"its own", []awscli.Group{other, snapshot()}, "tcp 443 from 111122223333/sg-0123456789abcdef0"},
		{"the only one known", []awscli.Group{other}, "tcp 443 from 999988887777/sg-0123456789abcdef0"},
		{"one of several", []awscli.Group{other, {ID: "sg-0ddddddddddddddd0", Owner: account}},
			"tcp 443 from sg-0123456789abcdef0"},
		{"none known", nil, "tcp 443 from sg-0123456789abcdef0"},
	} {
		p := Offline{Messages: messages(t, self), Groups: test.groups, Quota: limit(60)}.Make()
		same(t, test.name, texts(p.Groups[0].Authorize), []string{test.want})
	}
}

// TestPreviewOrderDoesNotMatter: without ends and with enough quota, the order has no effect.
func TestPreviewOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []events.Message
		for range rapid.IntRange(1, 6).Draw(t, "events") {
			r := claimOf(0, rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "launch"),
				rapid.SliceOfN(drawRule, 1, 3).Draw(t, "rules")...)
			list = append(list, events.Message{Request: &events.Request{Launch: r.Launch,
				Group: events.Group{ID: groupID, Account: account}, Rules: r.Rules}})
		}
		in := Offline{Messages: list, Groups: []awscli.Group{{ID: groupID, Owner: account,
			Entries: drawEntries.Draw(t, "entries")}}, Quota: limit(1000)}
		want := ruleSet(in.Make())
		in.Messages = rapid.Permutation(slices.Concat(list, list[:1])).Draw(t, "permuted, one repeated")
		if got := ruleSet(in.Make()); !got.Equal(want) {
			t.Errorf("authorize %v, in another order %v", want, got)
		}
	})
}

func ruleSet(p Preview) secgroup.Set {
	return secgroup.Rules(p.Groups[0].Authorize)
}
