package events

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/awsid"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// CloudTrailType is the detail-type of API calls that CloudTrail recorded. They arrive on the
// account's default bus, if a trail is on.
const CloudTrailType = "AWS API Call via CloudTrail"

// CloudTrailSource is the source of such an event about a call to EC2. Only AWS can send events
// of a source that begins with aws. (PutEvents answers NotAuthorizedForSourceException).
const CloudTrailSource = "aws.ec2"

// Change is an API call that changed security groups, as CloudTrail recorded it. The event has
// only the call and the caller. The groups' rules and tags come from EC2.
type Change struct {
	Text    string // the event as it came
	EventID string // CloudTrail's id, or ""; the same event may come more than once
	Name    string // of the call, one of [GroupCalls]
	Actor   string // ARN of the caller, or another name of the identity
	Issuer  string // ARN of the role of the caller's session; "" if none
	At      time.Time
	Account string // the account of the groups
	Region  string

	Groups    []string // ids; a call that tags resources can name many
	GroupName string   // of the group, if the event does not have its id
	Rules     []string // ids of the rules whose tags the call changed

	// Touched and TouchedIDs are the rules that the parameters and the response contain, at most
	// 1000 of each. A caller may name a rule by either, so they need not be the same rules.
	Touched    []secgroup.Rule
	TouchedIDs []string
	TagKeys    []string // keys of the tags that the call changed; none: unknown, or all
}

// GroupCalls returns the calls that change a security group, its rules, or the tags of either.
func GroupCalls() []string {
	return []string{
		"AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress",
		"RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress",
		"ModifySecurityGroupRules",
		"UpdateSecurityGroupRuleDescriptionsIngress", "UpdateSecurityGroupRuleDescriptionsEgress",
		"DeleteSecurityGroup",
		"CreateTags", "DeleteTags",
	}
}

// tags reports whether a call changes tags. Such a call can name resources of every type.
func tags(call string) bool { return call == "CreateTags" || call == "DeleteTags" }

// event reads an event of CloudTrail, in any of the known forms.
func (m *AuditMessage) event(v value, written string) {
	var d detail
	detail, _ := v.get("detail")
	switch detailType := v.word("detail-type"); {
	case detailType != CloudTrailType:
		m.Ignored = "its detail-type is " + quote(detailType)
	case v.word("source") != CloudTrailSource:
		source, _ := v.get("source")
		m.Faults = claim.Faults{{Field: "/source", Problem: "found " + source.String() + ": want " +
			quote(CloudTrailSource) +
			", the source of EC2's calls in CloudTrail. Remove the rule or the program that sends this event"}}
	case detail.kind != object:
		m.Faults = eventFault("the detail is %s: want an object", detail)
	case detail.word("eventSource") != "ec2.amazonaws.com", !slices.Contains(GroupCalls(), detail.word("eventName")):
		m.Ignored = "the call is " + quote(detail.word("eventSource")+" "+detail.word("eventName"))
	case failed(detail) != "":
		m.Ignored = "the call failed: " + quote(failed(detail))
	default:
		c := d.change(v, detail)
		if tags(c.Name) && len(c.Groups)+len(c.Rules) == 0 {
			m.Ignored = "the call tags no security group and no rule"
			return
		}
		c.Text = written
		m.Changes = []Change{*c}
	}
	if faults := d.all(); faults != nil {
		m.Changes, m.Faults = nil, faults
	}
}

// failed returns the error code of a call, or "" if the call succeeded.
func failed(detail value) string {
	code, found := detail.get("errorCode")
	switch {
	case !found, code.kind == null, code.kind == text && code.text == "":
		return ""
	case code.kind == text:
		return code.text
	}
	return code.String()
}

func (d *detail) change(envelope, v value) *Change {
	c := &Change{EventID: eventID(v.word("eventID")), Name: v.word("eventName")}
	c.Actor, c.Issuer = actorOf(v)
	c.At, _ = instant(v.word("eventTime"))
	region, _ := v.get("awsRegion")
	c.Region = d.match(region, "/awsRegion", awsid.IsRegion, wantRegion)
	account := v.word("recipientAccountId")
	if account == "" {
		account = envelope.word("account")
	}
	if c.Account = account; !secgroup.IsAccount(account) {
		d.add("/recipientAccountId", "found %s: want %s", quote(account), wantAccount)
	} else if sender, found := envelope.get("account"); found && sender.text != account {
		d.add("/recipientAccountId",
			"found %s, and %s in the envelope: want the account of the envelope, as CloudTrail sends it",
			quote(account), sender)
	}
	if tags(c.Name) {
		c.Groups, c.Rules = taggedIn(v)
		c.TagKeys, c.TouchedIDs = tagKeysIn(v), c.Rules
		return c
	}
	c.Touched, c.TouchedIDs = rulesIn(v, c.Name)
	id, name := groupIn(v)
	if c.GroupName = name; id != "" {
		c.Groups = []string{id}
	}
	if id == "" && name == "" {
		d.add("/requestParameters", "absent, here and in /responseElements: want a group's id or name")
	}
	return c
}
