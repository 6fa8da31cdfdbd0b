package fakeaws

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Cloud is several accounts and Regions behind one client, and the roles by
// which one account acts in another. Like an [Account] it is both the HTTPClient
// of an aws.Config and an http.Handler.
//
// Who calls is told by the access key that a request is signed with: one that
// AssumeRole gave is its role's, any other is the home account's. The Region is
// the one that it is signed for.
type Cloud struct {
	home *Account

	mu       sync.Mutex
	accounts map[place]*Account
	roles    map[string]Role    // by ARN
	sessions map[string]session // by access key
	issued   int
}

type place struct{ account, region string }

// Role is an IAM role that those of another account may assume.
type Role struct {
	Account    string // that it is in
	Name       string
	Trusts     string // the account whose principals may assume it
	ExternalID string // that they must name
}

// ARN returns the role's ARN.
func (r Role) ARN() string { return fmt.Sprintf("arn:aws:iam::%s:role/%s", r.Account, r.Name) }

// session is what AssumeRole gave.
type session struct {
	role    Role
	name    string
	expires time.Time
}

func (s session) arn() string {
	return fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", s.role.Account, s.role.Name, s.name)
}

// NewCloud returns a cloud of accounts, each of another id or Region. The first
// is home.
func NewCloud(home *Account, others ...*Account) *Cloud {
	c := &Cloud{home: home, accounts: make(map[place]*Account), roles: make(map[string]Role), sessions: make(map[string]session)}
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

// AddRole makes a role, or replaces the one of that account and name.
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

// ServeHTTP answers an AWS client that came by a socket.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	account, ctx := c.route(r)
	account.ServeHTTP(w, r.WithContext(ctx))
}

// route finds the account that a request is for, and notes who calls. Where
// there is no such account in the Region, an empty one is: every account has
// all Regions.
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

// sessionKey is the context's key of the session that a request is made in.
type sessionKey struct{}

// sessionOf returns the session that a request is made in, if in one.
func sessionOf(ctx context.Context) (session, bool) {
	s, ok := ctx.Value(sessionKey{}).(session)
	return s, ok
}
