package main

import (
	"errors"
	"testing"

	"github.com/aws/smithy-go"
)

// TestCredentialsErrors: the SDK's error of a service that gives credentials becomes a sentence
// with the remedy. Scripts test the sources that need no network.
func TestCredentialsErrors(t *testing.T) {
	code := func(code string) error { return &smithy.GenericAPIError{Code: code, Message: "the SDK's text"} }
	for _, test := range []struct {
		service, profile string
		err              error
		want             string
	}{
		{"STS", "role", code("AccessDenied"), "the role of the profile role cannot be assumed: " +
			"check that its role_arn exists and trusts your credentials"},
		{"STS", "", code("ExpiredToken"), "the role cannot be assumed: the AWS credentials have expired: " +
			"run aws sso login or aws login, or set new ones"},
		{"SSO", "work", code("UnauthorizedException"), "the AWS SSO session of the profile work has expired, " +
			"or there is none: run aws sso login --profile work"},
		{"SSO OIDC", "", code("InvalidGrantException"),
			"the AWS SSO session has expired, or there is none: run aws sso login"},
		{"Signin", "", code("AccessDeniedException"),
			"the AWS login session has expired, or there is none: run aws login"},
		{"other", "odd", errors.New("no luck"), "no AWS credentials of the profile odd: operation error other: Get, " +
			"no luck; check them with aws sts get-caller-identity --profile odd"},
	} {
		call := &smithy.OperationError{ServiceID: test.service, OperationName: "Get", Err: test.err}
		outer := &smithy.OperationError{ServiceID: "EC2", Err: &credentialsError{test.profile, call}}
		if got := awsError(outer).Error(); got != test.want {
			t.Errorf("%s: %q, want %q", test.service, got, test.want)
		}
	}
}
