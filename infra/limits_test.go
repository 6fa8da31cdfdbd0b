package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/infra/stack"
)

// accountsFrom returns n accounts.
func accountsFrom(n int) []string {
	accounts := make([]string, n)
	for i := range accounts {
		accounts[i] = fmt.Sprint(600000000000 + i)
	}
	return accounts
}

// largeOrganization is an installation with n members of an organization, and all that grows
// with them.
func largeOrganization(n int) stack.Props {
	props := stack.Defaults()
	props.Instances, props.SecurityHub, props.Heal = true, true, true
	props.Members = stack.Members{Accounts: accountsFrom(n), Regions: []string{"eu-west-1"},
		ExternalID: "sgkeeper/7f3a", Organization: "o-a1b2c3d4e5"}
	return props
}

// TestThousandMembers: the stack of a thousand member accounts keeps to AWS's limits. Its
// parameters list each account once, and nothing else names any.
func TestThousandMembers(t *testing.T) {
	props := largeOrganization(1000)
	if faults := props.Check(); faults != nil {
		t.Fatalf("Check: %v", faults)
	}
	tp := withoutPrograms(t, props)
	if err := errors.Join(stack.CheckTemplate(tp.text)...); err != nil {
		t.Error(err)
	}
	var listed []string
	for _, parameter := range tp.all("AWS::SSM::Parameter") {
		text := fmt.Sprint(parameter.Properties["Value"])
		if len(text) > 4096 || parameter.Properties["Tier"] != "Standard" {
			t.Errorf("a parameter of tier %v holds %d characters", parameter.Properties["Tier"], len(text))
		}
		listed = append(listed, strings.Split(text, ",")...)
	}
	slices.Sort(listed)
	if !slices.Equal(listed, props.Members.Accounts) {
		t.Errorf("the parameters list %d accounts, want each of the 1000 once", len(listed))
	}
	if n := strings.Count(string(tp.text), "600000000"); n != 1000 {
		t.Errorf("the template names accounts %d times, want 1000", n)
	}
	for _, function := range []string{"sgkeeper-ensure", "sgkeeper-audit"} {
		variable := rendered(t, tp.named(t, "AWS::Lambda::Function", "FunctionName",
			function).variable("SGKEEPER_MEMBER_ACCOUNTS"))
		read := rendered(t, statement(t, tp, function, "MemberLists")["Resource"])
		for id := range tp.all("AWS::SSM::Parameter") {
			if !strings.Contains(variable, `{"Ref":"`+id+`"}`) || !strings.Contains(read, `{"Ref":"`+id+`"}`) {
				t.Errorf("%s reads %s, and may read %s: want %s in both", function, variable, read, id)
			}
		}
	}
}

// TestOrganization: with an organization, its accounts alone reach the bus, and the functions
// assume their roles in its accounts alone.
func TestOrganization(t *testing.T) {
	tp := withoutPrograms(t, largeOrganization(3))
	for account, may := range map[string]bool{"600000000999": true, "222233334444": true, "444455556666": false,
		"333344445555": false} {
		if got := busIn(t, tp).lets(t, put{role(account, "launcher"), "ci", "Launch Requested"}); got != may {
			t.Errorf("account %s is allowed: %v, want %v", account, got, may)
		}
	}
	if busIn(t, tp).lets(t, put{role("600000000999", "launcher"), "sgkeeper", "Ports Ensured"}) {
		t.Error("an account of the organization may forge outcomes")
	}
	for function, role := range map[string]string{"sgkeeper-ensure": "sgkeeper-member",
		"sgkeeper-audit": "sgkeeper-member-audit"} {
		s := statement(t, tp, function, "Members")
		if got := rendered(t, literal(t, s["Resource"])); got != `"arn:aws:iam::*:role/`+role+`"` {
			t.Errorf("%s may assume %s", function, got)
		}
		if got := rendered(t, s["Condition"]); got != `{"StringEquals":{"aws:ResourceOrgID":"o-a1b2c3d4e5"}}` {
			t.Errorf("%s may assume a role if %s, want it in the organization", function, got)
		}
	}
}

