package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/explain"
)

// explainQuestion is the question in the flags of `sgkeeper explain`.
type explainQuestion struct {
	port    string
	traffic trafficFlags
	from    []string
	me      meFlags
	egress  bool
}

func (q *explainQuestion) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&q.port, "port", "", "`port` of tcp or udp, or a range such as 8002-8004")
	q.traffic.add(cmd)
	flags.StringSliceVar(&q.from, "from", nil,
		"`peers` of the question, each by itself, as for open; by default the whole world")
	flags.BoolVar(&q.egress, "egress", false, "the question is about egress; --from then names the destinations")
	complete(cmd, "port")
	q.me.add(cmd)
	cmd.MarkFlagsMutuallyExclusive("port", "icmp")
	complete(cmd, "from", "0.0.0.0/0", "::/0", "self", me)
}

// questions returns one question for each peer. EC2 has no peer self, so self is the group's
// id.
func (q *explainQuestion) questions(group string) ([]explain.Question, error) {
	about, err := q.about()
	if err != nil {
		return nil, err
	}
	if len(q.from) == 0 {
		return []explain.Question{about}, nil
	}
	var questions []explain.Question
	for _, text := range q.from {
		peer, err := secgroup.ParsePeer(text)
		if err != nil {
			return nil, fmt.Errorf("--from: %w", err)
		}
		if peer == secgroup.Self {
			peer = secgroup.Group(group)
		}
		about.Peer = peer
		questions = append(questions, about)
	}
	return questions, nil
}

// about returns the question without the peer.
func (q *explainQuestion) about() (about explain.Question, err error) {
	if q.egress {
		about.Direction = secgroup.Egress
	}
	if about.Protocol, err = secgroup.ParseProtocol(q.traffic.name()); err != nil {
		return about, fmt.Errorf("--%w", err)
	}
	if err := q.traffic.check("port", q.port); err != nil {
		return about, err
	}
	about.Ports = secgroup.NoPorts
	switch {
	case !about.Protocol.HasPorts() && q.port != "":
		return about, fmt.Errorf("--port: protocol %s has no ports: leave it out", q.traffic.name())
	case q.traffic.icmp.given():
		about.Ports = q.traffic.icmp.kind
		return about, nil
	case !about.Protocol.HasPorts():
		return about, nil
	case q.port == "":
		return about, errors.New("no port is given: give --port, such as 8000 or 8002-8004")
	}
	if about.Ports, err = secgroup.ParsePorts(q.port); err != nil {
		err = fmt.Errorf("--port: %w", err)
	}
	return about, err
}
