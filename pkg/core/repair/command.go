package repair

import (
	"fmt"
	"regexp"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Commands gives the shell commands that mend the drifts of a report. They contain no text of others:
// only ids, kinds, and the names of the table and of Regions. A word that a shell could take for
// something else gives no command.
type Commands struct {
	table  string // "": there are no commands
	placed bool   // the drifts are in several accounts or Regions, so a command names its own
}

// plain matches words that a shell takes as they are, and that are no flags.
var plain = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/-]*$`)

// shortID is the number of characters of a drift's id that name it in a command: 48 bits. Two of
// 10,000 drifts have the same with odds of 1 in 5 million.
const shortID = 12

// CommandsOf returns the commands for a report. There are none if the report names no table.
func CommandsOf(r *drift.Report) (c Commands) {
	if plain.MatchString(r.Table) {
		c.table = r.Table
	}
	for i := range r.Drifts {
		a, b := r.Drifts[i].Group, r.Drifts[0].Group
		c.placed = c.placed || a.Account != b.Account || a.Region != b.Region
	}
	return c
}

// mostNamed is the number of drifts that a command names. For more, it chooses a kind.
const mostNamed = 8

// Mend returns the command that mends some drifts of one kind and severity in one group, or "" if no call
// to EC2 does. A few drifts are named by their ids, so that the command mends no other. Many are chosen by
// kind, so that it also mends severer drifts of the kind.
func (c Commands) Mend(drifts ...*drift.Drift) string {
	d := drifts[0]
	if !secgroup.IsGroupID(d.Group.ID) {
		return ""
	}
	which := "--group " + d.Group.ID
	if len(drifts) > mostNamed {
		return c.command(d, which+" "+kindOf(d))
	}
	for _, d := range drifts {
		if !plain.MatchString(d.ID) {
			return ""
		}
		which += " --drift " + d.ID[:min(shortID, len(d.ID))]
	}
	return c.command(d, which)
}

// Everywhere returns the command that mends the drifts of the kind of d, and of its severity or above, in all
// groups of its account and Region, or "".
func (c Commands) Everywhere(d *drift.Drift) string { return c.command(d, kindOf(d)) }

func kindOf(d *drift.Drift) string { return fmt.Sprintf("--kind %s --severity %s", d.Kind, d.Severity) }

func (c Commands) command(d *drift.Drift, which string) string {
	if c.table == "" || !Mends(d.Kind) {
		return ""
	}
	command := fmt.Sprintf("sgkeeper mend --table %s %s", c.table, which)
	if !c.placed {
		return command
	}
	if !secgroup.IsAccount(d.Group.Account) || !plain.MatchString(d.Group.Region) {
		return ""
	}
	return fmt.Sprintf("%s --account %s --region %s", command, d.Group.Account, d.Group.Region)
}
