package ec2sg

import (
	"errors"
	"fmt"

	"github.com/aws/smithy-go"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// meanings of EC2's error codes, which are all that its errors can be told
// apart by. Whatever is not named here may have had an effect, or may succeed
// later: throttling, failures inside AWS, broken connections,
// ConcurrentTagAccess, AuthFailure.
var meanings = map[string]error{
	"InvalidPermission.Duplicate": ensure.ErrDuplicate,

	"InvalidGroup.NotFound": ensure.ErrGroupNotFound, // or a peer's

	"InvalidSecurityGroupRuleId.NotFound": ensure.ErrRuleNotFound,
	"InvalidPermission.NotFound":          ensure.ErrRuleNotFound, // documented for a revoke, by ids as by properties

	"UnauthorizedOperation": ensure.ErrDenied,
	"TagPolicyViolation":    ensure.ErrDenied,

	"RulesPerSecurityGroupLimitExceeded": ensure.ErrFull,
	"InvalidPermission.Malformed":        ensure.ErrInvalid,
	"InvalidGroupId.Malformed":           ensure.ErrInvalid, // a peer's, most likely
	"InvalidPrefixListID.NotFound":       ensure.ErrInvalid,
	"InvalidPrefixListId.Malformed":      ensure.ErrInvalid,
	"InvalidParameterValue":              ensure.ErrInvalid,
	"InvalidParameterCombination":        ensure.ErrInvalid,
	"InvalidParameter":                   ensure.ErrInvalid,
	"MissingParameter":                   ensure.ErrInvalid,
}

// wrap says which call failed, on which group, and with what meaning; the AWS
// error stays within reach.
func wrap(call string, group claim.Group, err error) error {
	return wrapAs(call, group, meanings[code(err)], err)
}

func wrapAs(call string, group claim.Group, meaning, err error) error {
	switch {
	case meaning == nil:
		return fmt.Errorf("%s %s: %w", call, group, err)
	case err == nil:
		return fmt.Errorf("%s %s: %w", call, group, meaning)
	}
	return fmt.Errorf("%s %s: %w: %w", call, group, meaning, err)
}

// isNoGroup reports whether EC2 says that the group a read is about does not
// exist, or cannot.
func isNoGroup(err error) bool {
	c := code(err)
	return c == "InvalidGroup.NotFound" || c == "InvalidGroupId.Malformed"
}

// code is the code of an AWS error, "" of any other.
func code(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return ""
}
