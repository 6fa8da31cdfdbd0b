package main

import (
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/preview"
)

// planJSON is the output of `sgkeeper plan --output json`. No list in it is null.
type planJSON struct {
	Groups   []groupJSON     `json:"groups"`
	Rejected []rejectionJSON `json:"rejected"`
}

type groupJSON struct {
	Group     string                  `json:"group"`
	Authorize []secgroup.Entry        `json:"authorize"`
	Revoke    []secgroup.Entry        `json:"revoke"`
	Covered   []secgroup.CoveredEntry `json:"covered"`
	Quota     quotaJSON               `json:"quota"`
}

type quotaJSON struct {
	IngressIPv4 int  `json:"ingressIpv4"`
	IngressIPv6 int  `json:"ingressIpv6"`
	EgressIPv4  int  `json:"egressIpv4"`
	EgressIPv6  int  `json:"egressIpv6"`
	Limit       int  `json:"limit"`
	Fits        bool `json:"fits"`
	// Unweighed are the prefix lists that counted as 1 rule each, because their maximum is not
	// known.
	Unweighed []string `json:"unweighed,omitempty"`
}

type rejectionJSON struct {
	Launch  string        `json:"launch"`
	Reasons []claim.Fault `json:"reasons"`
}

func planJSONOf(p preview.Preview, limit int) planJSON {
	printed := planJSON{[]groupJSON{}, []rejectionJSON{}}
	for _, g := range p.Groups {
		printed.Groups = append(printed.Groups, groupJSON{
			Group:     g.Group,
			Authorize: orEmpty(g.Authorize),
			Revoke:    orEmpty(g.Revokes()),
			Covered:   orEmpty(g.Covered),
			Quota: quotaJSON{
				g.Usage.IngressIPv4, g.Usage.IngressIPv6, g.Usage.EgressIPv4, g.Usage.EgressIPv6,
				limit, g.Usage.Fits, g.Unweighed,
			},
		})
	}
	for _, r := range p.Rejected {
		printed.Rejected = append(printed.Rejected, rejectionJSON{r.Launch, orEmpty([]claim.Fault(r.Reasons))})
	}
	return printed
}
