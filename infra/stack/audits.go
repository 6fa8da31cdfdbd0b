package stack

import (
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/sgkeeper/sgkeeper/functions/runtime"
)

// auditReads are the EC2 calls of the audit. It writes nothing in EC2.
var auditReads = []string{
	"ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups", "ec2:DescribeStaleSecurityGroups",
	"ec2:DescribeNetworkInterfaces",
	"ec2:DescribeManagedPrefixLists", "ec2:GetManagedPrefixListEntries",
}

// auditTable are the audit's calls that read the table.
var auditTable = []string{"dynamodb:Query", "dynamodb:Scan"}

// batching is the time for which Lambda collects changes of groups into one audit.
const batching = 5 * time.Second

// reportsPrefix is the prefix of the reports' keys in the bucket.
const reportsPrefix = "sgkeeper"

// addAudit makes the audit function, which changes no security group.
func (s *installation) addAudit() {
	environment := s.common(s.Name + "-member-audit")
	environment["SGKEEPER_AUDIT_QUEUE"] = s.audits.QueueUrl()
	environment["SGKEEPER_EVENT_QUEUE"] = s.audits.QueueArn()
	environment["SGKEEPER_OWN_ROLES"] = jsii.String(strings.Join(s.ownRoles(), ","))
	environment["SGKEEPER_REPORTS"] = jsii.String(*s.reports.BucketName() + "/" + reportsPrefix)
	set(environment, "SGKEEPER_MANAGED_TAG", s.ManagedTag.String())
	set(environment, "SGKEEPER_HEAL", onOff(s.Heal))
	set(environment, "SGKEEPER_SECURITY_HUB", onOff(s.SecurityHub))
	set(environment, "SGKEEPER_KNOWN_ACCOUNTS", s.KnownAccounts)
	exceptions := found(s.Exceptions, s3Scheme)
	set(environment, "SGKEEPER_EXCEPTIONS", exceptions.name)
	s.audit = s.newFunction(making{
		part: "audit", description: "finds each difference between requests and rules",
		timeout: runtime.AuditTimeout, environment: environment, files: exceptions.files,
		loops: true, // an audit that runs out of time continues by its own queue
	})
	s.allowAudit()
	// Only the queue invokes this alias, so no caller can speak for CloudTrail. One audit covers
	// all groups, so the fewest invocations at a time suffice.
	alias := awslambda.NewAlias(s.Stack, jsii.String("AuditAlias-"+queueAlias), &awslambda.AliasProps{
		AliasName: jsii.String(queueAlias), Version: s.audit.LatestVersion(),
	})
	feeds(s.audits.Queue, alias, s.audit.role, mapping{window: batching, concurrency: fewest})
}

// ownRoles are the roles by which ensure changes groups. The audit does not count their
// changes as an outsider's.
func (s *installation) ownRoles() []string {
	roles := []string{*s.ensure.role.RoleArn()}
	if len(s.Members.Accounts) > 0 {
		roles = append(roles, "arn:"+*s.Partition()+":iam::*:role/"+s.Name+"-member")
	}
	return roles
}

// importing allows imports of findings into an account's Security Hub. The * stands for the
// Region, because the functions' settings choose the Regions.
func importing(partition, account string) allowed {
	return allowed{sid: "SecurityHub", actions: []string{"securityhub:BatchImportFindings"}, resources: []*string{
		jsii.String("arn:" + partition + ":securityhub:*:" + account + ":product/" + account + "/default"),
	}}
}

func (s *installation) allowAudit() {
	reports := func(path string) *string { return s.reports.ArnForObjects(jsii.String(reportsPrefix + path)) }
	actions := auditTable
	if s.Heal {
		actions = append(actions, "dynamodb:UpdateItem") // rings for groups that ensure is to mend
	}
	allow(s.audit.role,
		allowed{sid: "Table", actions: actions, resources: []*string{s.tableARN()}},
		allowed{sid: "Findings", actions: []string{"events:PutEvents"}, resources: []*string{s.bus.EventBusArn()}},
		allowed{sid: "Rest", actions: []string{"sqs:SendMessage"}, resources: []*string{s.audits.QueueArn()}},
		// Each report and each unfinished audit has its own key, hence the *.
		allowed{sid: "Reports", actions: []string{"s3:GetObject", "s3:PutObject"}, resources: []*string{reports("/*")}},
		allowed{sid: "Runs", actions: []string{"s3:DeleteObject"}, resources: []*string{reports("/runs/*")}},
		// With this permission, S3 answers 404 for a missing report, and not 403.
		allowed{sid: "ReportsList", actions: []string{"s3:ListBucket"}, resources: []*string{s.reports.BucketArn()}},
		describing(auditReads...),
	)
	if s.SecurityHub {
		allow(s.audit.role, importing(*s.Partition(), *s.Account()))
	}
	if path, ok := strings.CutPrefix(s.Exceptions, s3Scheme); ok {
		allow(s.audit.role, allowed{sid: "Exceptions", actions: []string{"s3:GetObject"},
			resources: []*string{jsii.String("arn:" + *s.Partition() + ":s3:::" + path)}})
	}
	s.allowMembers(s.audit, s.Name+"-member-audit")
}
