package fakeaws

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Cloud is several accounts and Regions behind one client, with the roles by which one account
// acts in another. Like an [Account], it is the HTTPClient of an aws.Config and an
// http.Handler.
//
// The access key of a request identifies its caller. A key from AssumeRole belongs to the
// assumed role, any other key to the home account. The signature names the Region.
type Cloud struct {
	home *Account

	mu       sync.Mutex
	accounts map[place]*Account
	roles    map[string]Role    // by ARN
	sessions map[string]session // by access key
	issued   int
}

type place struct{ account, region string }

// Role is an IAM role that principals of another account may assume.
type Role struct {
	Account    string // the account of the role
	Name       string
	Trusts     string // principals of this account may assume it
	ExternalID string // the external id that they must give
}

// ARN returns the role's ARN.
func (r Role) ARN() string { return fmt.Sprintf("arn:aws:iam::%s:role/%s", r.Account, r.Name) }

type session struct {
	role    Role
	name    string
	expires time.Time
}

func (s session) arn() string {
	return fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", s.role.Account, s.role.Name, s.name)
}

// NewCloud returns a cloud of accounts. It panics if two of them have the same id and Region.
func NewCloud(home *Account, others ...*Account) *Cloud {
	c := &Cloud{home: home, accounts: make(map[place]*Account), roles: make(map[string]Role),
		sessions: make(map[string]session)}
	for _, a := range append([]*Account{home}, others...) {
		at := place{a.ID(), a.Region()}
		if c.accounts[at] != nil {
			panic(fmt.Sprintf("fakeaws: two accounts %s in %s", a.ID(), a.Region()))
		}
		c.accounts[at] = a
		a.roles = c
	}
	return c
}

// AddRole adds a role, or replaces the role of that account and name.
func (c *Cloud) AddRole(r Role) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.roles[r.ARN()] = r
}

// Do answers a request without a socket.
func (c *Cloud) Do(r *http.Request) (*http.Response, error) {
	account, ctx := c.route(r)
	return account.Do(r.WithContext(ctx))
}

// ServeHTTP answers an AWS client that connects by a socket.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	account, ctx := c.route(r)
	account.ServeHTTP(w, r.WithContext(ctx))
}

// route returns the account that a request is for, and a context with the caller's session. If
// the account is missing, route adds an empty one, because every account has all Regions.
func (c *Cloud) route(r *http.Request) (*Account, context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key, region := signature(r)
	at, ctx := place{c.home.ID(), region}, r.Context()
	if s, ok := c.sessions[key]; ok {
		at.account = s.role.Account
		ctx = context.WithValue(ctx, sessionKey{}, s)
	}
	if region == "" {
		at.region = c.home.Region()
	}
	if c.accounts[at] == nil {
		c.accounts[at] = New(Options{ID: at.account, Region: at.region})
		c.accounts[at].roles = c
	}
	return c.accounts[at], ctx
}

// signature returns the access key and the Region that a request is signed with.
func signature(r *http.Request) (key, region string) {
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	parts := strings.SplitN(credential, "/", 4)
	if len(parts) < 4 {
		return "", ""
	}
	return parts[0], parts[2]
}

// sessionKey is the context key of a request's session.
type sessionKey struct{}

func sessionOf(ctx context.Context) (session, bool) {
	s, ok := ctx.Value(sessionKey{}).(session)
	return s, ok
}
