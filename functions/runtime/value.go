package runtime

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

var (
	tableName    = named{3, 255, regexp.MustCompile(`^[A-Za-z0-9_.-]*$`)}
	busName      = named{1, 256, regexp.MustCompile(`^[A-Za-z0-9_./-]*$`)}
	installation = named{0, 256, regexp.MustCompile(`^[A-Za-z0-9 _.:/=+@-]*$`)} // a tag's value in any service
)

// named describes a valid name. Its length is checked apart, because a regular expression that
// counts to 128 takes 160 us of a cold start, and one that counts to nothing 3 us.
type named struct {
	least, most int
	of          *regexp.Regexp
}

func (n named) matches(s string) bool {
	return len(s) >= n.least && len(s) <= n.most && n.of.MatchString(s)
}

// SetTable reads the name or ARN of the table, which is required.
func (c *Config) SetTable(s string) error {
	switch {
	case s == "":
		return errors.New("not set; want the name of the table")
	case !tableName.matches(s) && !IsARN(s, "dynamodb", "table/"):
		return fmt.Errorf("%q: want a table's name or ARN", s)
	}
	c.Table = s
	return nil
}

// SetBus reads the name or ARN of an event bus. It may be empty.
func (c *Config) SetBus(s string) error {
	if s != "" && !busName.matches(s) && !IsARN(s, "events", "event-bus/") {
		return fmt.Errorf("%q: want an event bus's name or ARN", s)
	}
	c.Bus = s
	return nil
}

// SetQuota reads the maximum number of rules in a group.
func (c *Config) SetQuota(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 1000 {
		return fmt.Errorf("%q: want a number from 1 to 1000", s)
	}
	c.Quota = n
	return nil
}

// SetWeights reads the weights of prefix lists towards the quota.
func (c *Config) SetWeights(s string) (err error) {
	c.Weights, err = plan.ParseWeights(s)
	return err
}

// Switch reads on or off.
func Switch(s string) (bool, error) {
	if s != "on" && s != "off" {
		return false, fmt.Errorf("%q: want on or off", s)
	}
	return s == "on", nil
}

// SetAccount reads an account's id. It may be empty.
func (c *Config) SetAccount(s string) error {
	if s != "" && !secgroup.IsAccount(s) {
		return fmt.Errorf("%q: want 12 digits", s)
	}
	c.Account = s
	return nil
}

// SetInstallation reads the identity of an installation. It may be empty.
func (c *Config) SetInstallation(s string) error {
	if !installation.matches(s) {
		return fmt.Errorf("%q: want at most 256 letters, digits, spaces and _.:/=+@-, as a tag allows", s)
	}
	c.Installation = s
	return nil
}

// SetLogLevel reads the log's level.
func (c *Config) SetLogLevel(s string) error {
	if c.LogLevel.UnmarshalText([]byte(s)) != nil {
		return fmt.Errorf("%q: want debug, info, warn or error", s)
	}
	return nil
}

// IsARN reports whether s is the ARN of a resource of a service, such as table/ of dynamodb.
func IsARN(s, service, kind string) bool {
	a, err := arn.Parse(s)
	name, ok := strings.CutPrefix(a.Resource, kind)
	return err == nil && a.Service == service && a.Region != "" && secgroup.IsAccount(a.AccountID) && ok && name != ""
}

// List reads texts separated by commas. Each must be valid and occur once.
func List(s string, valid func(string) bool) ([]string, bool) {
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

// SSM begins the name of an SSM parameter in a setting that can also be a file's path.
const SSM = "ssm:"

var parameterName = regexp.MustCompile(`^[a-zA-Z0-9_./-]+$`)

// isParameterName reports whether s is the name or ARN of an SSM parameter.
func isParameterName(s string) bool {
	return len(s) <= 1011 && parameterName.MatchString(s) || IsARN(s, "ssm", "parameter/")
}

// SetGuardrails reads the place of the guardrails: a file's path, or ssm: and the name or ARN
// of a parameter. If it is empty, the built-in guardrails apply.
func (c *Config) SetGuardrails(s string) error {
	name, isParameter := strings.CutPrefix(s, SSM)
	if isParameter && !isParameterName(name) {
		return fmt.Errorf("%q: want ssm: and the name or ARN of an SSM parameter", s)
	}
	c.Guardrails = s
	return nil
}
