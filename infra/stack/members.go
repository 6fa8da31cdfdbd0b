package stack

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/jsii-runtime-go"

	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/core/awsid"
)

// listedRemedy is the remedy if policies cannot list the member accounts.
const listedRemedy = "Set organization to the id of the members' organization (aws organizations " +
	"describe-organization): " +
	"the policies then name it, and no account"

// accountsOfAParameter is the number of account ids, with commas, that a standard parameter holds.
const accountsOfAParameter = (standardBytes + 1) / (accountDigits + 1)

const accountDigits = 12

// lists returns the texts of the parameters that list the member accounts, by the parameters'
// ids. If one parameter cannot hold all accounts, each of ten holds those with one last digit.
// So an account never moves from one parameter to another, and no function misses it while
// CloudFormation updates them one after the other.
func (m Members) lists() map[string]string {
	if len(m.Accounts) == 0 {
		return nil
	}
	accounts := slices.Sorted(slices.Values(m.Accounts))
	if len(accounts) <= accountsOfAParameter {
		return map[string]string{"Members": strings.Join(accounts, ",")}
	}
	byDigit := make(map[byte][]string)
	for _, account := range accounts {
		digit := account[accountDigits-1]
		byDigit[digit] = append(byDigit[digit], account)
	}
	lists := make(map[string]string)
	for digit := byte('0'); digit <= '9'; digit++ {
		text := strings.Join(byDigit[digit], ",")
		if text == "" {
			text = runtime.NoAccounts
		}
		lists["Members"+string(digit)] = text
	}
	return lists
}

// checkLists returns a fault for each list of accounts that no parameter holds.
func (m Members) checkLists() (faults []Fault) {
	for digit := byte('0'); digit <= '9'; digit++ {
		list := m.lists()["Members"+string(digit)]
		if n := 1 + strings.Count(list, ","); len(list) > standardBytes {
			faults = append(faults, Fault{"memberAccounts", fmt.Sprintf("%d of %d accounts end in %c: "+
				"want at most %d that end in one digit, "+
				"because an SSM parameter holds %d characters. Serve the others by a second installation",
				n, len(m.Accounts), digit, accountsOfAParameter, standardBytes)})
		}
	}
	return faults
}

// checkPartition returns a fault if the Regions are of several partitions. No role reaches another
// partition.
func (m Members) checkPartition() (faults []Fault) {
	for _, region := range m.Regions {
		if first := m.Regions[0]; awsid.Partition(region) != awsid.Partition(first) {
			faults = append(faults, Fault{"memberRegions", fmt.Sprintf("%s is in the partition %s, and %s in %s: "+
				"want Regions of the installation's partition. "+
				"Serve the others by an installation there",
				first, awsid.Partition(first), region, awsid.Partition(region))})
		}
	}
	return faults
}

// addMembers makes the parameters that list the member accounts. The environment of a function
// has 4 KB, too few for many accounts.
func (s *installation) addMembers() {
	lists := s.Members.lists()
	for _, id := range slices.Sorted(maps.Keys(lists)) {
		s.members = append(s.members, awsssm.NewCfnParameter(s.Stack, jsii.String(id), &awsssm.CfnParameterProps{
			Type: jsii.String("String"), Tier: jsii.String("Standard"), Value: jsii.String(lists[id]),
			Description: jsii.String("member accounts of " + s.Name),
		}))
	}
}

// memberLists is the setting that names the parameters.
func (s *installation) memberLists() string {
	names := make([]string, len(s.members))
	for i, parameter := range s.members {
		names[i] = runtime.SSM + *parameter.Ref()
	}
	return strings.Join(names, ",")
}

// allowMembers lets a function read the lists of members, and assume its role in each of them.
// The condition keeps a role of the same name in a foreign organization out.
func (s *installation) allowMembers(f function, role string) {
	if len(s.members) == 0 {
		return
	}
	var lists []*string
	for _, parameter := range s.members {
		lists = append(lists, s.arn("ssm", "parameter/"+*parameter.Ref()))
	}
	assume := allowed{sid: "Members", actions: []string{"sts:AssumeRole"}}
	in := func(account string) *string {
		return jsii.String("arn:" + *s.Partition() + ":iam::" + account + ":role/" + role)
	}
	if s.Members.Organization != "" {
		assume.resources = []*string{in("*")}
		assume.conditions = map[string]any{"StringEquals": map[string]any{"aws:ResourceOrgID": s.Members.Organization}}
	} else {
		for _, account := range s.Members.Accounts {
			assume.resources = append(assume.resources, in(account))
		}
	}
	allow(f.role, allowed{sid: "MemberLists", actions: []string{"ssm:GetParameters"}, resources: lists}, assume)
}
