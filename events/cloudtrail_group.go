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
	if name = folded(parameters, "groupName"); !IsGroupName(name) {
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
	for _, rule := range items(v) {
		if id := folded(rule, "groupId"); id != "" {
			return id
		}
	}
	return ""
}

// items returns the elements of a set: those of its member items, of a list, or the set itself,
// if it is a single element.
func items(set value) []value {
	if all, found := set.get("items"); found {
		set = all
	}
	if set.kind == list {
		return set.list
	}
	return []value{set}
}

// taggedIn returns the groups and the rules among the resources of a call that changes tags. It
// leaves out resources of other types.
func taggedIn(detail value) (groups, rules []string) {
	parameters, _ := detail.get("requestParameters")
	for _, m := range unwrapped(parameters).members {
		if !strings.EqualFold(m.key, "resourcesSet") {
			continue
		}
		for _, resource := range items(m.value) {
			switch id := folded(resource, "resourceId"); {
			case secgroup.IsGroupID(id):
				groups = append(groups, id)
			case secgroup.IsRuleID(id):
				rules = append(rules, id)
			}
		}
	}
	return groups, rules
}

// tagKeysIn returns the keys of the tags that a call changes.
func tagKeysIn(detail value) (keys []string) {
	parameters, _ := detail.get("requestParameters")
	for _, m := range unwrapped(parameters).members {
		if !strings.EqualFold(m.key, "tagSet") {
			continue
		}
		for _, tag := range items(m.value) {
			if key := folded(tag, "key"); key != "" {
				keys = append(keys, key)
			}
		}
	}
	return keys
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
