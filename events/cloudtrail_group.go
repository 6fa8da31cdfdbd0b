package events

import (
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// groupIn finds which group a call changed. Its id stands among the parameters,
// in camel or, wrapped once more, in Pascal case; or where the call named the
// group, among the rules in the answer. Else there is its name at most.
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

// unwrapped is the one object in an object of a single member such as
// ModifySecurityGroupRulesRequest.
func unwrapped(v value) value {
	if len(v.members) == 1 && v.members[0].value.kind == object &&
		(strings.HasSuffix(v.members[0].key, "Request") || strings.HasSuffix(v.members[0].key, "Response")) {
		return v.members[0].value
	}
	return v
}

// folded is the text of the member of that key, whatever its case.
func folded(v value, key string) string {
	for _, m := range v.members {
		if strings.EqualFold(m.key, key) && m.value.kind == text {
			return m.value.text
		}
	}
	return ""
}

// inRules is the group of the rules that a call answered with: in items, or a
// list, or a rule by itself.
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

// maxActor is how much of an identity is kept: an ARN is shorter.
const maxActor = 2048

// actorOf returns who called, by the best name that the identity has, and the
// role whose session it was.
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

// visible is s without what is not printable, and not longer than any identity.
func visible(s string) string {
	s = strings.Map(printable, s)
	return strings.ToValidUTF8(s[:min(len(s), maxActor)], "")
}
