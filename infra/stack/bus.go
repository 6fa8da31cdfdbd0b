package stack

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/jsii-runtime-go"

	"github.com/sgkeeper/sgkeeper/events"
)

// addBus makes the bus on which launchers publish launches.
func (s *installation) addBus() {
	s.bus = awsevents.NewEventBus(s.Stack, jsii.String("Bus"), &awsevents.EventBusProps{
		EventBusName: jsii.String(s.Name),
		Description:  jsii.String("launches in, outcomes out"),
		KmsKey:       s.key,
	})
	here := place{*s.Partition(), *s.Region(), *s.Account()}
	s.bus.Node().DefaultChild().(awsevents.CfnEventBus).SetPolicy(s.busPolicy(here))
	if s.Archive > 0 {
		archive := s.bus.Archive(jsii.String("Archive"), &awsevents.BaseArchiveProps{
			ArchiveName:  s.named("launches"),
			Description:  jsii.String("launches, to be replayed after the table was restored"),
			EventPattern: &awsevents.EventPattern{DetailType: jsii.Strings(events.LaunchRequested, events.LaunchEnded)},
			Retention:    awscdk.Duration_Days(jsii.Number(s.Archive)),
		})
		if s.key != nil { // the bus's key does not encrypt its archive
			archive.Node().DefaultChild().(awsevents.CfnArchive).SetKmsKeyIdentifier(s.key.KeyArn())
		}
	}
}

// place is an account and a Region.
type place struct{ partition, region, account string }

func (p place) role(name string) string {
	return "arn:" + p.partition + ":iam::" + p.account + ":role/" + name
}

// busPolicy is the bus's policy. A principal of the installation's account needs no statement
// here, because its own policies allow the call. So all statements but the first deny. IAM
// evaluates them for each entry of a PutEvents call.
//
// A condition on aws:PrincipalArn exempts roles. The key is the role's ARN in each of its
// sessions. A negated condition also holds if the request lacks the key.
func (p Props) busPolicy(at place) map[string]any {
	bus := "arn:" + at.partition + ":events:" + at.region + ":" + at.account + ":event-bus/" + p.Name
	var statements []any
	state := func(sid, effect string, principal any, condition map[string]any) {
		s := map[string]any{"Sid": sid, "Effect": effect, "Principal": principal, "Action": "events:PutEvents",
			"Resource": bus}
		if condition != nil {
			s["Condition"] = condition
		}
		statements = append(statements, s)
	}
	deny := func(sid string, condition map[string]any) { state(sid, "Deny", "*", condition) }

	switch { // each member's policies choose its principals
	case p.Members.Organization != "":
		state("Members", "Allow", "*",
			map[string]any{"StringEquals": map[string]any{"aws:PrincipalOrgID": p.Members.Organization}})
	case len(p.Members.Accounts) > 0:
		var roots []string
		for _, account := range p.Members.Accounts {
			roots = append(roots, "arn:"+at.partition+":iam::"+account+":root")
		}
		state("Members", "Allow", map[string]any{"AWS": roots}, nil)
	}
	deny("Outcomes", map[string]any{
		"StringEquals": map[string]any{"events:source": events.Source},
		"ArnNotEquals": map[string]any{"aws:PrincipalArn": []string{
			at.role(p.Name + "-ensure-" + at.region), at.role(p.Name + "-audit-" + at.region),
		}},
	})
	var roles, sources []string
	for i, publisher := range p.Publishers {
		if len(publisher.Sources) > 0 {
			deny(fmt.Sprintf("Publisher%d", i), publisher.others(at))
		}
		roles, sources = append(roles, publisher.Roles...), append(sources, publisher.Sources...)
	}
	if len(roles) > 0 { // other publishers' sources are denied above
		deny("Sources", map[string]any{
			"ArnEquals":     map[string]any{"aws:PrincipalArn": roles},
			"StringNotLike": map[string]any{"events:source": sources},
		})
	}
	if len(sources) > 0 {
		deny("DetailTypes", map[string]any{
			"StringLike": map[string]any{"events:source": sources},
			"StringNotEquals": map[string]any{"events:detail-type": []string{events.LaunchRequested,
				events.LaunchEnded}},
		})
	}
	return map[string]any{"Version": "2012-10-17", "Statement": statements}
}

// others is the condition that a principal other than the publisher uses its sources.
func (p Publisher) others(at place) map[string]any {
	condition := map[string]any{"StringLike": map[string]any{"events:source": p.Sources}}
	switch {
	case len(p.Roles) > 0:
		condition["ArnNotEquals"] = map[string]any{"aws:PrincipalArn": p.Roles}
	case len(p.Accounts) > 0:
		condition["StringNotEquals"] = map[string]any{"aws:PrincipalAccount": p.Accounts}
	default:
		condition["StringNotEquals"] = map[string]any{"aws:PrincipalAccount": []string{at.account}}
	}
	return condition
}

// policyCharacters is the maximum size of a bus's policy in characters (EventBridge quotas,
// "Event bus policy size").
const policyCharacters = 10_240

// checkPolicySize returns a fault if EventBridge would reject the bus's policy as too large.
func (p Props) checkPolicySize() []Fault {
	text, err := json.Marshal(p.busPolicy(place{pseudo["AWS::Partition"], pseudo["AWS::Region"],
		pseudo["AWS::AccountId"]}))
	if err != nil || len(text) <= policyCharacters {
		return nil
	}
	property, remedy := "publishers", "Name fewer roles or sources, or use patterns of sources"
	if p.Members.Organization == "" && len(p.Members.Accounts) > len(p.Publishers) {
		property, remedy = "memberAccounts", listedRemedy
	}
	problem := fmt.Sprintf("%d publishers and %d member accounts make a policy of the bus of %d characters: "+
		"want at most %d (EventBridge quotas). "+
		"%s", len(p.Publishers), len(p.Members.Accounts), len(text), policyCharacters, remedy)
	return []Fault{{property, problem}}
}
