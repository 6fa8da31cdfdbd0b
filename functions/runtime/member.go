package runtime

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/awsid"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Members are the accounts and Regions that a function serves besides its own.
type Members struct {
	Accounts   []string // ids
	Parameters []string // names or ARNs of SSM parameters that list further ids
	Regions    []string
	Role       string // the role that the function assumes in each account
	ExternalID string // required by the role
}

// A role's name has up to 64 characters, and its path up to 510 (IAM, CreateRole).
var (
	roleName = named{1, 64, regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]*$`)}
	rolePath = named{0, 510, regexp.MustCompile(`^([A-Za-z0-9_+=,.@-]+/)*$`)}
)

// SetMemberAccounts reads the accounts: ids, and parameters that list ids.
func (c *Config) SetMemberAccounts(s string) error {
	entries, ok := List(s, func(entry string) bool {
		name, isParameter := strings.CutPrefix(entry, SSM)
		return secgroup.IsAccount(entry) || isParameter && isParameterName(name)
	})
	if !ok {
		return fmt.Errorf("%q: want account ids of 12 digits, or ssm: and the name or ARN of an SSM parameter "+
			"that lists such ids; "+
			"each once, with commas between them", s)
	}
	c.Members.Accounts, c.Members.Parameters = nil, nil
	for _, entry := range entries {
		if name, isParameter := strings.CutPrefix(entry, SSM); isParameter {
			c.Members.Parameters = append(c.Members.Parameters, name)
		} else {
			c.Members.Accounts = append(c.Members.Accounts, entry)
		}
	}
	return nil
}

// SetMemberRole reads the role.
func (c *Config) SetMemberRole(s string) error {
	name := s[strings.LastIndexByte(s, '/')+1:]
	if !roleName.matches(name) || !rolePath.matches(strings.TrimSuffix(s, name)) {
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
	if len(m.Accounts)+len(m.Parameters) > 0 && m.ExternalID == "" {
		return errors.New("SGKEEPER_EXTERNAL_ID: not set; want the external id that the members' roles require")
	}
	return nil
}
