package guardfile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
)

func TestPublisherFaults(t *testing.T) {
	for file, says := range map[string]string{
		`publishers: [{sources: [a]}]`:                                             "name",
		`publishers: [{name: "a/b"}]`:                                              "letters, digits and ._-",
		`publishers: [{name: "a:b"}]`:                                              "letters, digits and ._-",
		`publishers: [{name: a, sources: [x]}, {name: a, sources: [y]}]`:           "another publisher has",
		`publishers: [{name: a, sources: ["x*"]}, {name: b, sources: ["*y"]}]`:     "publisher a and to b",
		`publishers: [{name: a}, {name: b, sources: [y]}]`:                         "publisher a and to b",
		`publishers: [{name: a, roles: [arn:aws:iam::1:role/x]}]`:                  "ARN of a role",
		`publishers: [{name: a, sources: []}]`:                                     "empty list",
		`{publishers: [{name: a}], allow: [{id: x, publishers: [b], rules: all}]}`: "a publisher of this file, of a",
		`{publishers: [{name: a}], admins: [{id: x, accounts: ["111122223333"]}]}`: "want publishers or sources",
		`admins: [{id: x}]`:                         "want the accounts, or the publishers",
		`reach: [{accounts: ["*"]}]`:                "the accounts that own the groups",
		`reach: [{accounts: ["x"], groups: ["*"]}]`: "12 digits, or *",
		`publishers: [{name: a, role: x}]`:          "role",
	} {
		if _, err := Read([]byte(file)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", file, err, says)
		}
	}
	g := read(t,
		`publishers: [{name: a, sources: ["x*"], roles: ["arn:aws:iam::111122223333:role/team/a"]}, {name: b, sources: ["yx*"]}]`)
	want := []guard.Publisher{
		{Name: "a", Sources: []string{"x*"}, Roles: []string{"arn:aws:iam::111122223333:role/team/a"}},
		{Name: "b", Sources: []string{"yx*"}},
	}
	if diff := cmp.Diff(want, g.Publishers()); diff != "" {
		t.Errorf("publishers (-want +got):\n%s", diff)
	}
}

func TestIsRole(t *testing.T) {
	const longest = 255 - len("arn:aws:iam::111122223333:role/")
	for role, want := range map[string]bool{
		"arn:aws:iam::111122223333:role/a":                                 true,
		"arn:aws:iam::111122223333:role/ci/team-a":                         true,
		"arn:aws-us-gov:iam::111122223333:role/a":                          true,
		"arn:aws:iam::111122223333:role/" + strings.Repeat("a", longest):   true,
		"arn:aws:iam::111122223333:role/" + strings.Repeat("a", longest+1): false,
		"arn:aws:iam::111122223333:role/":                                  false,
		"arn:aws:iam::111122223333:role/*":                                 false,
		"arn:aws:iam::111122223333:user/a":                                 false,
		"arn:aws:iam::11112222333:role/a":                                  false,
		"arn:aws:iam:us-east-1:111122223333:role/a":                        false,
		"arn:amazon:iam::111122223333:role/a":                              false,
		"":                                                                 false,
	} {
		if got := IsRole(role); got != want {
			t.Errorf("IsRole(%q) = %v, want %v", role, got, want)
		}
	}
}
