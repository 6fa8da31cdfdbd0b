package ec2sg

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// sharedVPC answers as EC2 does in a VPC that two accounts share. Both have a group of the
// same name there.
type sharedVPC struct{}

func (sharedVPC) Do(*http.Request) (*http.Response, error) {
	const body = `<DescribeSecurityGroupsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><securityGroupInfo>
		<item><groupId>sg-0aaaaaaaaaaaaaaaa</groupId><groupName>web</groupName><ownerId>111122223333</ownerId></item>
		<item><groupId>sg-0bbbbbbbbbbbbbbbb</groupId><groupName>web</groupName><ownerId>444455556666</ownerId></item>
	</securityGroupInfo></DescribeSecurityGroupsResponse>`
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/xml"}},
		Body: io.NopCloser(bytes.NewBufferString(body))}, nil
}

func TestFindInSharedVPC(t *testing.T) {
	groups := New(ec2.NewFromConfig(aws.Config{Region: "us-east-1", Credentials: aws.AnonymousCredentials{},
		HTTPClient: sharedVPC{}}))
	for _, row := range []struct {
		account, want string
		err           error
	}{
		{"111122223333", "sg-0aaaaaaaaaaaaaaaa", nil},
		{"444455556666", "sg-0bbbbbbbbbbbbbbbb", nil},
		{"777788889999", "", ensure.ErrGroupNotFound},
		{"", "", ensure.ErrAmbiguous},
	} {
		id, err := groups.Find(t.Context(), claim.Group{Account: row.account, Region: "us-east-1"}, "web",
			"vpc-0d000000000000000")
		if id != row.want || !errors.Is(err, row.err) {
			t.Errorf("Find in account %q = %q, %v, want %q, %v", row.account, id, err, row.want, row.err)
		}
	}
}
