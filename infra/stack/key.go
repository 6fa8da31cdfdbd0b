package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
)

// addKey makes or finds the key that encrypts all data at rest. The policy of a key that it
// makes allows the AWS services that use it. The owner of an existing key writes its policy
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
	// In a key's policy, * is this key. These services send events and alarms to the queues and
	// the topic, for this account alone.
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("ServicesThatSend"),
		Principals: &[]awsiam.IPrincipal{service("events.amazonaws.com"), service("cloudwatch.amazonaws.com"), service("scheduler.amazonaws.com")},
		Actions:    jsii.Strings("kms:Decrypt", "kms:GenerateDataKey"),
		Resources:  jsii.Strings("*"),
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": s.Account()}},
	}), nil)
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("Logs"),
		Principals: &[]awsiam.IPrincipal{service("logs." + *s.Region() + "." + *s.UrlSuffix())},
		Actions:    jsii.Strings("kms:Decrypt", "kms:Encrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"),
		Resources:  jsii.Strings("*"),
		Conditions: &map[string]any{"ArnLike": map[string]any{"kms:EncryptionContext:aws:logs:arn": s.arn("logs", "log-group:*")}},
	}), nil)
	s.key = key
}

func service(name string) awsiam.IPrincipal {
	return awsiam.NewServicePrincipal(jsii.String(name), nil)
}

// useKey lets a role use the key, if there is one, through the services that store the data.
func (s *installation) useKey(role awsiam.Role) {
	if s.key == nil {
		return
	}
	via := func(name string) *string { return jsii.String(name + "." + *s.Region() + "." + *s.UrlSuffix()) }
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("Key"),
		// DynamoDB makes the calls with a * for the role that reads or writes.
		Actions:    jsii.Strings("kms:Decrypt", "kms:Encrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"),
		Resources:  &[]*string{s.key.KeyArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"kms:ViaService": &[]*string{via("dynamodb"), via("sqs"), via("s3"), via("sns")}}},
	}))
}
