package events

import (
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// groupIn returns the group that a call changed. The id is in the parameters, in camel case
// or, inside one more object, in Pascal case. If the call named the group, the id is in the
// rules of the response. If there is no id, groupIn returns the name, if any.
func groupIn(detail value) (id, name string) {
	parameters, _ := detail.get("requestParameters")
	response, _ := detail.get("responseElements")
	parameters, response = unwrapped(parameters), unwrapped(response)
	for _, id := range []string{folded(parameters, "groupId"), inRules(response), folded(response, "groupId")} {
		if secgroup.IsGroupID(id) {
			return id, ""
		}
	}
	if name = folded(parameters, "groupName"); !isGroupName(name) {
		return "", ""
	}
	return "", name
}

// unwrapped returns the only member of an object, if it is an object such as
// ModifySecurityGroupRulesRequest.
func unwrapped(v value) value {
	if len(v.members) == 1 && v.members[0].value.kind == object &&
		(strings.HasSuffix(v.members[0].key, "Request") || strings.HasSuffix(v.members[0].key, "Response")) {
		return v.members[0].value
	}
	return v
}

// folded returns the text of the member with that key, ignoring case.
func folded(v value, key string) string {
	for _, m := range v.members {
		if strings.EqualFold(m.key, key) && m.value.kind == text {
			return m.value.text
		}
	}
	return ""
}

// inRules returns the group in the rules of a response: in items, in a list, or in a single
// rule.
func inRules(response value) string {
	for _, m := range response.members {
		switch strings.ToLower(m.key) {
		case "securitygroupruleset", "revokedsecuritygroupruleset":
			return inRule(m.value)
		}
	}
	return ""
}

func inRule(v value) string {
	if items, found := v.get("items"); found {
		v = items
	}
	if v.kind != list {
		return folded(v, "groupId")
	}
	for _, rule := range v.list {
		if id := folded(rule, "groupId"); id != "" {
			return id
		}
	}
	return ""
}

// maxActor bounds an identity in bytes. An ARN is shorter.
const maxActor = 2048

// actorOf returns the caller, by the best name of the identity, and the role of the caller's
// session.
func actorOf(detail value) (actor, issuer string) {
	identity, _ := detail.get("userIdentity")
	session, _ := identity.get("sessionContext")
	of, _ := session.get("sessionIssuer")
	issuer = visible(of.word("arn"))
	for _, key := range []string{"arn", "invokedBy", "userName", "principalId", "accountId", "type"} {
		if actor = visible(identity.word(key)); actor != "" {
			return actor, issuer
		}
	}
	return "unknown", issuer
}

// visible returns at most maxActor bytes of s, without unprintable characters.
func visible(s string) string {
	s = strings.Map(printable, s)
	return strings.ToValidUTF8(s[:min(len(s), maxActor)], "")
}
