package ec2sg_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
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
		"RulesPerSecurityGroupLimitExceeded":  ensure.ErrInvalid,
		"InvalidPermission.Malformed":         ensure.ErrInvalid,
		"InvalidGroupId.Malformed":            ensure.ErrInvalid,
		"InvalidPrefixListID.NotFound":        ensure.ErrInvalid,
		"InvalidParameterValue":               ensure.ErrInvalid,
		"MissingParameter":                    ensure.ErrInvalid,

		"RequestLimitExceeded": nil, // may succeed later
		"ConcurrentTagAccess":  nil,
		"InternalError":        nil, // may have had an effect
		"Unavailable":          nil,
		"AuthFailure":          nil, // credentials that are not ready yet
		"InvalidGroup.Odd":     nil, // never by a part of the code
		"DryRunOperation":      nil,
	}
	for code, want := range rows {
		account := newAccount()
		account.Inject(func(fakeaws.Op) (bool, error) {
			return false, &fakeaws.Error{Code: code, Message: "the specified rule already exists; InvalidParameterValue"}
		})
		_, err := open(account, 1).Authorize(t.Context(), group, entriesOf("tcp 8000 from 10.0.0.0/8"))
		wantMeaning(t, code, err, want, code)
		if !strings.HasPrefix(err.Error(), "authorize "+group.String()+": ") {
			t.Errorf("error %q; want the call and the group first", err)
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

func wantMeaningOf(t *testing.T, g claim.Group, err, want error, wantCode string) {
	t.Helper()
	e, ok := errors.AsType[smithy.APIError](err)
	if !errors.Is(err, want) || !ok || e.ErrorCode() != wantCode || !strings.HasPrefix(err.Error(), "describe "+g.String()) {
		t.Errorf("Rules of %s: %v; want %v, code %s", g, err, want, wantCode)
	}
}
