package explain

import (
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Question is about traffic of one direction, protocol and port range, with one peer or with
// anybody.
type Question struct {
	Direction secgroup.Direction
	Protocol  secgroup.Protocol
	Ports     secgroup.Ports // secgroup.NoPorts if the protocol has none
	Peer      secgroup.Peer  // the zero Peer is anybody
}

// String returns the question in a rule's form, such as "tcp 8000 from 10.0.0.0/8". Without a
// peer, it names the direction alone, as in "ingress tcp 8000". Such traffic may be open to
// one peer and closed to others.
func (q Question) String() string {
	if q.Peer.IsValid() {
		return q.with(q.Peer).String()
	}
	text := q.with(secgroup.Self).String()
	if q.Direction == secgroup.Egress {
		return "egress " + strings.TrimSuffix(text, " to self")
	}
	return "ingress " + strings.TrimSuffix(text, " from self")
}

// with is the rule that admits the question's traffic with a peer.
func (q Question) with(p secgroup.Peer) secgroup.Rule {
	return secgroup.New(q.Direction, q.Protocol, q.Ports, p)
}

// touches reports whether a rule admits some of the traffic, as far as the rule shows.
func (q Question) touches(r secgroup.Rule) bool {
	if q.Peer.IsValid() {
		return r.Overlaps(q.with(q.Peer))
	}
	return r.Overlaps(q.with(r.Peer))
}

// depends reports whether a rule admits the traffic only for some addresses. For example, the
// rule names a prefix list, and the question's addresses may be in it.
func (q Question) depends(r secgroup.Rule) bool {
	_, asksCIDR := q.Peer.Prefix()
	_, isCIDR := r.Peer.Prefix()
	return asksCIDR && !isCIDR && r.Overlaps(q.with(r.Peer))
}

// verdict returns how much of the traffic the entries admit. Without a peer, the traffic is
// open if some peer may have all of it and that peer is not just the members of a group.
func (q Question) verdict(entries []secgroup.Entry) Verdict {
	cover := secgroup.NewCover(secgroup.Rules(entries))
	best := Closed
	for _, e := range entries {
		if !q.touches(e.Rule) {
			continue
		}
		peer := q.Peer
		if !peer.IsValid() {
			peer = e.Rule.Peer
		}
		best = max(best, q.reach(cover.Covers(q.with(peer)), e.Rule.Peer))
	}
	return best
}

// reach is the verdict by one rule that admits some of the traffic from peer p. All reports
// whether the group's rules together admit all of it.
func (q Question) reach(all bool, p secgroup.Peer) Verdict {
	_, _, isGroup := p.Group()
	switch {
	case !q.Peer.IsValid() && (isGroup || p == secgroup.Self):
		return Members
	case all:
		return Open
	}
	return Partly
}
