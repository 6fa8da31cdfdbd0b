package launcher

import (
	"fmt"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Rules returns TCP rules that allow the peers to reach the ports. Ports are written as in
// "8000,8002-8004". A peer is a CIDR, an address, sg-..., <account>/sg-..., pl-... or self.
// For other protocols use [secgroup.ParseRule].
func Rules(ports string, from ...string) ([]secgroup.Entry, error) {
	if len(from) == 0 {
		return nil, fmt.Errorf("ports %s without a peer: want at least one, such as 10.0.0.0/8", ports)
	}
	var rules []secgroup.Entry
	for text := range strings.SplitSeq(ports, ",") {
		ports, err := secgroup.ParsePorts(text)
		if err != nil {
			return nil, err
		}
		for _, text := range from {
			peer, err := secgroup.ParsePeer(text)
			if err != nil {
				return nil, err
			}
			rules = append(rules, secgroup.Entry{Rule: secgroup.New(secgroup.Ingress, secgroup.TCP, ports, peer)})
		}
	}
	return secgroup.Merge(rules), nil
}
