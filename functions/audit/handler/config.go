package handler

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Config is the function's configuration. Load reads it from the environment. The AWS SDK
// reads its own variables.
type Config struct {
	runtime.Config
	runtime.Feed
	ManagedTag  string            // key=value, on groups that opted in
	Reports     string            // bucket or bucket/prefix; "" keeps none
	Exceptions  string            // a path, or s3://bucket/key; "" means none
	SecurityHub bool              // send findings to Security Hub
	Heal        bool              // ring for groups that lack rules, so that ensure opens them
	Known       map[string]string // names of accounts, by id
	Queue       string            // URL of the queue that feeds the function
	OwnRoles    []string          // ARNs of sgkeeper's own roles, whose changes start no audit; * is any account
}

// Setting is one environment variable that configures the function.
type Setting = runtime.Setting[Config]

// Settings returns all environment variables that configure the function. An empty variable
// has its default.
func Settings() []Setting {
	return []Setting{
		runtime.NewSetting("SGKEEPER_TABLE", "", "required: the DynamoDB table of claims and leases, by name or ARN",
			(*Config).SetTable),
		runtime.NewSetting("SGKEEPER_MANAGED_TAG", "sgkeeper:managed=true",
			"`key=value` of the tag by which groups opt in; all groups with the tag are audited", setManagedTag),
		runtime.NewSetting("SGKEEPER_REPORTS", "",
			"S3 bucket, or `bucket/prefix`, for reports and history; without it, none are kept, "+
				"and every audit reports every drift as new", setReports),
		runtime.NewSetting("SGKEEPER_EXCEPTIONS", "",
			"exceptions file: a path in the function's bundle, or `s3://bucket/key`; read by every audit",
			setExceptions),
		runtime.NewSetting("SGKEEPER_GUARDRAILS", "",
			"as for ensure; every audit reads it, and reports live requests that it would refuse",
			(*Config).SetGuardrails),
		runtime.NewSetting("SGKEEPER_AUDIT_QUEUE", "",
			"URL of the SQS queue that feeds the function; an audit that runs out of time continues from there",
			setQueue),
		runtime.NewSetting("SGKEEPER_EVENT_QUEUE", "",
			"ARNs of the SQS queues to which EventBridge's rules send the changes of groups, as `arn,...`; "+
				"events of CloudTrail from anywhere else are refused", (*Config).SetEventQueues),
		runtime.NewSetting("SGKEEPER_QUEUE_QUALIFIER", "queue", "as for ensure", (*Config).SetQueueQualifier),
		runtime.NewSetting("SGKEEPER_OWN_ROLES", "",
			"ARNs of the roles that sgkeeper uses to change groups, as `arn,...`, with `*` for any account; "+
				"their changes start no audit", setOwnRoles),
		runtime.NewSetting("SGKEEPER_HEAL", "off",
			"`on`: a group that lacks requested rules becomes due, so that ensure adds them; "+
				"the audit repairs nothing else", setHeal),
		runtime.NewSetting("SGKEEPER_SECURITY_HUB", "off", "`on`: drifts become findings in AWS Security Hub",
			setSecurityHub),
		runtime.NewSetting("SGKEEPER_KNOWN_ACCOUNTS", "",
			"accounts with groups that rules may refer to, as `111122223333=name,...`", setKnown),
		runtime.NewSetting("SGKEEPER_BUS", "",
			"name or ARN of the event bus for drifts; without it, none are published", (*Config).SetBus),
		runtime.NewSetting("SGKEEPER_QUOTA", strconv.Itoa(plan.DefaultLimit), "as for ensure", (*Config).SetQuota),
		runtime.NewSetting("SGKEEPER_PREFIX_LIST_WEIGHTS", "", "as for ensure", (*Config).SetWeights),
		runtime.NewSetting("SGKEEPER_ACCOUNT", "", "as for ensure", (*Config).SetAccount),
		runtime.NewSetting("SGKEEPER_INSTALLATION", "",
			"as for ensure, with the same value: it identifies the rules of this installation",
			(*Config).SetInstallation),
		runtime.NewSetting("SGKEEPER_MEMBER_ACCOUNTS", "",
			"further accounts to audit, as `111122223333,...`, or `ssm:` and the name or ARN of a parameter that "+
				"lists them, read once a minute; each must have the member role", (*Config).SetMemberAccounts),
		runtime.NewSetting("SGKEEPER_MEMBER_ROLE", "sgkeeper-member",
			"name, with its path, of the role that the function assumes in each member account",
			(*Config).SetMemberRole),
		runtime.NewSetting("SGKEEPER_MEMBER_REGIONS", "", "further Regions to audit, as `eu-west-1,...`",
			(*Config).SetMemberRegions),
		runtime.NewSetting("SGKEEPER_EXTERNAL_ID", "",
			"external id that the members' roles require; needed if there are members", (*Config).SetExternalID),
		runtime.NewSetting("SGKEEPER_LOG_LEVEL", "info",
			"`debug`, `info`, `warn` or `error`; audits are logged at `info`", (*Config).SetLogLevel),
	}
}

