package events

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// place is the account and Region of the publisher: the defaults of its group.
type place struct{ account, region string }

// detail reads one detail, and collects its faults and remarks.
type detail struct {
	findings
	from    place
	remarks []claim.Fault
}

// detailKeys are the keys of a detail, by detail-type.
var detailKeys = map[string][]string{
	LaunchRequested: {"launch", "group", "rules", "expiresAt", "requester", "reason", "ticket"},
	LaunchEnded:     {"launch", "group"},
}

// read fills m with the event of that type from the detail v. A bare detail has its own
// detailType.
func (m *Message) read(detailType string, v value, bare bool) {
	d := detail{from: place{m.Launch.Account, m.Group.Region}}
	keys, known := detailKeys[detailType]
	if known {
		m.Origin.DetailType = detailType
	}
	switch {
	case v.kind != object:
		m.refuse("the detail is %s: want an object", v)
		return
	case !known:
		m.refuse("the detail-type is %s: want %q or %q", quote(detailType), LaunchRequested, LaunchEnded)
		m.Launch.Name, m.Group = d.launch(v), d.group(v, false)
		return
	case bare:
		keys = append(slices.Clone(keys), "detailType")
	}
	d.keys(v, "", keys)
	m.Launch.Name = d.launch(v)
	if detailType == LaunchRequested {
		m.request(&d, v)
	} else {
		m.end(&d, v)
	}
	if m.Faults = append(m.Faults, d.all()...); len(m.Faults) > 0 {
		m.Request, m.End = nil, nil
	}
}

func (m *Message) request(d *detail, v value) {
	r := Request{Launch: m.Launch}
	m.Group = d.group(v, true)
	r.Group = m.Group
	r.Rules, r.Parts = d.rules(v, r.Group)
	r.ExpiresAt = d.expiry(v)
	r.Purpose = d.purpose(v)
	r.Remarks = d.remarks
	m.Request = &r
}

func (m *Message) end(d *detail, v value) {
	e := End{Launch: m.Launch}
	m.Group = d.group(v, false)
	if _, named := v.get("group"); named {
		e.Group = &m.Group
	}
	m.End = &e
}
