package stack

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
)

// KeyUse is one use of the key that encrypts all data at rest: a service keeps data of ours, and
// a principal calls KMS for it. The policy of the key, those of the roles, and the table in
// docs/deploy.md are made from [KeyUses].
type KeyUse struct {
	Service    string   // keeps the data
	Principals []string // call KMS: service principals, or parts of the installation whose roles do
	Actions    []string
	Purpose    string
	Source     string // where AWS documents the call
	Condition  KeyCondition
	If         string // the setting that this use depends on, for people; "": none
	needed     func(Props) bool
}

// KeyCondition limits a use. At most one of the fields is set.
type KeyCondition struct {
	SourceAccount bool   // the service acts for this account
	Via           string // the service that KMS is called by, as in kms:ViaService
	Context       string // key of the encryption context that names our resource
	resource      string // its ARN without arn:PARTITION:, with names that [installation.filled] fills in
}

// String describes the condition for people.
func (c KeyCondition) String() string {
	switch {
	case c.SourceAccount:
		return "`aws:SourceAccount` is this account"
	case c.Via != "":
		return "`kms:ViaService` is `" + c.Via + ".REGION.SUFFIX`"
	case c.Context != "":
		return "`kms:EncryptionContext:" + c.Context + "` is `arn:PARTITION:" + c.resource + "`"
	}
	return ""
}