// Load reads the configuration from variables in the form of os.Environ. It reports all faults
// together, as runtime.Load does.
func Load(environ []string) (Config, error) {
	c, err := runtime.Load(Settings(), environ)
	return c, errors.Join(err, c.Members.Check())
}

func setManagedTag(c *Config, s string) error {
	key, value, found := strings.Cut(s, "=")
	if !found || key == "" || len(key) > 128 || len(value) > 256 || strings.HasPrefix(key, "aws:") {
		return fmt.Errorf("%q: want a tag as key=value, "+
			"the key of at most 128 characters and without aws: before it", s)
	}
	c.ManagedTag = s
	return nil
}

// bucketName and prefixName match the names that S3 allows and that need no escaping.
var (
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]+[a-z0-9]$`)
	prefixName = regexp.MustCompile(`^[A-Za-z0-9!_.*'()/-]*$`)
)

func isBucket(s string) bool { return bucketName.MatchString(s) && len(s) <= 63 }

func setReports(c *Config, s string) error {
	bucket, prefix, _ := strings.Cut(s, "/")
	if s != "" && (!isBucket(bucket) || !prefixName.MatchString(prefix) || len(prefix) > 512) {
		return fmt.Errorf("%q: want an S3 bucket, or bucket/prefix, without s3://", s)
	}
	c.Reports = strings.TrimRight(s, "/")
	return nil
}

func setExceptions(c *Config, s string) error {
	if rest, ok := strings.CutPrefix(s, "s3://"); ok {
		bucket, key, _ := strings.Cut(rest, "/")
		if !isBucket(bucket) || key == "" {
			return fmt.Errorf("%q: want s3://bucket/key, or the path of a file", s)
		}
	} else if strings.Contains(s, "://") {
		return fmt.Errorf("%q: want s3://bucket/key, or the path of a file", s)
	}
	c.Exceptions = s
	return nil
}

func setQueue(c *Config, s string) error {
	if s != "" && !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
		return fmt.Errorf("%q: want the URL of an SQS queue", s)
	}
	c.Queue = s
	return nil
}

func setOwnRoles(c *Config, s string) error {
	roles, ok := runtime.List(s, isRole)
	if !ok {
		return fmt.Errorf("%q: want ARNs of IAM roles, each once, with commas between them", s)
	}
	c.OwnRoles = roles
	return nil
}

// anyAccount stands for the account in the ARN of a role that each account has.
const anyAccount = "*"

func isRole(s string) bool {
	a, err := arn.Parse(s)
	return err == nil && a.Service == "iam" && (a.AccountID == anyAccount || secgroup.IsAccount(a.AccountID)) &&
		strings.HasPrefix(a.Resource, "role/")
}

func setHeal(c *Config, s string) (err error) {
	c.Heal, err = runtime.Switch(s)
	return err
}

func setSecurityHub(c *Config, s string) (err error) {
	c.SecurityHub, err = runtime.Switch(s)
	return err
}

func setKnown(c *Config, s string) error {
	if s == "" {
		return nil
	}
	c.Known = make(map[string]string)
	for part := range strings.SplitSeq(s, ",") {
		id, name, _ := strings.Cut(part, "=")
		if !secgroup.IsAccount(id) || name == "" || c.Known[id] != "" {
			return fmt.Errorf("%q: want id=name with an id of 12 digits, each once, with commas between them", part)
		}
		c.Known[id] = name
	}
	return nil
}
