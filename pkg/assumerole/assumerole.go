// Package assumerole gives EC2 clients for the accounts and Regions that one
// installation serves: its own, and members' by assuming a role there, with an
// external id. Whether an account is served at all is for its callers to decide,
// before they ask for a client.
package assumerole

import (
	"context"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Members are accounts that let the installation in by a role.
type Members struct {
	Accounts   []string
	Role       string // the role's name, the same in each account
	ExternalID string // that the role's trust policy wants
	Session    string // what CloudTrail shows as who acts
}

// Clients holds one client for each account and Region, made when it is first
// asked for. It is safe for concurrent use.
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

// New returns the clients of an installation whose own account and Region are
// those of c. The options are those of every client.
func New(c aws.Config, m Members, options ...func(*ec2.Options)) *Clients {
	return &Clients{
		config: c, members: m, options: options,
		sts:         sts.NewFromConfig(c),
		credentials: make(map[string]aws.CredentialsProvider),
		clients:     make(map[place]*ec2.Client),
	}
}

// EC2 returns the client for an account's groups in a Region. An account that is
// no member is taken for the installation's own. The role is assumed, and
// assumed anew before the session is over, by the client itself, so that there
// is no error here.
func (c *Clients) EC2(_ context.Context, account, region string) (*ec2.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := place{account, region}
	if c.clients[at] == nil {
		c.clients[at] = ec2.NewFromConfig(c.in(at), c.options...)
	}
	return c.clients[at], nil
}

// Config returns what clients of other services are made from, for an account's
// Region.
func (c *Clients) Config(account, region string) aws.Config {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.in(place{account, region})
}

func (c *Clients) in(at place) aws.Config {
	config := c.config
	config.Region = at.region
	if slices.Contains(c.members.Accounts, at.account) {
		config.Credentials = c.member(at.account)
	}
	return config
}

// member returns the credentials of a member's role, shared by all Regions.
func (c *Clients) member(account string) aws.CredentialsProvider {
	if c.credentials[account] == nil {
		role := stscreds.NewAssumeRoleProvider(c.sts, c.arn(account), func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName = c.members.Session
			if c.members.ExternalID != "" {
				o.ExternalID = &c.members.ExternalID
			}
		})
		c.credentials[account] = aws.NewCredentialsCache(namedRole{role, c.arn(account)})
	}
	return c.credentials[account]
}

// arn is the ARN of a member's role, in the partition that the Region is of.
func (c *Clients) arn(account string) string {
	return "arn:" + partition(c.config.Region) + ":iam::" + account + ":role/" + c.members.Role
}
