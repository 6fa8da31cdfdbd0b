package ec2sg_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"

	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func TestErrorMeanings(t *testing.T) {
	rows := map[string]error{
		"InvalidPermission.Duplicate":         ensure.ErrDuplicate,
		"InvalidGroup.NotFound":               ensure.ErrGroupNotFound,
		"InvalidSecurityGroupRuleId.NotFound": ensure.ErrRuleNotFound,
		"InvalidPermission.NotFound":          ensure.ErrRuleNotFound,
		"UnauthorizedOperation":               ensure.ErrDenied,
		"TagPolicyViolation":                  ensure.ErrDenied,
		"RulesPerSecurityGroupLimitExceeded":  ensure.ErrFull,
		"InvalidPermission.Malformed":         ensure.ErrInvalid,
		"InvalidGroupId.Malformed":            ensure.ErrInvalid,
		"InvalidPrefixListID.NotFound":        ensure.ErrInvalid,
		"InvalidParameterValue":               ensure.ErrInvalid,
		"MissingParameter":                    ensure.ErrInvalid,

		"RequestLimitExceeded": ensure.ErrThrottled,
		"Throttling":           ensure.ErrThrottled,

		"ConcurrentTagAccess": nil, // may succeed later
		"InternalError":       nil, // may have had an effect
		"Unavailable":         nil,
		"AuthFailure":         nil, // credentials that are not ready yet
		"OptInRequired":       nil,
		"RequestExpired":      nil,

		"InvalidGroup.Odd":           ensure.ErrRejected, // a part of the code is no match
		"InvalidNovelty.Unsupported": ensure.ErrRejected,
		"OperationNotPermitted":      ensure.ErrRejected,
	}
	for code, want := range rows {
		account := newAccount()
		account.Inject(func(fakeaws.Op) (bool, error) {
			status := http.StatusBadRequest
			if code == "InternalError" || code == "Unavailable" {
				status = http.StatusServiceUnavailable
			}
			return false, &fakeaws.Error{Code: code, Message: "the specified rule already exists; " +
				"InvalidParameterValue", Status: status}
		})
		_, err := open(account, 1).Authorize(t.Context(), group, entriesOf("tcp 8000 from 10.0.0.0/8"))
		wantMeaning(t, code, err, want, code)
		if !strings.HasPrefix(err.Error(), "authorize "+group.String()+": ") {
			t.Errorf("error %q; want the call and the group first", err)
		}
	}
}

// TestThrottledOnce: a throttled write fails at once. A throttled read is tried again.
func TestThrottledOnce(t *testing.T) {
	account := newAccount()
	attempts := 0
	account.Inject(func(fakeaws.Op) (bool, error) {
		attempts++
		return false, &fakeaws.Error{Code: "RequestLimitExceeded", Status: http.StatusServiceUnavailable}
	})
	groups := open(account, 3)
	rules := entriesOf("tcp 8000 from 10.0.0.0/8")
	rules[0].ID = "sgr-0aaaaaaaaaaaaaaaa"
	for _, row := range []struct {
		name string
		call func() error
		want int
	}{
		{"Authorize", func() error { _, err := groups.Authorize(t.Context(), group, rules); return err }, 1},
		{"Revoke", func() error { return groups.Revoke(t.Context(), group, rules) }, 1},
		{"Rules", func() error { _, err := groups.Rules(t.Context(), group); return err }, 3},
	} {
		attempts = 0
		if err := row.call(); err == nil || attempts != row.want {
			t.Errorf("%s: %v after %d attempts, want %d", row.name, err, attempts, row.want)
		}
	}
}

func TestBrokenConnection(t *testing.T) {
	account := newAccount()
	account.Inject(func(fakeaws.Op) (bool, error) { return true, io.ErrUnexpectedEOF })
	_, err := open(account, 1).Authorize(t.Context(), group, entriesOf("tcp 8000 from 10.0.0.0/8"))
	wantMeaning(t, "Authorize", err, nil, "")
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Authorize: %v; want the cause within reach", err)
	}
}