// Actions that several services need.
var (
	reads    = []string{"kms:Decrypt"}
	writes   = []string{"kms:Decrypt", "kms:GenerateDataKey"}
	allCalls = []string{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"}
)

const guide = "https://docs.aws.amazon.com/"

// KeyUses returns all uses of the key. A principal with a dot is a service, any other is the part
// whose role makes the call.
func KeyUses() []KeyUse {
	archives := func(p Props) bool { return p.Archive > 0 }
	return []KeyUse{
		{Service: "EventBridge", Source: guide + "eventbridge/latest/userguide/eb-encryption-event-bus-cmkey.html", Principals: []string{"events.amazonaws.com"}, Actions: []string{"kms:DescribeKey"},
			Purpose: "checks the key of the bus and of its archive"},
		{Service: "EventBridge", Source: guide + "eventbridge/latest/userguide/eb-encryption-event-bus-cmkey.html", Principals: []string{"events.amazonaws.com"}, Actions: writes,
			Purpose:   "encrypts the events on the bus and the patterns of its rules",
			Condition: KeyCondition{Context: "aws:events:event-bus:arn", resource: "events:REGION:ACCOUNT:event-bus/NAME"}},
		{Service: "EventBridge Archive", Source: guide + "eventbridge/latest/userguide/encryption-archives.html", Principals: []string{"events.amazonaws.com"}, Actions: []string{"kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncrypt*"},
			Purpose: "encrypts the archived launches", If: "archiveDays", needed: archives,
			Condition: KeyCondition{Context: "aws:events:event-bus:arn", resource: "events:REGION:ACCOUNT:event-bus/NAME"}},
		{Service: "SQS", Source: guide + "AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html", Principals: []string{"events.amazonaws.com"}, Actions: writes,
			Purpose: "rules send events to the queues and their dead letters", Condition: KeyCondition{SourceAccount: true}},
		{Service: "SNS", Source: guide + "sns/latest/dg/sns-key-management.html", Principals: []string{"cloudwatch.amazonaws.com"}, Actions: []string{"kms:Decrypt", "kms:GenerateDataKey*"},
			Purpose: "alarms are published to the topic", Condition: KeyCondition{SourceAccount: true}},
		{Service: "CloudWatch Logs", Source: guide + "AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html", Principals: []string{"logs.REGION.SUFFIX"}, Actions: allCalls,
			Purpose:   "encrypts the log groups",
			Condition: KeyCondition{Context: "aws:logs:arn", resource: "logs:REGION:ACCOUNT:log-group:*"}},
		{Service: "EventBridge Scheduler", Source: guide + "scheduler/latest/UserGuide/encryption-rest.html", Principals: []string{sweepSchedule, auditSchedule}, Actions: reads,
			Purpose:   "Scheduler decrypts the payload as the schedule's role",
			Condition: KeyCondition{Context: "aws:scheduler:schedule:arn", resource: "scheduler:REGION:ACCOUNT:schedule/default/NAME-PART"}},
		{Service: "SQS", Source: guide + "AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html", Principals: []string{auditSchedule, "audit", "redrive"}, Actions: writes,
			Purpose: "sends to a queue, receives from it, or moves its dead letters", Condition: KeyCondition{Via: "sqs"}},
		{Service: "SQS", Source: guide + "AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html", Principals: []string{"ensure"}, Actions: reads,
			Purpose: "Lambda receives messages as the function's role", Condition: KeyCondition{Via: "sqs"}},
		{Service: "DynamoDB", Source: guide + "amazondynamodb/latest/developerguide/encryption.usagenotes.html", Principals: []string{"ensure", "audit"}, Actions: allCalls,
			Purpose: "reads and writes the table", Condition: KeyCondition{Via: "dynamodb"}},
		{Service: "S3", Source: guide + "AmazonS3/latest/userguide/UsingKMSEncryption.html", Principals: []string{"audit"}, Actions: writes,
			Purpose: "reads and writes reports", Condition: KeyCondition{Via: "s3"}},
		{Service: "Lambda", Source: guide + "lambda/latest/dg/configuration-envvars-encryption.html", Principals: []string{"ensure", "audit"}, Actions: reads,
			Purpose:   "Lambda decrypts the environment as the function's role",
			Condition: KeyCondition{Context: "aws:lambda:FunctionArn", resource: "lambda:REGION:ACCOUNT:function:NAME-PART"}},
		{Service: "Parameter Store", Source: guide + "systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html", Principals: []string{"ensure", "audit"}, Actions: reads,
			Purpose: "reads your parameter of guardrails, if it is a SecureString of this key", If: "guardrails=ssm:...",
			needed:    func(p Props) bool { return p.Guardrails.Parameter != "" },
			Condition: KeyCondition{Via: "ssm"}},
	}
}

// ByService reports whether the principal is a service, which the key's policy must name.
func ByService(principal string) bool { return strings.Contains(principal, ".") }

// keyUses returns the uses of the key by a principal.
func (s *installation) keyUses(principal string) (uses []KeyUse) {
	for _, u := range KeyUses() {
		if slices.Contains(u.Principals, principal) && (u.needed == nil || u.needed(s.Props)) {
			uses = append(uses, u)
		}
	}
	return uses
}

// addKey makes or finds the key that encrypts all data at rest. The policy of a key that it
// makes allows the services among [KeyUses]. The owner of an existing key writes its policy
// (docs/deploy.md).
func (s *installation) addKey() {
	switch s.KMSKey {
	case "":
		return
	case create:
	default:
		s.key = awskms.Key_FromKeyArn(s.Stack, jsii.String("Key"), jsii.String(s.KMSKey))
		return
	}
	key := awskms.NewKey(s.Stack, jsii.String("Key"), &awskms.KeyProps{
		Alias:             jsii.String("alias/" + s.Name),
		Description:       jsii.String("what " + s.Name + " keeps at rest"),
		EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN, // the table and the reports outlive the stack
	})
	key.Node().DefaultChild().(awskms.CfnKey).SetKeyPolicy(s.keyPolicy())
	// CDK adds no statement of its own to a key that it takes for an existing one.
	s.key = awskms.Key_FromKeyArn(s.Stack, jsii.String("KeyInUse"), key.KeyArn())
}

// keyPolicy allows each service its uses of the key, and the account's own policies all others.
func (s *installation) keyPolicy() map[string]any {
	root := "arn:" + *s.Partition() + ":iam::" + *s.Account() + ":root"
	// In a key's policy, * is this key.
	statements := []any{map[string]any{"Sid": "Account", "Effect": "Allow", "Principal": map[string]any{"AWS": root}, "Action": "kms:*", "Resource": "*"}}
	for _, principal := range servicePrincipals() {
		for _, u := range s.keyUses(principal) {
			statement := map[string]any{
				"Sid": u.sid(), "Effect": "Allow", "Principal": map[string]any{"Service": s.filled(principal, "")},
				"Action": u.Actions, "Resource": "*",
			}
			if condition := s.keyCondition(u, ""); condition != nil {
				statement["Condition"] = condition
			}
			statements = append(statements, statement)
		}
	}
	return map[string]any{"Version": "2012-10-17", "Statement": statements}
}

// servicePrincipals returns the services that call KMS, each once.
func servicePrincipals() (services []string) {
	for _, u := range KeyUses() {
		for _, p := range u.Principals {
			if ByService(p) && !slices.Contains(services, p) {
				services = append(services, p)
			}
		}
	}
	return services
}

// useKey lets the role of a part use the key, if there is one.
func (s *installation) useKey(part string, role awsiam.Role) {
	if s.key == nil {
		return
	}
	for _, u := range s.keyUses(part) {
		allow(role, allowed{sid: "KeyOf" + u.sid(), actions: u.Actions, resources: []*string{s.key.KeyArn()}, conditions: s.keyCondition(u, part)})
	}
}

// sid returns the service's name as a part of a statement's id. A use without a condition is only
// of the key's description.
func (u KeyUse) sid() string {
	if u.Condition == (KeyCondition{}) {
		return alphanumeric(u.Service) + "Check"
	}
	return alphanumeric(u.Service)
}

func alphanumeric(name string) string { return strings.ReplaceAll(name, " ", "") }

// keyCondition returns a use's condition for a part, nil if it has none.
func (s *installation) keyCondition(u KeyUse, part string) map[string]any {
	switch c := u.Condition; {
	case c.SourceAccount:
		return map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": s.Account()}}
	case c.Via != "":
		return map[string]any{"StringEquals": map[string]any{"kms:ViaService": c.Via + "." + *s.Region() + "." + *s.UrlSuffix()}}
	case c.Context != "":
		resource := "arn:" + *s.Partition() + ":" + s.filled(c.resource, part)
		return map[string]any{"ArnLike": map[string]any{"kms:EncryptionContext:" + c.Context: resource}}
	}
	return nil
}

// filled puts this stack's names into a text of [KeyUses].
func (s *installation) filled(text, part string) string {
	return strings.NewReplacer(
		"REGION", *s.Region(), "ACCOUNT", *s.Account(), "SUFFIX", *s.UrlSuffix(), "NAME", s.Name, "PART", part,
	).Replace(text)
}

func service(name string) awsiam.IPrincipal {
	return awsiam.NewServicePrincipal(jsii.String(name), nil)
}
