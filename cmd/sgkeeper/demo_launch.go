package main

import (
	"fmt"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// demoLaunch is one launch of the demo: its rules, and its start.
type demoLaunch struct {
	name        string
	group       string
	at          time.Duration // after the start of the race
	ports       []secgroup.Ports
	from        []string // CIDRs
	description string
	repeated    bool // EventBridge delivers its event twice
}

// rules are the rules that must be open once the launch has its outcome.
func (l demoLaunch) rules() secgroup.Set { return secgroup.Rules(l.entries()) }

func (l demoLaunch) entries() []secgroup.Entry {
	var entries []secgroup.Entry
	for _, ports := range l.ports {
		for _, from := range l.from {
			rule := secgroup.MustParseRule(fmt.Sprintf("tcp %s from %s", ports, from))
			entries = append(entries, secgroup.Entry{Rule: rule, Description: l.description})
		}
	}
	return secgroup.Merge(entries)
}

// request is the event that the launch publishes.
func (l demoLaunch) request() events.Request {
	return events.Request{
		Launch: claim.Launch{Name: l.name},
		Group:  events.Group{ID: l.group},
		Rules:  l.entries(),
	}
}
