package fakeaws

import (
	"context"
	"encoding/xml"
	"fmt"
)

// userARN returns the ARN of a caller without a session. It is always the same user.
func (a *Account) userARN() string { return fmt.Sprintf("arn:aws:iam::%s:user/sgkeeper", a.opts.ID) }

type callerIdentity struct {
	XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ GetCallerIdentityResponse"`
	ARN       string   `xml:"GetCallerIdentityResult>Arn"`
	UserID    string   `xml:"GetCallerIdentityResult>UserId"`
	Account   string   `xml:"GetCallerIdentityResult>Account"`
	RequestID string   `xml:"ResponseMetadata>RequestId"`
}

func (a *Account) callerARN(ctx context.Context) string {
	if s, ok := sessionOf(ctx); ok {
		return s.arn()
	}
	return a.userARN()
}

func (a *Account) callSTS(ctx context.Context, op Op, requestID string) ([]byte, error) {
	switch {
	case op.Name == "GetCallerIdentity":
		return xml.Marshal(callerIdentity{
			ARN: a.callerARN(ctx), UserID: "AIDASGKEEPER000000000", Account: a.opts.ID, RequestID: requestID,
		})
	case op.Name == "AssumeRole" && a.roles != nil:
		return a.roles.assumeRole(a.callerARN(ctx), a.opts.ID, op, requestID)
	}
	return nil, &Error{Code: "InvalidAction", Message: "Could not find operation " + op.Name +
		": the embedded account's STS does not have it."}
}
