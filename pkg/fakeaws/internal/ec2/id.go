package ec2

import (
	"fmt"
	"regexp"
)

// id is the shape of a resource id: 8 hexadecimal digits of old, 17 today.
var id = regexp.MustCompile(`^(sg|sgr|pl|vpc|i)-([0-9a-f]{8}|[0-9a-f]{17})$`)

func isID(kind, text string) bool {
	m := id.FindStringSubmatch(text)
	return m != nil && m[1] == kind
}

// codes of an id that cannot be one, by the kind that was expected.
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
