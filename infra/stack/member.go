package stack

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// MemberProps are the properties of the stack of a member account, or of a further Region of the
// installation's own account. Set Roles in one Region of a member account only, because IAM roles
// are global. The installation's own account needs none.
type MemberProps struct {
	Name       string // of the installation
	Account    string // of the installation
	Region     string // of the functions
	Identity   string // on the tags of the installation's rules; "": any
	ExternalID string
	ManagedTag Tag
	TagRules   bool
	Roles      bool
	Governance Governance

	SecurityHub bool // findings about this account go to its own Security Hub
	Changes     bool // changes of groups go to the installation's audit
	Instances   bool // states of instances go to the installation

	Release bool // the template of a release: parameters name the installation
}

// Check returns the faults between properties that are valid alone.
func (p MemberProps) Check() (faults []Fault) {
	if p.Release {
		return nil
	}
	for _, required := range []struct {
		property, value, what string
		needed                bool
	}{
		{"account", p.Account, "the account that the installation is in", true},
		{"region", p.Region, "the Region that its functions run in", true},
		{"externalId", p.ExternalID, "the external id that it was deployed with", p.Roles}, // only the roles require it
	} {
		if required.needed && required.value == "" {
			faults = append(faults, Fault{required.property, "not set; a member's stack needs " + required.what})
		}
	}
	return faults
}

// member is a member account's stack under construction.
type member struct {
	awscdk.Stack
	props MemberProps
}

// NewMember makes the stack of a member account: a role for each of the installation's
// functions, and the rules that forward events to its bus.
func NewMember(scope constructs.Construct, p MemberProps) awscdk.Stack {
	s := &member{props: p, Stack: newStack(scope, p.Name+"-member", Props{Name: p.Name, Governance: p.Governance},
		false, "lets sgkeeper of another account keep security groups of this one")}
	if p.Release {
		s.addParameters()
	}
	if p.Roles {
		s.addRoles()
	}
	s.addForwarding()
	return s.Stack
}

func (s *member) addRoles() {
	partition, account := *s.Partition(), *s.Account()
	ensure := s.newRole("member", "ensure")
	allow(ensure, describing(ensureReads...), writing(partition, account, s.props.ManagedTag))
	if s.props.Instances {
		allow(ensure, allowed{sid: "DescribeInstances", actions: instanceReads, resources: []*string{jsii.String("*")}})
	}
	if s.props.TagRules {
		identity := s.props.Identity
		if identity == "" {
			identity = s.props.Account + "/" + s.props.Region + "/*" // the table's name is not known here
		}
		for _, a := range tagging(partition, account, jsii.String(identity)) {
			a.conditions = like(a.conditions)
			allow(ensure, a)
		}
	}
	audit := s.newRole("member-audit", "audit")
	allow(audit, describing(auditReads...))
	if s.props.SecurityHub {
		allow(audit, importing(partition, account))
	}
	if s.props.Release {
		s.inHubRegion(ensure, audit)
	}
}

// like allows wildcards in the values of a condition.
func like(conditions map[string]any) map[string]any {
	conditions["StringLike"] = conditions["StringEquals"]
	delete(conditions, "StringEquals")
	return conditions
}

// newRole makes a role that one of the installation's roles may assume with the external id. A
// condition names that role. As a principal, it would have to exist before, and the trust
// would break when it is made again.
func (s *member) newRole(part, of string) awsiam.Role {
	principal := awsiam.NewAccountPrincipal(jsii.String(s.props.Account)).WithConditions(&map[string]any{
		"StringEquals": map[string]any{"sts:ExternalId": s.props.ExternalID},
		"ArnEquals":    map[string]any{"aws:PrincipalArn": s.assumer(of)},
	})
	return awsiam.NewRole(s.Stack, jsii.String("Role-"+part), &awsiam.RoleProps{
		RoleName:    jsii.String(s.props.Name + "-" + part),
		Description: jsii.String("what " + s.props.Name + "-" + of + " of account " + s.props.Account + " may do here"),
		AssumedBy:   principal,
	})
}

// assumer returns the ARN of the role of one of the installation's functions.
func (s *member) assumer(of string) string {
	return "arn:" + *s.Partition() + ":iam::" + s.props.Account + ":role/" + s.props.Name + "-" + of + "-" +
		s.props.Region
}

// addForwarding forwards to the installation's bus the events that it needs.
func (s *member) addForwarding() {
	patterns := make(map[string]*awsevents.EventPattern)
	if s.props.Changes {
		// In another Region of the installation's account, its own role makes the changes.
		patterns["changes"] = changes([]string{
			"arn:" + *s.Partition() + ":iam::" + *s.Account() + ":role/" + s.props.Name + "-member",
			s.assumer("ensure"),
		})
	}
	if s.props.Instances {
		patterns["instances"] = instances()
	}
	if len(patterns) == 0 {
		return
	}
	bus := jsii.String("arn:" + *s.Partition() + ":events:" + s.props.Region + ":" + s.props.Account + ":event-bus/" +
		s.props.Name)
	role := awsiam.NewRole(s.Stack, jsii.String("Role-ways"), &awsiam.RoleProps{
		RoleName:  jsii.String(s.props.Name + "-member-events-" + *s.Region()),
		AssumedBy: service("events.amazonaws.com").(awsiam.ServicePrincipal),
	})
	allow(role, allowed{sid: "Send", actions: []string{"events:PutEvents"}, resources: []*string{bus}})
	dead := s.newDeadQueue()
	var rules []*string
	for _, part := range slices.Sorted(maps.Keys(patterns)) {
		rules = append(rules, s.addForwardingRule(part, patterns[part], bus, role, dead).RuleArn())
	}
	admit(dead, rules)
}

// newDeadQueue makes the queue of events that EventBridge could not deliver to the installation's
// bus within a day, for example because the bus's policy denies them.
func (s *member) newDeadQueue() awssqs.Queue {
	queue := awssqs.NewQueue(s.Stack, jsii.String("Queue-dead"), &awssqs.QueueProps{
		QueueName: jsii.String(s.props.Name + "-member-dead"), RetentionPeriod: awscdk.Duration_Days(jsii.Number(14)),
		EnforceSSL: jsii.Bool(true), Encryption: awssqs.QueueEncryption_SQS_MANAGED,
	})
	queue.ApplyRemovalPolicy(awscdk.RemovalPolicy_DESTROY)
	return queue
}

func (s *member) addForwardingRule(part string, pattern *awsevents.EventPattern, bus *string, role awsiam.Role,
	dead awssqs.Queue) awsevents.Rule {
	rule := awsevents.NewRule(s.Stack, jsii.String("Rule-"+part), &awsevents.RuleProps{
		RuleName:     jsii.String(s.props.Name + "-member-" + part),
		Description:  jsii.String(part + " that sgkeeper of account " + s.props.Account + " wants to know of"),
		EventPattern: pattern,
	})
	rule.Node().DefaultChild().(awsevents.CfnRule).SetTargets(&[]any{&awsevents.CfnRule_TargetProperty{
		Id: jsii.String("bus"), Arn: bus, RoleArn: role.RoleArn(),
		DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: dead.QueueArn()},
	}})
	rule.Node().AddDependency(policyOf(role))
	return rule
}
