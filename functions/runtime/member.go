package runtime

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/sgkeeper/sgkeeper/pkg/core/awsid"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Members are the accounts and Regions that a function serves besides its own.
type Members struct {
	Accounts   []string
	Regions    []string
	Role       string // the role that the function assumes in each account
	ExternalID string // required by the role
}

var memberRole = regexp.MustCompile(`^([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,64}$`)

// SetMemberAccounts reads the accounts.
func (c *Config) SetMemberAccounts(s string) error {
	accounts, ok := List(s, secgroup.IsAccount)
	if !ok {
		return fmt.Errorf("%q: want account ids of 12 digits, each once, with commas between them", s)
	}
	c.Members.Accounts = accounts
	return nil
}

// SetMemberRole reads the role.
func (c *Config) SetMemberRole(s string) error {
	if !memberRole.MatchString(s) {
		return fmt.Errorf("%q: want a role's name, such as sgkeeper-member, after its path if it has one", s)
	}
	c.Members.Role = s
	return nil
}

// SetMemberRegions reads the Regions.
func (c *Config) SetMemberRegions(s string) error {
	regions, ok := List(s, awsid.IsRegion)
	if !ok {
		return fmt.Errorf("%q: want Regions, such as eu-west-1, each once, with commas between them", s)
	}
	c.Members.Regions = regions
	return nil
}

// SetExternalID reads the external id.
func (c *Config) SetExternalID(s string) error {
	if s != "" && !awsid.IsExternalID(s) {
		return fmt.Errorf("%q: want %s", s, awsid.WantExternalID)
	}
	c.Members.ExternalID = s
	return nil
}

// Check returns an error if the settings do not fit each other.
func (m *Members) Check() error {
	if len(m.Accounts) > 0 && m.ExternalID == "" {
		return errors.New("SGKEEPER_EXTERNAL_ID: not set; want the external id that the members' roles require")
	}
	return nil
}
