package fakeaws_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// The write happens, its reply is lost, and the SDK's retry finds its own rule.
func TestReplyLostComesBackAsDuplicate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account, client := newAccount(fakeaws.Options{})
		account.Inject(func(op fakeaws.Op) (bool, error) {
			if op.Name == "AuthorizeSecurityGroupIngress" && op.Nth == 1 {
				return true, errors.New("connection reset by peer")
			}
			return true, nil
		})
		_, err := authorize(t, client, permission("tcp", 8000, 8000, "0.0.0.0/0"))
		wantCode(t, "authorize", err, "InvalidPermission.Duplicate")
		if got := account.Calls().Op("ec2", "AuthorizeSecurityGroupIngress"); got != 2 {
			t.Errorf("%d calls, want the first and one retry", got)
		}
		if got := len(account.Rules(web)); got != 1 {
			t.Errorf("%d rules, want 1", got)
		}
	})
}

func TestFaults(t *testing.T) {
	busy := &fakeaws.Error{Code: "InternalError", Message: "An internal error has occurred", Status: 500}
	broken := errors.New("broken pipe")
	tests := []struct {
		name  string
		fault fakeaws.Fault
		code  string // "" for success
		rules int
	}{
		{"none", nil, "", 1},
		{"applied, an error answered", func(fakeaws.Op) (bool, error) { return true, busy }, "InternalError", 1},
		{"not applied, an error answered", func(fakeaws.Op) (bool, error) { return false, busy }, "InternalError", 0},
		{"applied, connection broken", func(fakeaws.Op) (bool, error) { return true, broken }, "transport", 1},
		{"not applied, connection broken", func(fakeaws.Op) (bool, error) { return false, nil }, "transport", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			account, client := newAccount(fakeaws.Options{})
			account.Inject(tt.fault)
			_, err := client.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
				GroupId: aws.String(web), IpPermissions: perms(permission("tcp", 1, 1, "0.0.0.0/0")),
			}, func(o *ec2.Options) { o.RetryMaxAttempts = 1 })
			if tt.code == "transport" {
				if err == nil || message(err) != "" {
					t.Errorf("err = %v, want a broken connection", err)
				}
			} else {
				wantCode(t, "authorize", err, tt.code)
			}
			if got := len(account.Rules(web)); got != tt.rules {
				t.Errorf("%d rules, want %d", got, tt.rules)
			}
		})
	}
}

func TestFaultSeesTheInput(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	var group, port string
	account.Inject(func(op fakeaws.Op) (bool, error) {
		group, port = op.Form.Get("GroupId"), op.Form.Get("IpPermissions.1.FromPort")
		return true, nil
	})
	_, err := authorize(t, client, permission("tcp", 8000, 8000, "0.0.0.0/0"))
	must(t, err)
	if group != web || port != "8000" {
		t.Errorf("the fault saw %q, %q", group, port)
	}
}

// A request that its caller gives up in the first half of the latency is not applied. One
// given up later is applied, without a reply.
func TestLatencyAndGivingUp(t *testing.T) {
	for _, tt := range []struct {
		patience time.Duration
		rules    int
		err      error
	}{
		{400 * time.Millisecond, 0, context.DeadlineExceeded},
		{900 * time.Millisecond, 1, context.DeadlineExceeded},
		{2 * time.Second, 1, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			account, client := newAccount(fakeaws.Options{Latency: func(fakeaws.Op) time.Duration { return time.Second }})
			ctx, cancel := context.WithTimeout(t.Context(), tt.patience)
			defer cancel()
			start := time.Now()
			_, err := client.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
				GroupId: aws.String(web), IpPermissions: perms(permission("tcp", 1, 1, "0.0.0.0/0")),
			})
			if !errors.Is(err, tt.err) {
				t.Errorf("patience %v: err = %v, want %v", tt.patience, err, tt.err)
			}
			if took := time.Since(start); took != min(tt.patience, time.Second) {
				t.Errorf("patience %v: took %v", tt.patience, took)
			}
			if got := len(account.Rules(web)); got != tt.rules {
				t.Errorf("patience %v: %d rules, want %d", tt.patience, got, tt.rules)
			}
		})
	}
}
