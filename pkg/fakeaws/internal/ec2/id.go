package ec2

import (
	"fmt"
	"regexp"
)

// id matches a resource id: 8 hexadecimal digits in older ids, 17 in current ones.
var id = regexp.MustCompile(`^(sg|sgr|pl|vpc|i)-([0-9a-f]{8}|[0-9a-f]{17})$`)

func isID(kind, text string) bool {
	m := id.FindStringSubmatch(text)
	return m != nil && m[1] == kind
}

// malformed maps a kind of resource to EC2's code for a malformed id.
var malformed = map[string]string{
	"sg":  "InvalidGroupId.Malformed",
	"sgr": "InvalidSecurityGroupRuleId.Malformed",
	"pl":  "InvalidPrefixListId.Malformed",
	"vpc": "InvalidVpcID.Malformed",
	"i":   "InvalidInstanceID.Malformed",
}

func checkID(kind, text string) error {
	if isID(kind, text) {
		return nil
	}
	return failf(malformed[kind], `Invalid id: "%s" (expecting "%s-...")`, text, kind)
}

func (s *Service) newID(kind string) string {
	return fmt.Sprintf("%s-0%016x", kind, s.ids.Uint64())
}
