package stack

import "strings"

// KeyUse is one use of the key that encrypts all data at rest: a service keeps data of ours, and
// principals call KMS for it. The policy of the key, those of the roles, and the table in
// docs/deploy.md are made from [KeyUses].
type KeyUse struct {
	Service    string   // keeps the data
	Principals []string // service principals, or parts of the installation whose roles call KMS
	Actions    []string
	Condition  KeyCondition
	Purpose    string
	If         string // the setting that this use depends on, for people; "": none
	Page       Page   // documents the calls
	needed     func(Props) bool
}

// KeyCondition limits a use. At most one of SourceAccount, Via and Context is set.
type KeyCondition struct {
	SourceAccount bool   // the service acts for this account
	Via           string // the service through which the principal uses the key, as in kms:ViaService
	Context       string // key of the encryption context, which names Resource
	Resource      string // our resource's ARN without arn:PARTITION:, with names in capitals
}

// String describes the condition for people, "" if there is none.
func (c KeyCondition) String() string {
	switch {
	case c.SourceAccount:
		return "`aws:SourceAccount` is this account"
	case c.Via != "":
		return "`kms:ViaService` is `" + c.Via + ".REGION.SUFFIX`"
	case c.Context != "":
		return "`kms:EncryptionContext:" + c.Context + "` is `arn:PARTITION:" + c.Resource + "`"
	}
	return ""
}

const guide = "https://docs.aws.amazon.com/"

// Page is a page of AWS's documentation.
type Page struct{ Name, URL string }

// Actions that several uses need.
var (
	decrypts = []string{"kms:Decrypt"}
	encrypts = []string{"kms:Decrypt", "kms:GenerateDataKey"}
	allCalls = []string{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"}
)

// Principals and conditions of several uses.
var (
	eventBridge = []string{"events.amazonaws.com"}
	functions   = []string{"ensure", "audit"}
	forAccount  = KeyCondition{SourceAccount: true}
	ofBus       = KeyCondition{Context: "aws:events:event-bus:arn", Resource: "events:REGION:ACCOUNT:event-bus/NAME"}
	throughSQS  = KeyCondition{Via: "sqs"}
)

var queuesPage = Page{"SQS", guide + "AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html"}

// KeyUses returns all uses of the key. A principal with a dot is a service; any other is the part
// whose role makes the call.
func KeyUses() []KeyUse {
	return []KeyUse{{
		Service: "EventBridge", Principals: eventBridge, Actions: []string{"kms:DescribeKey"},
		Purpose: "checks the key of the bus and of its archive",
		Page:    Page{"key policy", guide + "eventbridge/latest/userguide/eb-encryption-key-policy.html"},
	}, {
		Service: "EventBridge", Principals: eventBridge, Actions: encrypts, Condition: ofBus,
		Purpose: "encrypts the events on the bus and the patterns of its rules",
		Page:    Page{"buses", guide + "eventbridge/latest/userguide/eb-encryption-event-bus-cmkey.html"},
	}, {
		Service: "EventBridge Archive", Principals: eventBridge, Condition: ofBus,
		Actions: []string{"kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncrypt*"},
		Purpose: "encrypts the archived launches", If: "archiveDays",
		needed: func(p Props) bool { return p.Archive > 0 },
		Page:   Page{"archives", guide + "eventbridge/latest/userguide/encryption-archives.html"},
	}, {
		Service: "SQS", Principals: eventBridge, Actions: encrypts, Condition: forAccount,
		Purpose: "rules send events to the queues and their dead letters", Page: queuesPage,
	}, {
		Service: "SNS", Principals: []string{"cloudwatch.amazonaws.com"}, Condition: forAccount,
		Actions: []string{"kms:Decrypt", "kms:GenerateDataKey*"},
		Purpose: "alarms are published to the topic",
		Page:    Page{"SNS", guide + "sns/latest/dg/sns-key-management.html"},
	}, {
		Service: "SNS Chat", Principals: eventBridge, Condition: forAccount,
		Actions: []string{"kms:Decrypt", "kms:GenerateDataKey*"},
		Purpose: "rules publish messages for people to the topic", If: "chat",
		needed: func(p Props) bool { return p.Chat != "" },
		Page:   Page{"SNS", guide + "sns/latest/dg/sns-key-management.html"},
	}, {
		Service: "CloudWatch Logs", Principals: []string{"logs.REGION.SUFFIX"}, Actions: allCalls,
		Condition: KeyCondition{Context: "aws:logs:arn", Resource: "logs:REGION:ACCOUNT:log-group:*"},
		Purpose:   "encrypts the log groups",
		Page:      Page{"logs", guide + "AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"},
	}, {
		Service: "EventBridge Scheduler", Principals: []string{sweepSchedule, auditSchedule}, Actions: decrypts,
		Condition: KeyCondition{
			Context: "aws:scheduler:schedule:arn", Resource: "scheduler:REGION:ACCOUNT:schedule/default/NAME-PART",
		},
		Purpose: "Scheduler decrypts the payload as the schedule's role",
		Page:    Page{"Scheduler", guide + "scheduler/latest/UserGuide/encryption-rest.html"},
	}, {
		Service: "SQS", Principals: []string{auditSchedule, "audit", "redrive"}, Actions: encrypts,
		Condition: throughSQS,
		Purpose:   "sends to a queue, receives from it, or moves its dead letters", Page: queuesPage,
	}, {
		Service: "SQS", Principals: []string{"ensure"}, Actions: decrypts, Condition: throughSQS,
		Purpose: "Lambda receives messages as the function's role", Page: queuesPage,
	}, {
		Service: "DynamoDB", Principals: functions, Actions: allCalls, Condition: KeyCondition{Via: "dynamodb"},
		Purpose: "reads and writes the table",
		Page:    Page{"DynamoDB", guide + "amazondynamodb/latest/developerguide/encryption.usagenotes.html"},
	}, {
		Service: "S3", Principals: []string{"audit"}, Actions: encrypts, Condition: KeyCondition{Via: "s3"},
		Purpose: "reads and writes reports",
		Page:    Page{"S3", guide + "AmazonS3/latest/userguide/UsingKMSEncryption.html"},
	}, {
		Service: "Lambda", Principals: functions, Actions: decrypts,
		Condition: KeyCondition{Context: "aws:lambda:FunctionArn",
			Resource: "lambda:REGION:ACCOUNT:function:NAME-PART"},
		Purpose: "Lambda decrypts the environment as the function's role",
		Page:    Page{"Lambda", guide + "lambda/latest/dg/configuration-envvars-encryption.html"},
	}, {
		Service: "Parameter Store", Principals: functions, Actions: decrypts, Condition: KeyCondition{Via: "ssm"},
		Purpose: "reads your parameter of guardrails, if it is a SecureString of this key", If: "guardrails=ssm:...",
		needed: func(p Props) bool { return p.Guardrails.Parameter != "" },
		Page: Page{"parameters",
			guide + "systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html"},
	}}
}

// ByService reports whether a principal is a service, which the key's policy must name.
func ByService(principal string) bool { return strings.Contains(principal, ".") }
