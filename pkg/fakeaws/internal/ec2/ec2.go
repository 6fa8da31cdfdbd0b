// Package ec2 is the EC2 of the embedded account: security groups, their rules, tags, managed
// prefix lists, and the instances in the groups. It answers as AWS documents.
//
// It is stricter than the usual emulators, so that no test passes by an emulator's mistake:
//
//   - A rule's identity is direction, protocol, ports and canonical peer.
//   - EC2 validates a whole batch before it stores any rule of it.
//   - Quotas count the address families separately.
//   - Results come in no fixed order and in pages.
//   - A describe may return an older state.
//
// If AWS documents nothing, the assumption has the mark [?].
package ec2

import (
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// Options describes the account, and selects among AWS's possible behaviours.
type Options struct {
	Account       string
	Region        string
	DefaultVPC    string        // the VPC of groups created without one
	RulesPerGroup int           // quota for each direction and address family
	PartialBatch  bool          // an Authorize that fails with Duplicate keeps its new rules [?]
	CreationLag   time.Duration // the time for which a new group is not found
	Seed          uint64        // determines ids and the order of results
}

// Request is one call of an operation.
type Request struct {
	ID   string // the request id of the reply
	Op   string
	Form url.Values
	Age  time.Duration // the age of the state that a describe returns; 0 is the present
}

// Service is the state of one account in one Region. One mutex guards all of it, so exactly
// one of many identical authorizes succeeds. Nothing sleeps while it holds the mutex.
type Service struct {
	opts Options

	mu             sync.Mutex
	groups         map[string]*group
	lists          map[string]PrefixList
	ids            *rand.Rand
	order          *rand.Rand // separate from ids, so that a describe does not change later ids
	instances      map[string]*instance
	unpublished    []Change // state changes that no caller of Changes has received
	rulePages      pager[ruleXML]
	groupPages     pager[groupXML]
	instancePages  pager[reservationXML]
	interfacePages pager[interfaceXML]
	stalePages     pager[staleGroupXML]
	entryPages     pager[entryXML]
	buckets        buckets // nil: no throttling
}

// New returns an EC2 without any security group.
func New(o Options) *Service {
	return &Service{
		opts:      o,
		groups:    map[string]*group{},
		lists:     map[string]PrefixList{},
		instances: map[string]*instance{},
		ids:       rand.New(rand.NewPCG(o.Seed, 1)),
		order:     rand.New(rand.NewPCG(o.Seed, 2)),
	}
}

// call is a request with its parsed form and its time.
type call struct {
	params
	now  time.Time
	view time.Time // the time of the state that a describe returns
}

var operations = map[string]func(*Service, call) (reply, error){
	"AuthorizeSecurityGroupEgress":               egress((*Service).authorize),
	"AuthorizeSecurityGroupIngress":              ingress((*Service).authorize),
	"CreateManagedPrefixList":                    (*Service).createPrefixList,
	"CreateSecurityGroup":                        (*Service).createGroup,
	"CreateTags":                                 (*Service).createTags,
	"DeleteSecurityGroup":                        (*Service).deleteGroup,
	"DeleteTags":                                 (*Service).deleteTags,
	"DescribeInstances":                          (*Service).describeInstances,
	"DescribeManagedPrefixLists":                 (*Service).describePrefixLists,
	"DescribeNetworkInterfaces":                  (*Service).describeInterfaces,
	"DescribeSecurityGroupRules":                 (*Service).describeRules,
	"DescribeSecurityGroups":                     (*Service).describeGroups,
	"DescribeStaleSecurityGroups":                (*Service).describeStale,
	"DescribeTags":                               (*Service).describeTags,
	"GetManagedPrefixListEntries":                (*Service).prefixListEntries,
	"ModifyInstanceAttribute":                    (*Service).modifyInstance,
	"ModifySecurityGroupRules":                   (*Service).modifyRules,
	"RevokeSecurityGroupEgress":                  egress((*Service).revoke),
	"RevokeSecurityGroupIngress":                 ingress((*Service).revoke),
	"RunInstances":                               (*Service).runInstances,
	"TerminateInstances":                         (*Service).terminateInstances,
	"UpdateSecurityGroupRuleDescriptionsEgress":  egress((*Service).updateDescriptions),
	"UpdateSecurityGroupRuleDescriptionsIngress": ingress((*Service).updateDescriptions),
}

func ingress(op func(*Service, call, bool) (reply, error)) func(*Service, call) (reply, error) {
	return func(s *Service, c call) (reply, error) { return op(s, c, false) }
}

func egress(op func(*Service, call, bool) (reply, error)) func(*Service, call) (reply, error) {
	return func(s *Service, c call) (reply, error) { return op(s, c, true) }
}

// Call performs one operation and returns the XML of the reply. An error is an *api.Error. A
// failed call changes nothing, except with PartialBatch.
func (s *Service) Call(r Request) ([]byte, error) {
	op, ok := operations[r.Op]
	if !ok {
		return nil, failf("InvalidAction", "The action %s is not valid for this web service: "+
			"the embedded account's EC2 does not have it.", r.Op)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if !s.buckets.take(r, now) {
		return nil, &api.Error{Code: "RequestLimitExceeded", Message: "Request limit exceeded.", Status: 503}
	}
	c := call{params: parse(r.Form), now: now, view: now.Add(-r.Age)}
	if c.text("DryRun") == "true" { // permissions are checked before; duplicates are not
		return nil, &api.Error{Code: "DryRunOperation", Message: "Request would have succeeded, " +
			"but DryRun flag is set.", Status: 412}
	}
	out, err := op(s, c)
	if err != nil {
		return nil, err
	}
	return encode(r, out)
}