// TestLostAttempt: EC2 denies the SDK's second attempt. If the reply of the first was lost, EC2
// may have applied that one, and the error is uncertain. If EC2 throttled the first, it is not.
func TestLostAttempt(t *testing.T) {
	denied := &fakeaws.Error{Code: "UnauthorizedOperation", Status: 403}
	first := map[string]struct {
		applied   bool
		err       error
		uncertain bool
	}{
		"lost":   {true, io.ErrUnexpectedEOF, true},
		"failed": {true, &fakeaws.Error{Code: "InternalError", Status: 500}, true},
		"denied": {false, denied, false},
	}
	for name, f := range first {
		account := newAccount()
		attempts := 0
		account.Inject(func(fakeaws.Op) (bool, error) {
			if attempts++; attempts == 1 {
				return f.applied, f.err
			}
			return false, denied
		})
		groups := open(account, 2)
		rules := entriesOf("tcp 8000 from 10.0.0.0/8")
		_, err := groups.Authorize(t.Context(), group, rules)
		attempts = 0
		rules[0].ID = "sgr-0aaaaaaaaaaaaaaaa"
		for call, err := range map[string]error{"Authorize": err, "Revoke": groups.Revoke(t.Context(), group, rules)} {
			if !errors.Is(err, ensure.ErrDenied) || errors.Is(err, ensure.ErrUncertain) != f.uncertain {
				t.Errorf("%s, first attempt %s: %v; want denied, uncertain %v", call, name, err, f.uncertain)
			}
		}
	}
}

func wantMeaningOf(t *testing.T, g claim.Group, err, want error, wantCode string) {
	t.Helper()
	e, ok := errors.AsType[smithy.APIError](err)
	if !errors.Is(err, want) || !ok || e.ErrorCode() != wantCode ||
		!strings.HasPrefix(err.Error(), "describe "+g.String()) {
		t.Errorf("Rules of %s: %v; want %v, code %s", g, err, want, wantCode)
	}
}

// TestDenied: the error names the permission that a call lacks.
func TestDenied(t *testing.T) {
	account := newAccount()
	account.Deny("ec2:*")
	groups := open(account, 1)
	calls := map[string]func() error{
		"ec2:DescribeSecurityGroupRules": func() error { _, err := groups.Rules(t.Context(), group); return err },
		"ec2:DescribeSecurityGroups":     func() error { _, err := groups.Facts(t.Context(), group); return err },
		"ec2:DescribeInstances": func() error {
			_, err := groups.Instances(t.Context(), owner, "us-east-1", []string{"i-0aaaaaaaaaaaaaaaa"})
			return err
		},
	}
	for action, call := range calls {
		err := call()
		denied, ok := errors.AsType[*ensure.DeniedError](err)
		if !ok || denied.Action != action || denied.Role != "" || !errors.Is(err, ensure.ErrDenied) {
			t.Errorf("%v, want %s denied", err, action)
		}
	}
}

// roleless is a member's EC2 client with a role that cannot be assumed.
type roleless struct{ err error }

func (r roleless) Retrieve(context.Context) (aws.Credentials, error) { return aws.Credentials{}, r.err }

type roleError struct{ error }

func (roleError) RoleARN() string { return "arn:aws:iam::222233334444:role/sgkeeper-member" }

func (e roleError) Unwrap() error { return e.error }

// TestRoleCannotBeAssumed: a denied role has a meaning, and a failure of STS has none. No code
// of STS has the meaning of the same code of EC2.
func TestRoleCannotBeAssumed(t *testing.T) {
	for code, want := range map[string]error{
		"AccessDenied": ensure.ErrDenied, "Throttling": nil, "RegionDisabledException": nil,
		"InvalidParameterValue": nil,
	} {
		failed := roleError{&smithy.OperationError{ServiceID: "STS", OperationName: "AssumeRole",
			Err: &smithy.GenericAPIError{Code: code}}}
		groups := ec2sg.New(ec2.NewFromConfig(aws.Config{Region: "us-east-1", HTTPClient: newAccount(),
			Credentials: roleless{failed}, RetryMaxAttempts: 1}))
		_, read := groups.Rules(t.Context(), group)
		_, write := groups.Authorize(t.Context(), group, entriesOf("tcp 8000 from 10.0.0.0/8"))
		for _, err := range []error{read, write} {
			wantMeaning(t, "a role that cannot be assumed", err, want, code)
			if want == nil {
				continue
			}
			denied, ok := errors.AsType[*ensure.DeniedError](err)
			if !ok || denied.Action != "sts:AssumeRole" || denied.Role != failed.RoleARN() {
				t.Errorf("%v is %+v, want the role named", err, denied)
			}
		}
	}
}
