package stack

import (
	"strings"
	"time"

	"github.com/aws/jsii-runtime-go"
)

// What audit reads in EC2; it writes nothing there.
var auditReads = []string{
	"ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups", "ec2:DescribeStaleSecurityGroups", "ec2:DescribeNetworkInterfaces",
	"ec2:DescribeManagedPrefixLists", "ec2:GetManagedPrefixListEntries",
}

// auditTable is what audit reads in the table.
var auditTable = []string{"dynamodb:Query", "dynamodb:Scan"}

// batching is how long changes of groups gather before they are audited.
const batching = 5 * time.Second

// reportsPrefix is where the bucket has the reports.
const reportsPrefix = "sgkeeper"

// addAudit makes the function that only looks.
func (s *installation) addAudit() {
	environment := s.common(s.Name + "-member-audit")
	environment["SGKEEPER_AUDIT_QUEUE"] = s.audits.QueueUrl()
	environment["SGKEEPER_OWN_ROLES"] = jsii.String(strings.Join(s.ownRoles(), ","))
	environment["SGKEEPER_REPORTS"] = jsii.String(*s.reports.BucketName() + "/" + reportsPrefix)
	set(environment, "SGKEEPER_MANAGED_TAG", s.ManagedTag.String())
	set(environment, "SGKEEPER_HEAL", onOff(s.Heal))
	set(environment, "SGKEEPER_SECURITY_HUB", onOff(s.SecurityHub))
	set(environment, "SGKEEPER_KNOWN_ACCOUNTS", s.KnownAccounts)
	exceptions := found(s.Exceptions, s3Scheme)
	set(environment, "SGKEEPER_EXCEPTIONS", exceptions.name)
	s.audit = s.newFunction(making{
		part: "audit", description: "finds every difference between what launches asked for and what groups hold",
		timeout: auditTimeout, environment: environment, files: exceptions.files,
		loops: true, // what it has no time for, it sends to its own queue
	})
	s.allowAudit()
	// The fewest invocations there can be at a time: an audit of everything is one.
	feeds(s.audits.Queue, s.audit, s.audit.role, mapping{window: batching, concurrency: fewest})
}

// ownRoles are the roles by which ensure changes groups: what they do is no
// outsider's doing.
func (s *installation) ownRoles() []string {
	roles := []string{*s.ensure.role.RoleArn()}
	for _, account := range s.Members.Accounts {
		roles = append(roles, "arn:"+*s.Partition()+":iam::"+account+":role/"+s.Name+"-member")
	}
	return roles
}

// importing is what puts findings into an account's Security Hub, in each Region
// that is served, hence the *.
func importing(partition, account string) allowed {
	return allowed{sid: "SecurityHub", actions: []string{"securityhub:BatchImportFindings"}, resources: []*string{
		jsii.String("arn:" + partition + ":securityhub:*:" + account + ":product/" + account + "/default"),
	}}
}

func (s *installation) allowAudit() {
	reports := func(path string) *string { return s.reports.ArnForObjects(jsii.String(reportsPrefix + path)) }
	actions := auditTable
	if s.Heal {
		actions = append(actions, "dynamodb:UpdateItem") // rings for the groups that ensure is to mend
	}
	allow(s.audit.role,
		allowed{sid: "Table", actions: actions, resources: []*string{s.tableARN()}},
		allowed{sid: "Findings", actions: []string{"events:PutEvents"}, resources: []*string{s.bus.EventBusArn()}},
		allowed{sid: "Rest", actions: []string{"sqs:SendMessage"}, resources: []*string{s.audits.QueueArn()}},
		// Each report, and each audit under way, has a name of its own, hence the *.
		allowed{sid: "Reports", actions: []string{"s3:GetObject", "s3:PutObject"}, resources: []*string{reports("/*")}},
		allowed{sid: "Runs", actions: []string{"s3:DeleteObject"}, resources: []*string{reports("/runs/*")}},
		// So that a report that is not there is told from one that may not be read.
		allowed{sid: "ReportsList", actions: []string{"s3:ListBucket"}, resources: []*string{s.reports.BucketArn()}},
		describing(auditReads...),
	)
	if s.SecurityHub {
		allow(s.audit.role, importing(*s.Partition(), *s.Account()))
	}
	if path, ok := strings.CutPrefix(s.Exceptions, s3Scheme); ok {
		allow(s.audit.role, allowed{sid: "Exceptions", actions: []string{"s3:GetObject"}, resources: []*string{jsii.String("arn:" + *s.Partition() + ":s3:::" + path)}})
	}
	s.allowMembers(s.audit, s.Name+"-member-audit")
}
