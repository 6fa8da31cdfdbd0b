package ec2sg

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// meanings maps EC2's error codes to their meanings. With another code, the call may have had
// an effect, or may succeed later. Examples are throttling and failures inside AWS.
var meanings = map[string]error{
	"InvalidPermission.Duplicate": ensure.ErrDuplicate,

	"InvalidGroup.NotFound": ensure.ErrGroupNotFound, // or a peer's

	"InvalidSecurityGroupRuleId.NotFound": ensure.ErrRuleNotFound,
	"InvalidPermission.NotFound":          ensure.ErrRuleNotFound, // documented for a revoke by ids or by properties

	"UnauthorizedOperation": ensure.ErrDenied,
	"AccessDenied":          ensure.ErrDenied, // STS denies a member's role
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

// transient holds client errors that do not concern the rules of a call. The same call may
// succeed later. The SDK's retryer handles the codes of throttling.
var transient = map[string]bool{
	"AuthFailure":                 true, // credentials that are not valid everywhere yet
	"Blocked":                     true, // the account, by AWS
	"ConcurrentTagAccess":         true,
	"ExpiredToken":                true,
	"IncompleteSignature":         true,
	"IncorrectState":              true,
	"InvalidClientTokenId":        true,
	"MissingAuthenticationToken":  true,
	"OptInRequired":               true, // the account has not signed up for EC2
	"PendingVerification":         true, // of the account, by AWS
	"RequestExpired":              true, // the function's clock, or its session
	"SignatureDoesNotMatch":       true,
	"UnrecognizedClientException": true,
}

// wrap adds the call, the group and the meaning to an AWS error, which errors.As still finds.
func wrap(call string, group claim.Group, err error) error {
	return wrapAs(call, group, meaningOf(err), err)
}

// wrapWrite is wrap for a call that writes rules. If EC2 throttles the call, the meaning is
// [ensure.ErrThrottled]. If EC2 rejects it with an unknown code, it is [ensure.ErrRejected].
func wrapWrite(call string, group claim.Group, err error) error {
	meaning := meaningOf(err)
	switch {
	case meaning != nil:
	case isThrottle(err) && innermost(err).ServiceID == ec2.ServiceID:
		meaning = ensure.ErrThrottled
	case rejects(err):
		meaning = ensure.ErrRejected
	}
	return wrapAs(call, group, meaning, err)
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

// meaningOf returns the meaning of an error, or nil. The EC2 client calls STS for a member's
// role; of STS's errors, only a denial has a meaning.
func meaningOf(err error) error {
	meaning := meanings[code(err)]
	op := innermost(err)
	switch {
	case meaning == ensure.ErrDenied && op != nil:
		return &ensure.DeniedError{Action: strings.ToLower(op.ServiceID) + ":" + op.OperationName, Role: roleOf(err)}
	case op != nil && op.ServiceID != ec2.ServiceID:
		return nil
	}
	return meaning
}

// innermost returns the operation that failed. For example, an EC2 call for a member may fail
// because the client could not assume the role.
func innermost(err error) *smithy.OperationError {
	op, found := errors.AsType[*smithy.OperationError](err)
	if !found {
		return nil
	}
	if inner := innermost(op.Err); inner != nil {
		return inner
	}
	return op
}

// roleOf returns the ARN of the role that STS denied, or "".
func roleOf(err error) string {
	type roleError interface {
		error
		RoleARN() string
	}
	if e, ok := errors.AsType[roleError](err); ok {
		return e.RoleARN()
	}
	return ""
}

// rejects reports whether EC2 rejects a call with a code that may be permanent.
func rejects(err error) bool {
	op := innermost(err)
	return op != nil && op.ServiceID == ec2.ServiceID && isClientError(err) && !isThrottle(err) && !transient[code(err)]
}

// isThrottle reports whether AWS throttled a call. The status may be 400 or 503.
func isThrottle(err error) bool {
	_, throttled := retry.DefaultThrottleErrorCodes[code(err)]
	return throttled
}

// isClientError reports whether an error is a reply with a code and a status of 4xx, and not
// a timeout inside AWS.
func isClientError(err error) bool {
	type response interface {
		error
		HTTPStatusCode() int
	}
	r, answered := errors.AsType[response](err)
	_, timeout := retry.DefaultRetryableErrorCodes[code(err)]
	return answered && code(err) != "" && !timeout && r.HTTPStatusCode() >= 400 && r.HTTPStatusCode() < 500
}

// isNoGroup reports whether a read failed because the group does not or cannot exist.
func isNoGroup(err error) bool {
	c := code(err)
	return c == "InvalidGroup.NotFound" || c == "InvalidGroupId.Malformed"
}

// code returns the code of an AWS error, or "" for another error.
func code(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return ""
}
