package handler

import (
	"fmt"
	"strconv"

	"github.com/sgkeeper/sgkeeper/pkg/function"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
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
		{"SGKEEPER_GUARDRAILS", "", "what may be asked: a file in the function's bundle, or `ssm:` and the name or ARN of an SSM parameter, looked at once a minute; without it the built-in guardrails", setGuardrails},
		{"SGKEEPER_INSTANCES", "off", "`on`: EC2 instances tagged `sgkeeper:ports` and `sgkeeper:from` are launches, by EC2's events about their states; or `off`", setInstances},
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

func setTable(c *Config, s string) (err error) {
	c.Table, err = function.Table(s)
	return err
}

func setBus(c *Config, s string) (err error) {
	c.Bus, err = function.Bus(s)
	return err
}

func setMode(c *Config, s string) error {
	c.Mode = Mode(s)
	if c.Mode != Enforce && c.Mode != Observe {
		return fmt.Errorf("%q: want enforce or observe", s)
	}
	return nil
}

func setQuota(c *Config, s string) (err error) {
	c.Quota, err = function.Quota(s)
	return err
}

func setWeights(c *Config, s string) (err error) {
	c.Weights, err = plan.ParseWeights(s)
	return err
}

func setTagRules(c *Config, s string) error {
	on, err := function.Switch(s)
	c.Untagged = !on
	return err
}

func setInstances(c *Config, s string) error {
	if s != "on" && s != "off" {
		return fmt.Errorf("%q: want on or off", s)
	}
	c.Instances = s == "on"
	return nil
}

func setEventQueue(c *Config, s string) error {
	if s != "" && !function.IsARN(s, "sqs", "") {
		return fmt.Errorf("%q: want the ARN of an SQS queue", s)
	}
	c.EventQueue = s
	return nil
}

func setAccount(c *Config, s string) (err error) {
	c.Account, err = function.AccountID(s)
	return err
}

func setInstallation(c *Config, s string) (err error) {
	c.Installation, err = function.Installation(s)
	return err
}

func setMemberAccounts(c *Config, s string) error { return c.Members.SetAccounts(s) }

func setMemberRole(c *Config, s string) error { return c.Members.SetRole(s) }

func setMemberRegions(c *Config, s string) error { return c.Members.SetRegions(s) }

func setExternalID(c *Config, s string) error { return c.Members.SetExternalID(s) }

func setLogLevel(c *Config, s string) (err error) {
	c.LogLevel, err = function.LogLevel(s)
	return err
}

func setGuardrails(c *Config, s string) (err error) {
	c.Guardrails, err = function.Guardrails(s)
	return err
}
