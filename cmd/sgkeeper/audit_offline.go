package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/awscli"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// auditFiles holds the facts of each group, from files.
type auditFiles struct {
	groups   map[string]*awscli.Group // described groups
	complete bool                     // the file describes all groups
	claims   map[string][]claim.Request
}

// offline audits the groups that files describe.
func (f *auditFlags) offline(s *source, p drift.Policy, previous *drift.Report, at time.Time) (*drift.Report, error) {
	files, installation, err := f.readFiles(s)
	if err != nil {
		return nil, err
	}
	p.Installation, p.Offline = cmp.Or(string(f.policy.installation.given()), installation), true
	if installation != "" && installation != p.Installation {
		return nil, fmt.Errorf("--claims %s: these are the claims of the installation %q, not of %q",
			f.claims, installation, p.Installation)
	}
	at = at.UTC()
	r := drift.Report{ID: at.Format("20060102T150405Z") + "-offline", Installation: p.Installation, Started: at}
	ids, err := files.chosen(f.groups)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		group, drifts := drift.Compare(f.facts(files, id, p), files.policy(p, id), at)
		r.Groups, r.Drifts = append(r.Groups, group), append(r.Drifts, drifts...)
	}
	r.Finished, r.Read = at, len(r.Groups)
	all := len(f.groups) == 0
	if all {
		r.Whole = r.Started
	}
	report, _ := drift.Conclude(previous, drift.Run{Report: r, All: all, Complete: all})
	return report, nil
}

func (f *auditFlags) readFiles(s *source) (files auditFiles, installation string, err error) {
	groups, complete, err := s.groups(f.rules)
	if err != nil {
		return files, "", fmt.Errorf("--rules %s: %w", f.rules, err)
	}
	files = auditFiles{make(map[string]*awscli.Group, len(groups)), complete, make(map[string][]claim.Request)}
	for i := range groups {
		files.groups[groups[i].ID] = &groups[i]
	}
	if f.claims == "" {
		return files, "", nil
	}
	claims, identity, err := s.claims(f.claims)
	if err != nil {
		return files, "", fmt.Errorf("--claims %s: %w", f.claims, err)
	}
	if err := checkOwners(claims, groups); err != nil {
		return files, "", fmt.Errorf("--claims %s: %w", f.claims, err)
	}
	for _, r := range claims {
		files.claims[r.Group.ID] = append(files.claims[r.Group.ID], r)
	}
	return files, string(identity), nil
}

// chosen returns the groups to audit: the named ones, or all.
func (a auditFiles) chosen(named []string) ([]string, error) {
	for _, id := range named {
		if a.groups[id] == nil && len(a.claims[id]) == 0 {
			return nil, fmt.Errorf("--group %s: it is neither in --rules nor in --claims", id)
		}
	}
	if len(named) > 0 {
		slices.Sort(named)
		return slices.Compact(named), nil
	}
	all := slices.AppendSeq(slices.Collect(maps.Keys(a.groups)), maps.Keys(a.claims))
	slices.Sort(all)
	return slices.Compact(all), nil
}

// facts returns one group's facts from the files. A list of rules does not show groups without
// rules. So a group that only a claim names counts as one.
func (f *auditFlags) facts(files auditFiles, id string, p drift.Policy) drift.Facts {
	facts := drift.Facts{Group: claim.Group{ID: id}, Requests: files.claims[id], Found: !files.complete, Interfaces: -1,
		Stale: make(map[secgroup.Rule]bool)}
	if len(facts.Requests) > 0 {
		facts.Group = facts.Requests[0].Group
	}
	if g := files.groups[id]; g != nil {
		facts.Found, facts.Name, facts.VPC, facts.Tags, facts.Entries = true, g.Name, g.VPC, g.Tags, g.Entries
		facts.Group.Account = cmp.Or(g.Owner, facts.Group.Account)
		for _, r := range g.Unpeered {
			facts.Stale[r.In(facts.Group.Account, id)] = true
		}
	}
	facts.Group.Account = cmp.Or(facts.Group.Account, f.table.account)
	facts.Group.Region = cmp.Or(facts.Group.Region, f.aws.region, regionIn(p.Installation), os.Getenv("AWS_REGION"))
	return facts
}

// regionIn returns the Region in an installation's default identity.
func regionIn(installation string) string {
	if parts := strings.Split(installation, "/"); len(parts) == 3 && secgroup.IsAccount(parts[0]) {
		return parts[1]
	}
	return ""
}

// policy returns the policy for one group. A list of rules does not show groups' tags.
func (a auditFiles) policy(p drift.Policy, id string) drift.Policy {
	if !a.complete || a.groups[id] == nil {
		p.ManagedTag = ""
	}
	return p
}
