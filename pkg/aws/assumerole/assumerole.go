// Package assumerole makes EC2 clients for the accounts and Regions of an installation. For a
// member account, a client assumes a role there with an external id. Callers decide which
// accounts are served before they request a client.
package assumerole

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sgkeeper/sgkeeper/pkg/core/awsid"
)

// Members are the accounts in which the installation assumes a role.
type Members struct {
	Has        func(account string) bool // reports whether an account is a member
	Role       string                    // the role's name, the same in each account
	ExternalID string                    // required by the role's trust policy
	Session    string                    // the session's name, which CloudTrail shows
}

// Clients holds one client for each account and Region, made when it is first needed. It is
// safe for concurrent use.
type Clients struct {
	config  aws.Config
	members Members
	options []func(*ec2.Options)
	sts     *sts.Client

	mu          sync.Mutex
	credentials map[string]aws.CredentialsProvider // by account
	clients     map[place]*ec2.Client
}

type place struct{ account, region string }

// New returns the clients of an installation. c has its own account and Region. Every client
// has the options.
func New(c aws.Config, m Members, options ...func(*ec2.Options)) *Clients {
	return &Clients{
		config: c, members: m, options: options,
		sts:         sts.NewFromConfig(c),
		credentials: make(map[string]aws.CredentialsProvider),
		clients:     make(map[place]*ec2.Client),
	}
}

// EC2 returns the client for an account's groups in a Region. An account that is not a member
// is the installation's own. The client itself assumes the role, and renews the session in
// time, so EC2 never fails.
func (c *Clients) EC2(_ context.Context, account, region string) (*ec2.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := place{account, region}
	if c.clients[at] == nil {
		c.clients[at] = ec2.NewFromConfig(c.in(at), c.options...)
	}
	return c.clients[at], nil
}

// Config returns the configuration for clients of other services in an account and Region.
func (c *Clients) Config(account, region string) aws.Config {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.in(place{account, region})
}

func (c *Clients) in(at place) aws.Config {
	config := c.config
	config.Region = at.region
	if c.members.Has(at.account) {
		config.Credentials = c.member(at.account)
	}
	return config
}

// member returns the credentials of a member's role, which all Regions share.
func (c *Clients) member(account string) aws.CredentialsProvider {
	if c.credentials[account] == nil {
		role := stscreds.NewAssumeRoleProvider(c.sts, c.arn(account), func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName = c.members.Session
			if c.members.ExternalID != "" {
				o.ExternalID = &c.members.ExternalID
			}
		})
		c.credentials[account] = aws.NewCredentialsCache(namedRole{role, c.arn(account)}, renewEarly)
	}
	return c.credentials[account]
}

// renewEarly makes a session's credentials outlive each call that is signed with them, for example
// a call that EC2 answers after a minute. A session lasts 15 minutes.
func renewEarly(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = 5 * time.Minute }

// arn returns the ARN of a member's role, in the installation's partition.
func (c *Clients) arn(account string) string {
	return "arn:" + awsid.Partition(c.config.Region) + ":iam::" + account + ":role/" + c.members.Role
}
