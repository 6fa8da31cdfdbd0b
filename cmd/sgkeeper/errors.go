package main

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"

	"github.com/aws/smithy-go"
)

// awsError replaces the SDK's long error by a short one with a remedy, for failures that every
// command may meet.
func awsError(err error) error {
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted")
	}
	without, none := errors.AsType[*credentialsError](err)
	if none && without.service() == metadata {
		return without // no source of credentials is configured, and this is no EC2 instance
	}
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("AWS cannot be reached at %s: %w; check the network, --endpoint-url and --region",
			failed.URL, failed.Err)
	}
	if none {
		return without
	}
	if reason := refusedCredentials(err); reason != "" {
		return errors.New(reason)
	}
	if brokenOff(err) {
		return fmt.Errorf("the connection broke off in the middle of an answer: %w; run the command again", err)
	}
	if unreadable(err) {
		return fmt.Errorf("the answer is not from AWS: %w; check --endpoint-url, AWS_ENDPOINT_URL and the proxy's "+
			"variables", err)
	}
	return err
}

// brokenOff reports whether the connection to AWS ended in the middle of an answer.
func brokenOff(err error) bool {
	_, call := errors.AsType[*smithy.OperationError](err)
	_, network := errors.AsType[net.Error](err)
	return call && (network || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed))
}

// unreadable reports whether an answer is neither JSON nor XML of AWS.
func unreadable(err error) bool {
	_, answer := errors.AsType[*smithy.DeserializationError](err)
	_, syntax := errors.AsType[*xml.SyntaxError](err)
	return answer || syntax
}
