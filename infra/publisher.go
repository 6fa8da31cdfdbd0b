package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/sgkeeper/sgkeeper/infra/stack"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/guardfile"
)

// mostListed is the maximum length of each list of a publisher, and of the list of publishers.
const mostListed = 100

var (
	sourceForm = regexp.MustCompile(`^[A-Za-z0-9._/*-]{1,255}$`)
	senderForm = regexp.MustCompile(`^[A-Za-z0-9_+=,.@:*-]{1,128}$`)
)

// publisherList is a key of a publisher that holds a list of texts.
type publisherList struct {
	of    func(*stack.Publisher) *[]string
	valid func(string) bool
	want  string
}

var publisherLists = map[string]publisherList{
	"accounts": {func(p *stack.Publisher) *[]string { return &p.Accounts }, secgroup.IsAccount,
		"an account id of 12 digits"},
	"roles": {func(p *stack.Publisher) *[]string { return &p.Roles }, guardfile.IsRole,
		"the ARN of a role without *, such as arn:aws:iam::111122223333:role/launcher"},
	"sources": {func(p *stack.Publisher) *[]string { return &p.Sources }, sourceForm.MatchString,
		"a source: 1 to 255 of letters, digits and ._/-, with * for any text"},
	"senders": {func(p *stack.Publisher) *[]string { return &p.Senders }, senderForm.MatchString,
		"a SenderId of SQS, such as AROAEXAMPLEID:*: 1 to 128 of letters, digits and _+=,.@:-, with * for any text"},
	"launches": {func(p *stack.Publisher) *[]string { return &p.Launches }, guardfile.IsLaunchPattern,
		"a launch's name: 1 to 128 of letters, digits and ._:/=+@-, with * for any text"},
}

// setPublishers reads the publishers as JSON, the form of cdk.json. The error names each fault
// by its place in the list.
func setPublishers(s *settings, v string) error {
	var list []any
	if err := json.Unmarshal([]byte(v), &list); err != nil || len(list) > mostListed {
		return wrong(v,
			fmt.Sprintf(`a list of at most %d publishers, such as [{"name": "team-a", "sources": ["team-a.*"]}]`,
				mostListed))
	}
	var publishers []stack.Publisher
	var faults []error
	for i, element := range list {
		p, found := readPublisher(fmt.Sprintf("/%d", i), element)
		publishers, faults = append(publishers, p), append(faults, found...)
	}
	if faults == nil {
		s.Publishers = publishers
	}
	return errors.Join(faults...)
}

func readPublisher(place string, v any) (p stack.Publisher, faults []error) {
	fault := func(place string, found any, want string) {
		faults = append(faults, fmt.Errorf("%s: %s: want %s", place, shown(found), want))
	}
	object, ok := v.(map[string]any)
	if !ok {
		fault(place, v, "an object with name, accounts, roles, sources, senders and launches")
		return p, faults
	}
	if p.Name, ok = object["name"].(string); !ok || !claim.IsNamespace(p.Name) {
		fault(place+"/name", object["name"], "a name: 1 to 32 of letters, digits and ._-, a letter or digit first")
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		l, known := publisherLists[key]
		switch {
		case known:
			*l.of(&p) = readList(place+"/"+key, object[key], l, fault)
		case key != "name":
			fault(place, key, "one of "+strings.Join(slices.Sorted(maps.Keys(publisherLists)), ", ")+" or name")
		}
	}
	if len(faults) == 0 && p.Roles != nil && p.Sources == nil {
		fault(place+"/sources", nil, "the sources that the roles may use")
	}
	if p.Accounts == nil {
		p.Accounts = accountsOf(p.Roles)
	}
	return p, faults
}

// readList reads a list of texts. A repeated text is a fault.
func readList(place string, v any, l publisherList, fault func(place string, found any, want string)) (texts []string) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 || len(list) > mostListed {
		fault(place, v, fmt.Sprintf("a list of 1 to %d texts, each %s", mostListed, l.want))
		return nil
	}
	for i, element := range list {
		text, _ := element.(string)
		switch place := fmt.Sprintf("%s/%d", place, i); {
		case !l.valid(text):
			fault(place, element, l.want)
		case slices.Contains(texts, text):
			fault(place, element, "each once")
		default:
			texts = append(texts, text)
		}
	}
	return texts
}

// accountsOf returns the accounts of roles.
func accountsOf(roles []string) (accounts []string) {
	for _, role := range roles {
		if a, err := arn.Parse(role); err == nil && !slices.Contains(accounts, a.AccountID) {
			accounts = append(accounts, a.AccountID)
		}
	}
	return accounts
}
