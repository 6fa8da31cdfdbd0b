// Package ec2 is the EC2 of the embedded account: security groups, their rules,
// tags, managed prefix lists and the instances that have the groups, as AWS documents and answers them.
//
// It is stricter than the emulators at hand, because what it lets pass the
// project would believe: rules are identified by direction, protocol, ports and
// canonical peer; a batch is validated whole before anything of it is stored;
// quotas count the address families apart; results come in no fixed order and
// in pages; a describe may answer from an older view.
//
// Where AWS documents nothing, the assumption carries the mark [?].
package ec2

import (
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// Options says whose EC2 this is and how it behaves where AWS may vary.
type Options struct {
	Account       string
	Region        string
	DefaultVPC    string        // the VPC of groups created without one
	RulesPerGroup int           // quota a direction and address family
	PartialBatch  bool          // a Duplicate leaves the batch's new rules in place [?]
	CreationLag   time.Duration // how long a new group is not found
	Seed          uint64        // ids and the order of results
}

// Request is one call of an operation.
type Request struct {
	ID   string // the request id to answer with
	Op   string
	Form url.Values
	Age  time.Duration // how old a view a describe answers from; 0 is the present
}

// Service is the state of one account in one Region. One mutex guards it all, so
// that of many identical authorizes exactly one wins; nothing sleeps under it.
type Service struct {
	opts Options

	mu             sync.Mutex
	groups         map[string]*group
	lists          map[string]PrefixList
	ids            *rand.Rand
	order          *rand.Rand // apart from ids: describing must not change later ids
	instances      map[string]*instance
	untold         []Change // of instances, that nobody has taken
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

// call is a request with its form parsed and its moment fixed.
type call struct {
	params
	now  time.Time
	view time.Time // the moment a describe sees
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

// Call performs one operation and returns the XML to answer with. An error is an
// *api.Error and has changed nothing, but for PartialBatch.
func (s *Service) Call(r Request) ([]byte, error) {
	op, ok := operations[r.Op]
	if !ok {
		return nil, failf("InvalidAction", "The action %s is not valid for this web service: the embedded account's EC2 does not have it.", r.Op)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if !s.buckets.take(r, now) {
		return nil, &api.Error{Code: "RequestLimitExceeded", Message: "Request limit exceeded.", Status: 503}
	}
	c := call{params: parse(r.Form), now: now, view: now.Add(-r.Age)}
	if c.text("DryRun") == "true" { // permissions are checked before; a duplicate is not looked for
		return nil, &api.Error{Code: "DryRunOperation", Message: "Request would have succeeded, but DryRun flag is set.", Status: 412}
	}
	out, err := op(s, c)
	if err != nil {
		return nil, err
	}
	return encode(r, out)
}
