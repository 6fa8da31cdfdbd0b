package fakeaws

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Bounds of a session's duration, and its default, in seconds.
const (
	minSession     = 900
	maxSession     = 43200
	defaultSession = 3600
)

type assumedRole struct {
	XMLName   xml.Name  `xml:"https://sts.amazonaws.com/doc/2011-06-15/ AssumeRoleResponse"`
	ARN       string    `xml:"AssumeRoleResult>AssumedRoleUser>Arn"`
	UserID    string    `xml:"AssumeRoleResult>AssumedRoleUser>AssumedRoleId"`
	AccessKey string    `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
	Secret    string    `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
	Token     string    `xml:"AssumeRoleResult>Credentials>SessionToken"`
	Expires   time.Time `xml:"AssumeRoleResult>Credentials>Expiration"`
	RequestID string    `xml:"ResponseMetadata>RequestId"`
}

// assumeRole returns a session of a role that trusts the calling account. The same error
// answers an absent role and an untrusted caller.
func (c *Cloud) assumeRole(caller string, from string, op Op, requestID string) ([]byte, error) {
	name, arn := op.Form.Get("RoleSessionName"), op.Form.Get("RoleArn")
	duration, err := sessionDuration(op.Form.Get("DurationSeconds"))
	if err != nil {
		return nil, err
	}
	if name == "" || arn == "" {
		return nil, &Error{Code: "ValidationError", Message: "RoleArn and RoleSessionName must not be empty",
			Status: http.StatusBadRequest}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	role, ok := c.roles[arn]
	if !ok || role.Trusts != from || role.ExternalID != op.Form.Get("ExternalId") {
		return nil, &Error{Code: "AccessDenied", Message: fmt.Sprintf("User: %s is not authorized to perform: "+
			"sts:AssumeRole on resource: %s", caller, arn), Status: http.StatusForbidden}
	}
	c.issued++
	key := fmt.Sprintf("ASIASGKEEPER%08d", c.issued)
	s := session{role, name, time.Now().Add(duration)}
	c.sessions[key] = s
	return xml.Marshal(assumedRole{
		ARN: s.arn(), UserID: "AROASGKEEPER000000000:" + name, AccessKey: key, Secret: "secret of " + key,
		Token: "token of " + key, Expires: s.expires.UTC(), RequestID: requestID,
	})
}

func sessionDuration(text string) (time.Duration, error) {
	if text == "" {
		return defaultSession * time.Second, nil
	}
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < minSession || seconds > maxSession {
		return 0, &Error{Code: "ValidationError", Message: fmt.Sprintf("DurationSeconds must be from %d to %d",
			minSession, maxSession), Status: http.StatusBadRequest}
	}
	return time.Duration(seconds) * time.Second, nil
}

// expiredCodes maps a service to its code for expired credentials.
var expiredCodes = map[string]string{"ec2": "RequestExpired", "sts": "ExpiredToken"}

// expired returns an error if the request's session has expired.
func expired(ctx context.Context, op Op) error {
	s, ok := sessionOf(ctx)
	if !ok || time.Now().Before(s.expires) {
		return nil
	}
	code := expiredCodes[op.Service]
	if code == "" {
		code = "ExpiredTokenException"
	}
	return &Error{Code: code, Message: "The security token included in the request is expired",
		Status: http.StatusBadRequest}
}
