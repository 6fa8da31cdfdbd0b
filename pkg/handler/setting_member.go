package handler

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

var (
	memberRole = regexp.MustCompile(`^([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,64}$`)
	regionName = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]+$`)
	externalID = regexp.MustCompile(`^[A-Za-z0-9_+=,.@:/-]{2,}$`) // and maxExternalID at most
)

const maxExternalID = 1224

func setMemberAccounts(c *Config, s string) error {
	accounts, ok := list(s, secgroup.IsAccount)
	if !ok {
		return fmt.Errorf("%q: want account ids of 12 digits, each once, with commas between them", s)
	}
	c.Members.Accounts = accounts
	return nil
}

func setMemberRole(c *Config, s string) error {
	if !memberRole.MatchString(s) {
		return fmt.Errorf("%q: want a role's name, such as sgkeeper-member, after its path if it has one", s)
	}
	c.Members.Role = s
	return nil
}

func setMemberRegions(c *Config, s string) error {
	regions, ok := list(s, regionName.MatchString)
	if !ok {
		return fmt.Errorf("%q: want Regions, such as eu-west-1, each once, with commas between them", s)
	}
	c.Members.Regions = regions
	return nil
}

func setExternalID(c *Config, s string) error {
	if s != "" && (!externalID.MatchString(s) || len(s) > maxExternalID) {
		return fmt.Errorf("%q: want 2 to 1224 of letters, digits and _+=,.@:/-", s)
	}
	c.Members.ExternalID = s
	return nil
}

// list reads texts with commas between them, each valid and there once.
func list(s string, valid func(string) bool) ([]string, bool) {
	if s == "" {
		return nil, true
	}
	found := strings.Split(s, ",")
	for i, text := range found {
		if !valid(text) || slices.Contains(found[:i], text) {
			return nil, false
		}
	}
	return found, true
}
