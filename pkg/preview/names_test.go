package preview

import (
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/awscli"
)

// TestPreviewByName: a name finds a described group if the description has names.
func TestPreviewByName(t *testing.T) {
	named := snapshot()
	named.Name, named.VPC = "web", "vpc-12345678"
	for _, row := range []struct {
		name   string
		groups []awscli.Group
		group  string
		want   string // "": the group is planned
	}{
		{"by name", []awscli.Group{snapshot(), named}, `{"name": "web", "vpc": "vpc-12345678"}`, ""},
		{"in another VPC", []awscli.Group{named}, `{"name": "web", "vpc": "vpc-87654321"}`,
			"no group described is named web in vpc-87654321"},
		{"of another account", []awscli.Group{named},
			`{"name": "web", "vpc": "vpc-12345678", "account": "999988887777"}`, "no group described"},
		{"no names are known", []awscli.Group{snapshot()}, `{"name": "web", "vpc": "vpc-12345678"}`,
			"whose output has names"},
	} {
		file := messages(t, `[{"launch": "a", "group": `+row.group+`, "rules": [{"ports": 8000, "from": ["self"]}]},
			{"detailType": "Launch Ended", "launch": "b", "group": `+row.group+`}]`)
		before := *file[0].Request
		p := Offline{Messages: file, Groups: row.groups, Quota: limit(60)}.Make()
		switch {
		case row.want == "" && (len(p.Rejected) > 0 || len(p.Groups) != 1 || p.Groups[0].Group != groupID ||
			len(p.Groups[0].Authorize) != 1):
			t.Errorf("%s: %+v", row.name, p)
		case row.want != "" && (len(p.Rejected) != 2 || !strings.Contains(p.Rejected[0].Reasons.Error(), row.want)):
			t.Errorf("%s: rejected %v, want both for %q", row.name, p.Rejected, row.want)
		}
		if got := file[0].Request.Group; got.ID != "" || got.Name != before.Group.Name {
			t.Errorf("%s: Make changed the message's group to %+v", row.name, got)
		}
	}
}
