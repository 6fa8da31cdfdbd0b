package main

import (
	"errors"
	"fmt"

	"github.com/sgkeeper/sgkeeper/pkg/awscli"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/preview"
)

// checkOwnership fails unless --claims and --installation are given together. With only one of
// them, plan would keep every rule, or revoke every rule.
func (f *planFlags) checkOwnership() error {
	switch {
	case f.claims != "" && f.installation == "":
		return errors.New("--claims needs --installation: the identity on the tag sgkeeper:installation of the rules that are sgkeeper's own; by default <account>/<Region>/<table>")
	case f.claims == "" && f.installation != "":
		return errors.New("--installation needs --claims: what sgkeeper claims --output json prints, for a rule that nobody asks for is revoked")
	}
	return nil
}

// readClaims reads the claims, if they are given.
func (f *planFlags) readClaims(s *source, in *preview.Offline) error {
	if f.claims == "" {
		return nil
	}
	claims, installation, err := s.claims(f.claims)
	if err != nil {
		return err
	}
	in.Claims, in.Owner = claims, plan.Installation(f.installation)
	if installation != "" && installation != in.Owner {
		return fmt.Errorf("these are the claims of the installation %q, not of %q", installation, in.Owner)
	}
	owners := make(map[string]string, len(in.Groups))
	for _, g := range in.Groups {
		owners[g.ID] = g.Owner
	}
	for i, r := range claims {
		if owner := owners[r.Group.ID]; owner != "" && owner != r.Group.Account {
			return fmt.Errorf("claims[%d].groupAccount: found %s, but by --rules %s belongs to %s", i, r.Group.Account, r.Group.ID, owner)
		}
	}
	return nil
}

// ruleTagsKnown reports whether the groups' rules were described with ids and tags.
func ruleTagsKnown(groups []awscli.Group) bool {
	for _, g := range groups {
		if len(g.Entries) > 0 && !g.HasRuleIDs {
			return false
		}
	}
	return true
}
