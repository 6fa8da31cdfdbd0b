package handler

import (
	"fmt"
	"strconv"

	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
)

// Setting is one environment variable of the function.
type Setting = runtime.Setting[Config]

// Settings returns all environment variables of the function. An empty variable has its
// default.
func Settings() []Setting {
	return []Setting{
		runtime.NewSetting("SGKEEPER_TABLE", "", "required: the DynamoDB table of claims and leases, by name or ARN",
			(*Config).SetTable),
		runtime.NewSetting("SGKEEPER_BUS", "",
			"name or ARN of the event bus for outcomes; without it, none are published", (*Config).SetBus),
		runtime.NewSetting("SGKEEPER_MODE", "enforce",
			"`enforce`, or `observe`: decide, record and report, but write nothing to EC2", setMode),
		runtime.NewSetting("SGKEEPER_QUOTA", strconv.Itoa(plan.DefaultLimit),
			"rules a security group may hold in each direction and address family (EC2 quota L-0EA8095F), 1 to 1000",
			(*Config).SetQuota),
		runtime.NewSetting("SGKEEPER_PREFIX_LIST_WEIGHTS", "",
			"the weight of prefix lists in the quota, as `pl-...=N,...`; another list counts as its MaxEntries, "+
				"or as 1 if EC2 does not say, as for AWS's own lists",
			(*Config).SetWeights),
		runtime.NewSetting("SGKEEPER_TAG_RULES", "on",
			"`on`, or `off` if a policy denies `ec2:CreateTags` on rules: rules then get no tags, "+
				"and the table keeps their ids", setTagRules),
		runtime.NewSetting("SGKEEPER_GUARDRAILS", "",
			"guardrails: a file in the function's bundle, or `ssm:` and the name or ARN of an SSM parameter, "+
				"read once a minute; by default the built-in guardrails", (*Config).SetGuardrails),
		runtime.NewSetting("SGKEEPER_INSTANCES", "off",
			"`on`: EC2 instances tagged `sgkeeper:ports` and `sgkeeper:from` are launches, "+
				"by EC2's events about their states; or `off`", setInstances),
		runtime.NewSetting("SGKEEPER_EVENT_QUEUE", "",
			"ARNs of the SQS queues that EventBridge alone feeds, as `arn,...`: the queue, and its dead letters. "+
				"Only their messages are believed about the account that they come from", (*Config).SetEventQueues),
		runtime.NewSetting("SGKEEPER_QUEUE_QUALIFIER", "queue",
			"alias of the function to which the queues are mapped; a record of `SGKEEPER_EVENT_QUEUE` that comes by "+
				"another qualifier, or by none, is not read and comes again", (*Config).SetQueueQualifier),
		runtime.NewSetting("SGKEEPER_WAIT_QUALIFIER", "wait",
			"alias of the function that accepts only waits, so that a caller who may invoke it can do nothing else",
			setWaitQualifier),
		runtime.NewSetting("SGKEEPER_STACK_QUALIFIER", "stack",
			"alias of the function that accepts only requests of CloudFormation for custom resources; "+
				"the function accepts them by no other way", setStackQualifier),
		runtime.NewSetting("SGKEEPER_ACCOUNT", "",
			"the account that the function serves, 12 digits; by default the account of the function",
			(*Config).SetAccount),
		runtime.NewSetting("SGKEEPER_INSTALLATION", "",
			"identity of this installation, on the tag of every rule that it makes, its metrics and its log; "+
				"by default `<account>/<Region>/<table>`", (*Config).SetInstallation),
		runtime.NewSetting("SGKEEPER_MEMBER_ACCOUNTS", "",
			"further accounts to serve, with their events and groups, as `111122223333,...`, "+
				"or `ssm:` and the name or ARN of a parameter that lists them, read once a minute; "+
				"each must have the member role", (*Config).SetMemberAccounts),
		runtime.NewSetting("SGKEEPER_MEMBER_ROLE", "sgkeeper-member",
			"name, with its path, of the role that the function assumes in each member account",
			(*Config).SetMemberRole),
		runtime.NewSetting("SGKEEPER_MEMBER_REGIONS", "", "further Regions to serve, as `eu-west-1,...`",
			(*Config).SetMemberRegions),
		runtime.NewSetting("SGKEEPER_EXTERNAL_ID", "",
			"external id that the members' roles require; needed if there are members", (*Config).SetExternalID),
		runtime.NewSetting("SGKEEPER_LOG_LEVEL", "info",
			"`debug`, `info`, `warn` or `error`; outcomes are logged at `info`", (*Config).SetLogLevel),
		runtime.NewSetting("SGKEEPER_TRACE", "off",
			"`on`: each step of a pass logs one line, at any log level, for `sgkeeper trace check`; or `off`",
			setTrace),
	}
}

func setMode(c *Config, s string) error {
	c.Mode = Mode(s)
	if c.Mode != Enforce && c.Mode != Observe {
		return fmt.Errorf("%q: want enforce or observe", s)
	}
	return nil
}

func setTagRules(c *Config, s string) error {
	on, err := runtime.Switch(s)
	c.Untagged = !on
	return err
}

func setInstances(c *Config, s string) (err error) {
	c.Instances, err = runtime.Switch(s)
	return err
}

func setTrace(c *Config, s string) (err error) {
	c.Trace, err = runtime.Switch(s)
	return err
}

func setWaitQualifier(c *Config, s string) error {
	return runtime.SetAlias(&c.WaitQualifier, s, "wait")
}

func setStackQualifier(c *Config, s string) error {
	return runtime.SetAlias(&c.StackQualifier, s, "stack")
}
