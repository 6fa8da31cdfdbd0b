package main

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"

	"github.com/aws/smithy-go"
)

// awsError replaces the SDK's long error by a short one with a remedy, for failures that every
// command may meet.
func awsError(err error) error {
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted")
	}
	if cause := noCredentials(err); cause != nil {
		return fmt.Errorf("no AWS credentials: give --profile, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "+
			"AWS_SECRET_ACCESS_KEY (the last source tried was the instance's role: %w)", cause)
	}
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("AWS cannot be reached at %s: %w; check the network, --endpoint-url and --region",
			failed.URL, failed.Err)
	}
	if unreadable(err) {
		return fmt.Errorf("the answer is not from AWS: %w; check --endpoint-url, AWS_ENDPOINT_URL and the proxy's "+
			"variables", err)
	}
	return err
}

// unreadable reports whether an answer is neither JSON nor XML of AWS.
func unreadable(err error) bool {
	_, answer := errors.AsType[*smithy.DeserializationError](err)
	_, syntax := errors.AsType[*xml.SyntaxError](err)
	return answer || syntax
}

// noCredentials returns the error of the SDK's last source of credentials, the metadata of an
// instance. It returns nil if there are credentials.
func noCredentials(err error) error {
	for {
		call, ok := errors.AsType[*smithy.OperationError](err)
		if !ok {
			return nil
		}
		if err = call.Err; call.ServiceID == "ec2imds" {
			return err
		}
	}
}
