package handler

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/sgkeeper/sgkeeper/pkg/plan"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Setting is one environment variable that configures the function.
type Setting struct {
	Name    string // the variable's
	Default string // "" is no value
	Help    string // in Markdown
	set     func(*Config, string) error
}

// Settings returns all environment variables that configure the function. A
// variable that is set to nothing has its default.
func Settings() []Setting {
	return []Setting{
		{"SGKEEPER_TABLE", "", "required: the DynamoDB table of claims and leases, by name or ARN", setTable},
		{"SGKEEPER_BUS", "", "name or ARN of the event bus for outcomes; without it none are published", setBus},
		{"SGKEEPER_MODE", "enforce", "`enforce`, or `observe`: decide, record and report, but write nothing to EC2", setMode},
		{"SGKEEPER_QUOTA", strconv.Itoa(plan.DefaultLimit), "rules a security group may hold in each direction and address family (EC2 quota L-0EA8095F), 1 to 1000", setQuota},
		{"SGKEEPER_PREFIX_LIST_WEIGHTS", "", "what prefix lists count towards the quota, as `pl-...=N,...`; a list not named counts 1", setWeights},
		{"SGKEEPER_TAG_RULES", "on", "`on`, or `off` where a policy denies `ec2:CreateTags` on rules: they get no tags, and their ids, kept in the table, tell which are ours", setTagRules},
		{"SGKEEPER_EVENT_QUEUE", "", "ARN of the SQS queue that EventBridge alone feeds; only its messages are believed about the account they come from", setEventQueue},
		{"SGKEEPER_ACCOUNT", "", "the account that the function serves, 12 digits; by default its own, as Lambda tells it", setAccount},
		{"SGKEEPER_INSTALLATION", "", "identity of this installation, on the tag of every rule it makes; by default made of account, Region and table", setInstallation},
		{"SGKEEPER_MEMBER_ACCOUNTS", "", "further accounts whose events and groups are served, as `111122223333,...`; in each there must be the role", setMemberAccounts},
		{"SGKEEPER_MEMBER_ROLE", "sgkeeper-member", "name, with its path, of the role that the function assumes in each member account", setMemberRole},
		{"SGKEEPER_MEMBER_REGIONS", "", "further Regions whose groups are served, as `eu-west-1,...`", setMemberRegions},
		{"SGKEEPER_EXTERNAL_ID", "", "external id that the members' roles ask for; required where there are members", setExternalID},
		{"SGKEEPER_LOG_LEVEL", "info", "`debug`, `info`, `warn` or `error`; outcomes are logged at `info`", setLogLevel},
	}
}

var (
	tableName    = named{3, 255, regexp.MustCompile(`^[A-Za-z0-9_.-]*$`)}
	busName      = named{1, 256, regexp.MustCompile(`^[A-Za-z0-9_./-]*$`)}
	installation = named{0, 256, regexp.MustCompile(`^[A-Za-z0-9 _.:/=+@-]*$`)} // what any AWS service takes as a tag's value
)

// named is what a name may be. Its length is checked apart: an expression that
// counts to 255 takes longer to compile than all else that a start does.
type named struct {
	least, most int
	of          *regexp.Regexp
}

func (n named) matches(s string) bool {
	return len(s) >= n.least && len(s) <= n.most && n.of.MatchString(s)
}

func setTable(c *Config, s string) error {
	switch {
	case s == "":
		return errors.New("not set; want the name of the table")
	case !tableName.matches(s) && !isARN(s, "dynamodb", "table/"):
		return fmt.Errorf("%q: want a table's name or ARN", s)
	}
	c.Table = s
	return nil
}

func setBus(c *Config, s string) error {
	if s != "" && !busName.matches(s) && !isARN(s, "events", "event-bus/") {
		return fmt.Errorf("%q: want an event bus's name or ARN", s)
	}
	c.Bus = s
	return nil
}

func setMode(c *Config, s string) error {
	c.Mode = Mode(s)
	if c.Mode != Enforce && c.Mode != Observe {
		return fmt.Errorf("%q: want enforce or observe", s)
	}
	return nil
}

func setQuota(c *Config, s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 1000 {
		return fmt.Errorf("%q: want a number from 1 to 1000", s)
	}
	c.Quota = n
	return nil
}

func setWeights(c *Config, s string) (err error) {
	c.Weights, err = plan.ParseWeights(s)
	return err
}

func setTagRules(c *Config, s string) error {
	if s != "on" && s != "off" {
		return fmt.Errorf("%q: want on or off", s)
	}
	c.Untagged = s == "off"
	return nil
}

func setEventQueue(c *Config, s string) error {
	if s != "" && !isARN(s, "sqs", "") {
		return fmt.Errorf("%q: want the ARN of an SQS queue", s)
	}
	c.EventQueue = s
	return nil
}

func setAccount(c *Config, s string) error {
	if s != "" && !secgroup.IsAccount(s) {
		return fmt.Errorf("%q: want 12 digits", s)
	}
	c.Account = s
	return nil
}

func setInstallation(c *Config, s string) error {
	if !installation.matches(s) {
		return fmt.Errorf("%q: want what a tag may hold: up to 256 of letters, digits, spaces and _.:/=+@-", s)
	}
	c.Installation = s
	return nil
}

func setLogLevel(c *Config, s string) error {
	if err := c.LogLevel.UnmarshalText([]byte(s)); err != nil {
		return fmt.Errorf("%q: want debug, info, warn or error", s)
	}
	return nil
}

// isARN reports whether s is the ARN of a service's resource of that kind.
func isARN(s, service, kind string) bool {
	a, err := arn.Parse(s)
	name, ok := strings.CutPrefix(a.Resource, kind)
	return err == nil && a.Service == service && a.Region != "" && secgroup.IsAccount(a.AccountID) && ok && name != ""
}
