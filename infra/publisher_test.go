package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/sgkeeper/sgkeeper/infra/stack"
)

// TestPublishersAreRead names each fault of publishers by its place, all at once.
func TestPublishersAreRead(t *testing.T) {
	const own, member = `"arn:aws:iam::111122223333:role/a"`, `"arn:aws:iam::222233334444:role/a"`
	for _, row := range []struct {
		publishers string
		want       []string
	}{
		{`[{"name":"a","sources":["a","b.*"],"roles":[` + own +
			`],"senders":["AIDAEXAMPLE"],"launches":["a-*"],"accounts":["111122223333"]}]`, nil},
		{`[{"name":"a","senders":["AROAEXAMPLE:*"]}]`, nil},
		{`[{"name":"a"}]`, nil},
		{`[{"name":"a","sources":["a"],"roles":[` + member + `]}]`, nil},
		{`{"name":"a"}`,
			[]string{`"{\"name\":\"a\"}": want a list of at most 100 publishers, such as [{"name": "team-a", "sources": ["team-a.*"]}]`}},
		{`["a"]`, []string{`/0: "a": want an object with name, accounts, roles, sources, senders and launches`}},
		{`[{"sources":["a"]}]`,
			[]string{`/0/name: null: want a name: 1 to 32 of letters, digits and ._-, a letter or digit first`}},
		{`[{"name":"a b","sources":"a","source":["a"],"roles":["arn:aws:iam::111122223333:role/*"],"accounts":["1"],"senders":[],"launches":["a","a"]}]`, []string{
			`/0/name: "a b": want a name: 1 to 32 of letters, digits and ._-, a letter or digit first`,
			`/0/accounts/0: "1": want an account id of 12 digits`,
			`/0/launches/1: "a": want each once`,
			`/0/roles/0: "arn:aws:iam::111122223333:role/*": want the ARN of a role without *, such as arn:aws:iam::111122223333:role/launcher`,
			`/0/senders: []: want a list of 1 to 100 texts, each a SenderId of SQS, such as AROAEXAMPLEID:*: 1 to 128 of letters, digits and _+=,.@:-, with * for any text`,
			`/0: "source": want one of accounts, launches, roles, senders, sources or name`,
			`/0/sources: "a": want a list of 1 to 100 texts, each a source: 1 to 255 of letters, digits and ._/-, with * for any text`,
		}},
		{`[{"name":"a","senders":["A"],"roles":[` + own + `]}]`,
			[]string{`/0/sources: null: want the sources that the roles may use`}},
		{`[{"name":"a","sources":["a"]},{"name":"a","sources":["b"]}]`,
			[]string{`/1/name: "a" occurs twice: want each name once`}},
		{`[{"name":"a","sources":["team-*"]},{"name":"b","sources":["t*.ci"]}]`, []string{
			`/1/sources/0: "t*.ci" overlaps "team-*" of a: want a source to belong to one publisher; give one publisher several accounts, or each a source of its own`,
		}},
		{`[{"name":"a","sources":["*"]}]`, []string{
			`/0/sources/0: "*" matches sgkeeper, which is reserved: want a pattern that does not`,
			`/0/sources/0: "*" matches aws.*, which is reserved: want a pattern that does not`,
		}},
		{`[{"name":"a","sources":["a"],"roles":[` + own + `]},{"name":"b","sources":["b"],"roles":[` + own + `]}]`,
			[]string{
				`/1/roles/0: "arn:aws:iam::111122223333:role/a" is a role of a already: want each role once`,
			}},
		{`[{"name":"a","sources":["a"],"accounts":["222233334444"],"roles":[` + own + `]}]`, []string{
			`/0/roles/0: "arn:aws:iam::111122223333:role/a": want a role in one of the publisher's accounts, 222233334444`,
		}},
		{`[{"name":"a","sources":["a"],"roles":["arn:amazon:iam::111122223333:role/a","arn:aws:iam:us-east-1:111122223333:role/a"]}]`, []string{
			`/0/roles/0: "arn:amazon:iam::111122223333:role/a": want the ARN of a role without *, such as arn:aws:iam::111122223333:role/launcher`,
			`/0/roles/1: "arn:aws:iam:us-east-1:111122223333:role/a": want the ARN of a role without *, such as arn:aws:iam::111122223333:role/launcher`,
		}},
		{`[{"name":"a","sources":["a"],"accounts":["111122223333","999988887777"]}]`, []string{
			`/0/accounts/1: "999988887777": want the installation's own account, which "111122223333" seems to be, or one of memberAccounts`,
		}},
	} {
		_, err := read(map[string]any{"publishers": row.publishers, "memberAccounts": "222233334444",
			"externalId": "7f3a"})
		var got []string
		if err != nil {
			got = strings.Split(strings.ReplaceAll("\n"+err.Error(), "\npublishers: ", "\n"), "\n")[1:]
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.publishers, diff)
		}
	}
}

// TestPublishersInGuardrails: the stack's guardrails hold the publishers, beside all sections
// of the file.
func TestPublishersInGuardrails(t *testing.T) {
	publishers := []stack.Publisher{{
		Name: "team-a", Accounts: []string{"111122223333"}, Roles: []string{role(home, "a")},
		Sources: []string{"team-a.*"}, Senders: []string{"AROAEXAMPLE:*"}, Launches: []string{"a-*"},
	}}
	want := map[string]any{
		"name": "team-a", "accounts": []any{"111122223333"}, "roles": []any{role(home, "a")},
		"sources": []any{"team-a.*"}, "senders": []any{"AROAEXAMPLE:*"}, "launches": []any{"a-*"},
	}
	for _, row := range []struct {
		what, text string
		keys       int // besides publishers
	}{
		{"no file", "", 0},
		{"YAML", "# ours\nallow: []\ndeny: []\n", 2},
		{"YAML that is indented", "---\n  allow: []\n", 1},
		{"JSON", `{"allow": [], "limits": {"rules": 40}}`, 2},
		{"a large file", "deny: []\n#" + strings.Repeat("x", 9000) + "\n", 1},
	} {
		var guardrails stack.Guardrails
		if row.text != "" {
			var err error
			if guardrails, err = stack.ReadGuardrails(writeFile(t, "rules.yaml", row.text)); err != nil {
				t.Fatal(err)
			}
		}
		merged, err := guardrails.With(publishers)
		var document map[string]any
		if err := yaml.Unmarshal([]byte(merged.Text), &document); err != nil {
			t.Errorf("%s: %v", row.what, err)
		}
		if diff := cmp.Diff([]any{want}, document["publishers"]); err != nil || diff != "" ||
			len(document) != row.keys+1 {
			t.Errorf("%s: %v, %d keys besides (-want +got):\n%s", row.what, err, len(document)-1, diff)
		}
	}
}

// TestPublishersAreDeployed: the stack deploys publishers with the guardrails. If the
// parameter belongs to another stack, a note shows the section to add.
func TestPublishersAreDeployed(t *testing.T) {
	parameter := of(t, "untagged").only(t, "AWS::SSM::Parameter")
	text, _ := parameter.Properties["Value"].(string)
	for _, want := range []string{"id: inside", "publishers:\n", "- name: team-a\n", "- team-a.*\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the parameter lacks %q: %s", want, text)
		}
	}
	if notes := strings.Join(of(t, "full").notes, "\n"); !strings.Contains(notes, "/sgkeeper/guardrails") ||
		!strings.Contains(notes, "publishers:\n    - name: team-a\n") {
		t.Errorf("the notes on the stack are %q, want the section for the parameter", notes)
	}
}
