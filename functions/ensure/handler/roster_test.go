package handler_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
)

// list writes a parameter that lists member accounts.
func (r *realm) list(name, accounts string) {
	r.t.Helper()
	_, err := ssm.NewFromConfig(r.clients).PutParameter(r.t.Context(), &ssm.PutParameterInput{
		Name: &name, Value: &accounts, Type: ssmtypes.ParameterTypeString, Overwrite: aws.Bool(true),
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// thousand are the accounts of a large organization.
func thousand() string {
	accounts := make([]string, 1000)
	for i := range accounts {
		accounts[i] = fmt.Sprint(600000000000 + i)
	}
	return strings.Join(accounts, ",")
}

// TestMembersOfParameters: members may be listed in SSM parameters, of which one holds 315. The
// function reads all with one call a minute. A changed list counts within a minute, without a
// deployment.
func TestMembersOfParameters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRealm(t, "7f3a")
		names := make([]string, 10)
		for i := range names {
			names[i] = fmt.Sprintf("/members/%d", i)
			r.list(names[i], runtime.NoAccounts)
		}
		function := r.with(runtime.Members{Parameters: names, Role: "sgkeeper-member", ExternalID: "7f3a"})
		o := function.outcome(in(member, "us-east-1", "a"))
		if o.Status != events.Rejected || !strings.Contains(o.Reasons[0].Problem, "SGKEEPER_MEMBER_ACCOUNTS") {
			t.Errorf("before it is listed: %s %v, want it rejected", o.Status, o.Reasons)
		}
		r.list(names[3], " 555566667777,\n"+member+" ")
		time.Sleep(time.Minute)
		for i := range 5 {
			if o := function.outcome(in(member, "us-east-1", fmt.Sprint("b", i))); o.Status != events.Ensured ||
				o.Group.Account != member {
				t.Errorf("once it is listed: %s %v, want it ensured", o.Status, o.Reasons)
			}
		}
		if got := r.account.Calls().Op("ssm", "GetParameters"); got != 2 {
			t.Errorf("%d reads of the lists, want one a minute", got)
		}
	})
}

// TestMembersUnread: if the lists cannot be read, no event is refused for its account. The last
// good lists stay in force; without any, the event comes again.
func TestMembersUnread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRealm(t, "7f3a")
		r.list("/members", member)
		of := runtime.Members{Parameters: []string{"/members"}, Role: "sgkeeper-member", ExternalID: "7f3a"}
		function := r.with(of)
		function.outcome(in(member, "us-east-1", "a"))
		r.list("/members", "222233334444; 5")
		time.Sleep(time.Hour)
		if o := function.outcome(in(member, "us-east-1", "b")); o.Status != events.Ensured {
			t.Errorf("with a list that is wrong: %s %v, want the last good one in force", o.Status, o.Reasons)
		}
		if logged := r.log.String(); !strings.Contains(logged,
			`SSM parameter /members: \"222233334444;\": want account ids`) ||
			!strings.Contains(logged, "the last good lists are in force") {
			t.Errorf("the log does not name the wrong list, and the lists in force:\n%s", logged)
		}
		_, err := r.with(of).handler.Invoke(lambda(t), []byte(in(member, "us-east-1", "c")))
		if err == nil || !strings.Contains(err.Error(), "SGKEEPER_MEMBER_ACCOUNTS") {
			t.Errorf("a new process with a wrong list: %v, want it to fail", err)
		}
		of.Parameters = []string{"/none"}
		_, err = r.with(of).handler.Invoke(lambda(t), []byte(in(member, "us-east-1", "c")))
		if err == nil || !strings.Contains(err.Error(), "there is no SSM parameter /none: create it") {
			t.Errorf("a new process without the list: %v, want it to fail", err)
		}
	})
}

// TestReasonsNameFewAccounts: the reason of a refusal stays short among a thousand members.
func TestReasonsNameFewAccounts(t *testing.T) {
	r := newRealm(t, "7f3a")
	function := r.with(runtime.Members{Accounts: strings.Split(thousand(), ","), Role: "sgkeeper-member",
		ExternalID: "7f3a"})
	o := function.outcome(in(stranger, "us-east-1", "a"))
	if len(o.Reasons) != 1 || !strings.Contains(o.Reasons[0].Problem,
		"600000000008 and 991 more; make the account a member") || len(o.Reasons[0].Problem) > 400 {
		t.Errorf("%.600v, want ten accounts named", o.Reasons)
	}
}
