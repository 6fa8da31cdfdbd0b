package ec2sg_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"

	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

var _ ensure.Groups = (*ec2sg.Groups)(nil)

const (
	groupID = "sg-0123456789abcdef0"
	peerID  = "sg-0aaaaaaaaaaaaaaaa"
	listID  = "pl-0bbbbbbbbbbbbbbbb"
	owner   = "111122223333"
)

var group = claim.Group{Account: owner, Region: "us-east-1", ID: groupID}

// newAccount makes an account with a group of the given rules, a peer and a prefix list.
func newAccount(rules ...fakeaws.Rule) *fakeaws.Account {
	account := fakeaws.New(fakeaws.Options{})
	account.AddPrefixList(fakeaws.PrefixList{ID: listID, Name: "offices", MaxEntries: 5})
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: peerID, NoEgress: true})
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: groupID, NoEgress: true, Rules: rules})
	return account
}

// open returns the account's groups, with a client that makes that number of attempts without
// a delay.
func open(account *fakeaws.Account, attempts int) *ec2sg.Groups {
	return ec2sg.New(ec2.NewFromConfig(aws.Config{
		Region: "us-east-1", HTTPClient: account, Credentials: credentials.NewStaticCredentialsProvider("test", "test",
			""),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts = attempts
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
	}))
}

func entry(rule, description string, tags map[string]string) secgroup.Entry {
	return secgroup.Entry{Rule: secgroup.MustParseRule(rule), Description: description, Tags: tags}
}

func entriesOf(rules ...string) []secgroup.Entry {
	entries := make([]secgroup.Entry, len(rules))
	for i, r := range rules {
		entries[i] = entry(r, "", nil)
	}
	return entries
}

var tags = map[string]string{"sgkeeper:installation": "prod", "sgkeeper:rule": "abcd"}

// meanings are all meanings of an error.
var meanings = []error{ensure.ErrDuplicate, ensure.ErrGroupNotFound, ensure.ErrDenied, ensure.ErrInvalid,
	ensure.ErrFull, ensure.ErrRejected}

// wantMeaning checks that err means want and nothing else, and that it wraps the AWS error.
func wantMeaning(t *testing.T, what string, err, want error, wantCode string) {
	t.Helper()
	for _, meaning := range meanings {
		if errors.Is(err, meaning) != (meaning == want) {
			t.Errorf("%s: %v; errors.Is %q: %v", what, err, meaning, errors.Is(err, meaning))
		}
	}
	code := ""
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		code = e.ErrorCode()
	}
	if err == nil || code != wantCode || !strings.Contains(err.Error(), group.String()) {
		t.Errorf("%s: %v; want code %q and the group named", what, err, wantCode)
	}
}
