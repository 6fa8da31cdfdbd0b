package main

import (
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestTableOwner checks the sources of the groups' account, in their order.
func TestTableOwner(t *testing.T) {
	const tableARN = "arn:aws:dynamodb:us-east-1:444455556666:table/sgkeeper"
	account := fakeaws.New(fakeaws.Options{})
	for _, test := range []struct {
		flags tableFlags
		env   string
		want  string
	}{
		{tableFlags{table: "sgkeeper"}, "", account.ID()},
		{tableFlags{table: tableARN}, "", "444455556666"},
		{tableFlags{table: tableARN}, "999988887777", "999988887777"},
		{tableFlags{table: tableARN, account: "222233334444"}, "999988887777", "222233334444"},
	} {
		t.Setenv("SGKEEPER_ACCOUNT", test.env)
		got, err := test.flags.owner(t.Context(), embedded.Clients(account))
		if err != nil || got != test.want {
			t.Errorf("owner of %+v, SGKEEPER_ACCOUNT=%s: %q, %v, want %q", test.flags, test.env, got, err, test.want)
		}
	}
	t.Setenv("SGKEEPER_ACCOUNT", "")
	account.Inject(func(fakeaws.Op) (bool, error) {
		return false, &fakeaws.Error{Code: "ExpiredToken", Message: "too old", Status: 403}
	})
	_, err := (&tableFlags{table: "sgkeeper"}).owner(t.Context(), embedded.Clients(account))
	if err == nil || !strings.Contains(err.Error(), "the account of the credentials is not known") {
		t.Errorf("owner without STS: %v", err)
	}
}
