package eventbridge

import (
	"fmt"
	"regexp"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

func invalid(format string, args ...any) error {
	return &api.Error{Code: "ValidationException", Message: fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return &api.Error{Code: "ResourceNotFoundException", Message: fmt.Sprintf(format, args...)}
}

func overLimit() error {
	return &api.Error{Code: "LimitExceededException",
		Message: "The requested resource exceeds the maximum number allowed."}
}

var nameChars = regexp.MustCompile(`^[.\-_A-Za-z0-9]+$`)

// checkName refuses a name as AWS does. member is the name's key in the request.
func checkName(name, member string, most int) error {
	constraint := ""
	switch {
	case !nameChars.MatchString(name):
		constraint = `Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+`
	case len(name) > most:
		constraint = fmt.Sprintf("Member must have length less than or equal to %d", most)
	default:
		return nil
	}
	return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", name, member,
		constraint)
}

func unmodelled(member string) error {
	return invalid("The embedded EventBridge does not model this member: %s.", member)
}
