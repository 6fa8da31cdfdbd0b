package fakeaws

import (
	"context"
	"encoding/xml"
	"fmt"
)

// The account is always called by the same user.
func (a *Account) userARN() string { return fmt.Sprintf("arn:aws:iam::%s:user/sgkeeper", a.opts.ID) }

type callerIdentity struct {
	XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ GetCallerIdentityResponse"`
	ARN       string   `xml:"GetCallerIdentityResult>Arn"`
	UserID    string   `xml:"GetCallerIdentityResult>UserId"`
	Account   string   `xml:"GetCallerIdentityResult>Account"`
	RequestID string   `xml:"ResponseMetadata>RequestId"`
}

func (a *Account) callSTS(_ context.Context, op Op, requestID string) ([]byte, error) {
	if op.Name != "GetCallerIdentity" {
		return nil, &Error{Code: "InvalidAction", Message: "Could not find operation " + op.Name + ": the embedded account's STS does not have it."}
	}
	return xml.Marshal(callerIdentity{
		ARN: a.userARN(), UserID: "AIDASGKEEPER000000000", Account: a.opts.ID, RequestID: requestID,
	})
}
