package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"
)

// profiled are the credentials of a profile. If they cannot be retrieved, the error is a
// *credentialsError.
type profiled struct {
	aws.CredentialsProvider
	profile string // "" if none is chosen
}

// Retrieve implements aws.CredentialsProvider.
func (p profiled) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := p.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		err = &credentialsError{p.profile, err}
	}
	return c, err
}

// withProfile returns the configuration with the name of its profile in errors about credentials.
func withProfile(c aws.Config, profile string) aws.Config {
	if c.Credentials != nil && !aws.IsCredentialsProvider(c.Credentials, aws.AnonymousCredentials{}) {
		c.Credentials = profiled{c.Credentials, cmp.Or(profile, os.Getenv("AWS_PROFILE"))}
	}
	return c
}

// credentialsError says that there are no credentials, with the remedy.
type credentialsError struct {
	profile string
	err     error
}

// Unwrap returns the SDK's error.
func (e *credentialsError) Unwrap() error { return e.err }

// Error implements error.
func (e *credentialsError) Error() string {
	of, with := "", ""
	if e.profile != "" {
		of, with = " of the profile "+e.profile, " --profile "+e.profile
	}
	if _, ok := errors.AsType[*processcreds.ProviderError](e.err); ok {
		return fmt.Sprintf("the credential_process%s gave no AWS credentials: run its command to see why", of)
	}
	service := e.service()
	_, noToken := errors.AsType[*ssocreds.InvalidTokenError](e.err)
	text := e.err.Error()
	switch {
	case noToken, service == "SSO", service == "SSO OIDC", strings.Contains(text, "SSO token"):
		return fmt.Sprintf("the AWS SSO session%s has expired, or there is none: run aws sso login%s", of, with)
	case service == "Signin", strings.Contains(text, "login token"):
		return fmt.Sprintf("the AWS login session%s has expired, or there is none: run aws login%s", of, with)
	case service == "STS":
		remedy := "check that its role_arn exists and trusts your credentials"
		if reason := refusedCredentials(e.err); reason != "" {
			remedy = reason
		}
		return fmt.Sprintf("the role%s cannot be assumed: %s", of, remedy)
	case service == metadata:
		return "no AWS credentials: run aws sso login or aws configure, give --profile, or set AWS_PROFILE, " +
			"or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
	}
	return fmt.Sprintf("no AWS credentials%s: %s; check them with aws sts get-caller-identity%s", of,
		strings.TrimPrefix(text, "failed to refresh cached credentials, "), with)
}

// metadata is the id of the service that gives an EC2 instance the credentials of its role. The SDK
// asks it last.
const metadata = "ec2imds"

// service returns the service whose call failed; "" if there was no call.
func (e *credentialsError) service() string {
	service := ""
	for err := e.err; ; {
		call, ok := errors.AsType[*smithy.OperationError](err)
		if !ok {
			return service
		}
		service, err = call.ServiceID, call.Err
	}
}

// refusedCredentials returns why AWS does not accept credentials, with the remedy. It returns ""
// if the error is not about credentials.
func refusedCredentials(err error) string {
	failed, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return ""
	}
	switch failed.ErrorCode() {
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
		return "the AWS credentials have expired: run aws sso login or aws login, or set new ones"
	case "InvalidClientTokenId", "InvalidToken", "InvalidAccessKeyId", "UnrecognizedClientException", "AuthFailure":
		return "AWS does not accept the credentials: check the access key, --profile and AWS_PROFILE, and that " +
			"the account has enabled the Region"
	case "InvalidSignatureException", "SignatureDoesNotMatch", "RequestExpired", "RequestTimeTooSkewed":
		return "AWS does not accept the signature: check the secret access key and this machine's clock"
	}
	return ""
}
