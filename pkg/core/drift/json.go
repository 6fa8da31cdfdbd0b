package drift

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"time"
	"unique"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// ReportSchema is the JSON Schema (2020-12) of a [Report].
//
//go:embed schema/report.json
var ReportSchema []byte

// These types give values of other packages a JSON form.

type groupJSON struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	ID      string `json:"id"`
}

// group returns the group. Very many of a report have one account and Region.
func (g groupJSON) group() claim.Group {
	return claim.Group{Account: shared(g.Account), Region: shared(g.Region), ID: g.ID}
}

// shared returns a text that shares its memory with equal texts.
func shared[T ~string](text T) T { return unique.Make(text).Value() }

type launchJSON struct {
	Account   string `json:"account"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

type usageJSON struct {
	IngressIPv4 int  `json:"ingressIpv4"`
	IngressIPv6 int  `json:"ingressIpv6"`
	EgressIPv4  int  `json:"egressIpv4"`
	EgressIPv6  int  `json:"egressIpv6"`
	Fits        bool `json:"fits"`
}

type requestJSON struct {
	Launch launchJSON   `json:"launch"`
	Since  time.Time    `json:"since,omitzero"`
	Until  time.Time    `json:"until,omitzero"`
	Status claim.Status `json:"status"`

	Requester string `json:"requester,omitempty"`
	Reason    string `json:"reason,omitempty"`
	Ticket    string `json:"ticket,omitempty"`

	Relation Relation        `json:"relation,omitempty"`
	Wants    []secgroup.Rule `json:"wants,omitempty"`
	More     int             `json:"more,omitempty"`
}

func (a Request) form() requestJSON {
	return requestJSON{
		Launch: launchJSON(a.Launch), Since: a.Since, Until: a.Until, Status: a.Status,
		Requester: a.Purpose.Requester, Reason: a.Purpose.Reason, Ticket: a.Purpose.Ticket,
		Relation: a.Relation, Wants: a.Wants, More: a.More,
	}
}

func (f requestJSON) request() Request {
	return Request{
		Launch: claim.Launch{Account: shared(f.Launch.Account), Namespace: shared(f.Launch.Namespace),
			Name: shared(f.Launch.Name)},
		Since: f.Since, Until: f.Until, Status: shared(f.Status),
		Purpose:  claim.Purpose{Requester: f.Requester, Reason: f.Reason, Ticket: f.Ticket},
		Relation: f.Relation, Wants: f.Wants, More: f.More,
	}
}

// MarshalJSON writes keys in lower camel case.
func (a Request) MarshalJSON() ([]byte, error) { return json.Marshal(a.form()) }

// UnmarshalJSON reads the output of MarshalJSON.
func (a *Request) UnmarshalJSON(b []byte) error {
	var f requestJSON
	err := json.Unmarshal(b, &f)
	*a = f.request()
	return err
}

type fullRequestJSON struct {
	requestJSON
	Rules []secgroup.Rule `json:"rules"`
}

// MarshalJSON writes keys in lower camel case.
func (r FullRequest) MarshalJSON() ([]byte, error) {
	return json.Marshal(fullRequestJSON{r.form(), listed(r.Rules)})
}

// UnmarshalJSON reads the output of MarshalJSON.
func (r *FullRequest) UnmarshalJSON(b []byte) error {
	var f fullRequestJSON
	err := json.Unmarshal(b, &f)
	*r = FullRequest{f.request(), f.Rules}
	return err
}

type plainDrift Drift

type driftJSON struct {
	plainDrift
	Group groupJSON       `json:"group"`
	Rule  *secgroup.Entry `json:"rule,omitempty"`
}

// MarshalJSON writes keys in lower camel case and rules in EC2's shape. A drift about no rule
// has no key rule.
func (d Drift) MarshalJSON() ([]byte, error) {
	f := driftJSON{plainDrift: plainDrift(d), Group: groupJSON(d.Group)}
	if d.HasRule() {
		f.Rule = &d.Rule
	}
	return json.Marshal(f)
}

// UnmarshalJSON reads the output of MarshalJSON.
func (d *Drift) UnmarshalJSON(b []byte) error {
	var f driftJSON
	err := json.Unmarshal(b, &f)
	*d = Drift(f.plainDrift)
	d.Group, d.Kind, d.Remedy = f.Group.group(), shared(d.Kind), shared(d.Remedy)
	if f.Rule != nil {
		d.Rule = *f.Rule
	}
	return err
}

type plainGroup Group

type groupOfReport struct {
	groupJSON
	plainGroup
	Used usageJSON `json:"used"`
	// Omitted is the sum of OmittedBy. Reports of format 0 have it alone.
	Omitted   int    `json:"omitted,omitempty"`
	OmittedBy Counts `json:"omittedBySeverity,omitzero"`
}

// MarshalJSON writes keys in lower camel case.
func (g Group) MarshalJSON() ([]byte, error) {
	return json.Marshal(groupOfReport{groupJSON: groupJSON(g.Group), plainGroup: plainGroup(g),
		Used: usageJSON(g.Used), Omitted: g.Omitted.total(), OmittedBy: g.Omitted})
}

// UnmarshalJSON reads the output of MarshalJSON.
func (g *Group) UnmarshalJSON(b []byte) error {
	var f groupOfReport
	err := json.Unmarshal(b, &f)
	*g = Group(f.plainGroup)
	g.Group, g.Used, g.Omitted = f.groupJSON.group(), plan.Usage(f.Used), f.OmittedBy
	g.VPC = shared(g.VPC)
	if f.Omitted > 0 && f.OmittedBy == (Counts{}) {
		g.Omitted[Informational] = f.Omitted // of an unknown severity; see Report.Upgraded
	}
	return err
}

type spanJSON struct {
	Direction string `json:"direction"`
	Protocol  string `json:"protocol"`
	First     int32  `json:"first"`
	Last      int32  `json:"last"`
	State     State  `json:"state"`
}

// MarshalJSON writes keys in lower camel case, and the ports as first and last.
func (s Span) MarshalJSON() ([]byte, error) {
	return json.Marshal(spanJSON{s.Direction.String(), s.Protocol.String(), s.Ports.First, s.Ports.Last, s.State})
}

// UnmarshalJSON reads the output of MarshalJSON.
func (s *Span) UnmarshalJSON(b []byte) error {
	var f spanJSON
	if err := json.Unmarshal(b, &f); err != nil {
		return err
	}
	direction := secgroup.Ingress
	switch f.Direction {
	case "ingress":
	case "egress":
		direction = secgroup.Egress
	default:
		return fmt.Errorf("direction %q: want ingress or egress", f.Direction)
	}
	protocol, err := secgroup.ParseProtocol(f.Protocol)
	*s = Span{direction, protocol, secgroup.Ports{First: f.First, Last: f.Last}, shared(f.State)}
	return err
}

// MarshalJSON writes the number of drifts for each severity's label, the severest first.
func (c Counts) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for s := Critical; s >= Informational; s-- {
		fmt.Fprintf(&b, ",%q:%d", s, c[s])
	}
	return append(append([]byte("{"), b.Bytes()[1:]...), '}'), nil
}

// UnmarshalJSON reads the output of MarshalJSON.
func (c *Counts) UnmarshalJSON(b []byte) error {
	var counts map[Severity]int
	if err := json.Unmarshal(b, &counts); err != nil {
		return err
	}
	for s, n := range counts {
		c[s] = n
	}
	return nil
}

type exceptionJSON struct {
	ID      string          `json:"id"`
	Owner   string          `json:"owner"`
	Reason  string          `json:"reason"`
	Expires time.Time       `json:"expires,omitzero"`
	Group   string          `json:"group,omitempty"`
	Rules   []secgroup.Rule `json:"rules"`
}

// MarshalJSON writes keys in lower camel case.
func (x Exception) MarshalJSON() ([]byte, error) {
	x.Rules = listed(x.Rules)
	return json.Marshal(exceptionJSON(x))
}

// UnmarshalJSON reads the output of MarshalJSON.
func (x *Exception) UnmarshalJSON(b []byte) error {
	var f exceptionJSON
	err := json.Unmarshal(b, &f)
	*x = Exception(f)
	return err
}

func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
