package events

import (
	"regexp"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/awsid"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// The lengths of names are checked separately. An expression that counts to 255 takes longer
// to compile than the rest of a function's start.
var (
	launchName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/=+@-]*$`)
	groupName  = regexp.MustCompile(`^[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]+$`)
	vpcID      = regexp.MustCompile(`^vpc-[0-9a-f]{8,17}$`)
)

// Allowed values, for faults.
const (
	wantLaunch  = "a letter or digit, then up to 127 of letters, digits and ._:/=+@-"
	wantGroupID = "sg- and 8 to 17 hexadecimal digits in lower case"
	wantGroup   = `a group's id, or an object with "id", or with "name" and "vpc"`
	wantName    = "a group's name: 1 to 255 of letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*, " +
		"not beginning with sg-"
	wantVPC     = "vpc- and 8 to 17 hexadecimal digits in lower case"
	wantAccount = "an account id of 12 digits"
	wantRegion  = awsid.WantRegion
)

var groupKeys = []string{"id", "name", "vpc", "account", "region"}

func (d *detail) launch(v value) string {
	name, found := v.get("launch")
	if !found {
		d.add("/launch", "absent: want %s", wantLaunch)
		return ""
	}
	return d.match(name, "/launch", IsLaunchName, wantLaunch)
}

// group reads the group of a detail, which is an id or an object.
func (d *detail) group(v value, required bool) Group {
	named, found := v.get("group")
	switch {
	case found:
		return d.groupAt(named, "/group")
	case required:
		d.add("/group", "absent: want %s", wantGroup)
	}
	return Group{Account: d.from.account, Region: d.from.region}
}

func (d *detail) groupAt(named value, at pointer) Group {
	g := Group{Account: d.from.account, Region: d.from.region}
	switch named.kind {
	case text:
		g.ID = d.match(named, at, secgroup.IsGroupID, wantGroupID)
	case object:
		d.groupObject(&g, named, at)
	default:
		d.add(at, "found %s: want %s", named, wantGroup)
	}
	return g
}

func (d *detail) groupObject(g *Group, v value, at pointer) {
	d.keys(v, at, groupKeys)
	for _, m := range v.members {
		field := at.key(m.key)
		switch m.key {
		case "id":
			g.ID = d.match(m.value, field, secgroup.IsGroupID, wantGroupID)
		case "name":
			g.Name = d.match(m.value, field, IsGroupName, wantName)
		case "vpc":
			g.VPC = d.match(m.value, field, vpcID.MatchString, wantVPC)
		case "account":
			g.Account = d.match(m.value, field, secgroup.IsAccount, wantAccount)
		case "region":
			g.Region = d.match(m.value, field, awsid.IsRegion, wantRegion)
		}
	}
	d.groupNamedOnce(v, at)
}

// groupNamedOnce refuses a group without an id or a name, or with both.
func (d *detail) groupNamedOnce(v value, at pointer) {
	_, id := v.get("id")
	_, name := v.get("name")
	_, vpc := v.get("vpc")
	switch {
	case id && (name || vpc):
		d.add(at, `both an id and a name: want "id", or "name" and "vpc"`)
	case !id && !name && !vpc:
		d.add(at.key("id"), `absent: want "id", or "name" and "vpc"`)
	case !id && !name:
		d.add(at.key("name"), "absent beside vpc: want %s", wantName)
	case !id && !vpc:
		d.add(at.key("vpc"), "absent beside name: want %s", wantVPC)
	}
}

// IsLaunchName reports whether s is a valid name of a launch.
func IsLaunchName(s string) bool { return len(s) <= 128 && launchName.MatchString(s) }

// IsGroupName reports whether s is a valid name of a group. EC2 reserves names that begin with
// sg-.
func IsGroupName(s string) bool {
	return len(s) <= 255 && groupName.MatchString(s) && !strings.HasPrefix(s, "sg-")
}