// TestListsAreStable: an account never moves from one parameter to another as accounts are added
// or removed among many, because CloudFormation updates one parameter after the other.
func TestListsAreStable(t *testing.T) {
	places := func(accounts []string) map[string]string {
		props := largeOrganization(0)
		props.Members.Accounts = accounts
		place := make(map[string]string)
		for id, parameter := range withoutPrograms(t, props).all("AWS::SSM::Parameter") {
			for account := range strings.SplitSeq(fmt.Sprint(parameter.Properties["Value"]), ",") {
				place[account] = id
			}
		}
		return place
	}
	all := accountsFrom(400)
	before, after := places(all[:350]), places(all[20:])
	for _, account := range all[20:350] {
		if before[account] == "" || before[account] != after[account] {
			t.Fatalf("%s moves from %q to %q", account, before[account], after[account])
		}
	}
}

// TestEmptyList: SSM takes no empty text, so a parameter without accounts says so.
func TestEmptyList(t *testing.T) {
	props := largeOrganization(400)
	props.Members.Accounts = slices.DeleteFunc(props.Members.Accounts,
		func(account string) bool { return strings.HasSuffix(account, "0") })
	wantAt(t, withoutPrograms(t, props).all("AWS::SSM::Parameter")["Members0"], runtime.NoAccounts, "Value")
}

// TestLimitsAreRefused: settings that no installation can hold are refused before the deployment,
// with the setting, the value, the limit and the remedy.
func TestLimitsAreRefused(t *testing.T) {
	known := make([]string, 300)
	for i := range known {
		known[i] = fmt.Sprintf("%d=account-%d", 600000000000+i, i)
	}
	sameDigit := make([]string, 400)
	for i := range sameDigit {
		sameDigit[i] = fmt.Sprintf("%011d7", 60000000000+i)
	}
	for _, row := range []struct {
		what string
		set  func(*stack.Props)
		want []string
	}{
		{"300 members without an organization", func(p *stack.Props) {
			p.Members.Accounts, p.Members.Organization = accountsFrom(300), ""
		}, []string{"memberAccounts: ", "300 member accounts", "want at most 10240", "Set organization"}},
		{"200 members without an organization", func(p *stack.Props) {
			p.Members.Accounts, p.Members.Organization = accountsFrom(200), ""
		}, []string{"AWS::IAM::ManagedPolicy Roleensure", "want at most 6144", "Set organization"}},
		{"90 members without an organization, which fit", func(p *stack.Props) {
			p.Members.Accounts, p.Members.Organization = accountsFrom(90), ""
		}, []string{"<nil>"}},
		{"300 known accounts", func(p *stack.Props) { p.KnownAccounts = strings.Join(known, ",") },
			[]string{"AWS::Lambda::Function Functionaudit", "SGKEEPER_KNOWN_ACCOUNTS (knownAccounts) has 7389",
				"want at most 4096"}},
		{"400 members that end in 7", func(p *stack.Props) { p.Members.Accounts = sameDigit },
			[]string{"memberAccounts: 400 of 400 accounts end in 7: want at most 315"}},
		{"a long external id", func(p *stack.Props) { p.Members.ExternalID = strings.Repeat("x", 4000) },
			[]string{"SGKEEPER_EXTERNAL_ID (externalId) has 4000"}},
	} {
		props := largeOrganization(3)
		row.set(&props)
		var faults []error
		for _, f := range props.Check() {
			faults = append(faults, f)
		}
		if faults == nil {
			faults = stack.CheckTemplate(withoutPrograms(t, props).text)
		}
		text := fmt.Sprint(errors.Join(faults...))
		for _, want := range row.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %.600s; want %q", row.what, text, want)
			}
		}
	}
}

// TestLimitsAreDocumented compares the documentation's table with the code.
func TestLimitsAreDocumented(t *testing.T) {
	var table strings.Builder
	table.WriteString("\n| Part | Limit | AWS documents it in |\n|---|---:|---|\n")
	for _, l := range stack.Limits() {
		fmt.Fprintf(&table, "| %s | %d %s | [%s](%s) |\n", l.What, l.Most, l.Unit, l.Page.Name, l.Page.URL)
	}
	generated(t, "limits", table.String())
}
