package main

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// openDetail is the request in the flags of `sgkeeper open`.
type openDetail struct {
	groupFlags
	traffic trafficFlags
	me      meFlags

	launch, ports, description, expires, task string

	purpose claim.Purpose

	taskPorts []skyPort // of the task, once it is read

	from []string
}

func (d *openDetail) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&d.launch, "launch", "",
		"`name` of one run of the launch; after the launch has ended, the name cannot be used again")
	d.groupFlags.add(cmd, "`id` of the security group, sg-...; or its name, with --vpc")
	flags.StringVar(&d.ports, "ports", "", "`ports` of tcp and udp, such as 8000,8002-8004")
	flags.StringVar(&d.task, "sky-task", "",
		"`file` with a SkyPilot task; its resources.ports are requested; - is standard input")
	flags.StringSliceVar(&d.from, "from", nil,
		"`peers` to admit: CIDRs, addresses, sg-..., <account>/sg-..., pl-..., self, or me, "+
			"this machine's public address")
	d.me.add(cmd)
	d.traffic.add(cmd)
	flags.StringVar(&d.description, "description", "", "`text` for the description of the rules")
	flags.StringVar(&d.expires, "expires", "",
		"`time` after which the ports close even if the launch has not ended: 12h, "+
			"or 2031-12-01T00:00:00Z; by default "+
			"never")
	flags.StringVar(&d.purpose.Requester, "requester", "", "`requester`: a person or a team")
	flags.StringVar(&d.purpose.Reason, "reason", "", "`reason` why the launch needs the ports")
	flags.StringVar(&d.purpose.Ticket, "ticket", "", "`ticket` of a tracker, such as OPS-1234")
	cmd.MarkFlagsMutuallyExclusive("ports", "sky-task", "icmp")
	must(cmd.MarkFlagFilename("sky-task", "yaml", "yml"))
	for _, name := range []string{"launch", "ports", "description", "expires", "requester", "reason", "ticket"} {
		complete(cmd, name)
	}
	complete(cmd, "from", "0.0.0.0/0", "::/0", "self", me)
}

// request reads the flags and a task's file, as the function reads an event.
func (d *openDetail) request(now time.Time, files *source) (events.Request, error) {
	expiry, err := d.expiry(now)
	if err != nil {
		return events.Request{}, fmt.Errorf("--expires %w", err)
	}
	if err := cmp.Or(d.groupFlags.check(), d.traffic.check("ports", d.ports)); err != nil {
		return events.Request{}, err
	}
	ports, err := d.wanted(files)
	if err != nil {
		return events.Request{}, fmt.Errorf("--sky-task %s: %w", d.task, err)
	}
	message, err := decodeDetail(d.detail(ports, expiry))
	if err != nil {
		return events.Request{}, d.blame(err)
	}
	return *message.Request, nil
}

// wanted returns the ports in an event's form; nil if none are given.
func (d *openDetail) wanted(files *source) (any, error) {
	switch {
	case d.task != "":
		data, err := files.read(d.task)
		if err != nil {
			return nil, err
		}
		if d.taskPorts, err = skyPorts(data); err != nil {
			return nil, err
		}
		var texts []string
		for _, p := range d.taskPorts {
			texts = append(texts, p.text)
		}
		return texts, nil
	case d.ports != "":
		return d.ports, nil
	}
	return nil, nil
}

// expiry returns the time of expiry in whole seconds; zero means never.
func (d *openDetail) expiry(now time.Time) (time.Time, error) {
	if d.expires == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, d.expires)
	if err != nil {
		in, err := time.ParseDuration(d.expires)
		if err != nil {
			return time.Time{}, fmt.Errorf("%q: want a duration such as 12h or 90m, "+
				"or a time such as 2031-12-01T00:00:00Z",
				d.expires)
		}
		at = now.Add(in)
	}
	if !at.After(now) {
		return time.Time{}, fmt.Errorf("%q: want a time in the future", d.expires)
	}
	return at.UTC().Truncate(time.Second), nil
}

// detail returns the event's detail, without absent flags.
func (d *openDetail) detail(ports any, expiry time.Time) map[string]any {
	rule := map[string]any{"protocol": d.traffic.name(), "from": d.from}
	if d.traffic.icmp.given() {
		rule["icmp"] = d.traffic.icmp.detail()
	}
	if ports != nil {
		rule["ports"] = ports
	}
	if d.description != "" {
		rule["description"] = d.description
	}
	detail := map[string]any{"launch": d.launch, "group": d.groupFlags.detail(), "rules": []any{rule}}
	if !expiry.IsZero() {
		detail["expiresAt"] = expiry
	}
	for _, k := range claim.PurposeKeys {
		if text := *d.purpose.Part(k.Key); text != "" {
			detail[k.Key] = text
		}
	}
	return detail
}

// refusedRequest is the error of a request with faults. It names the flags of the faulty values.
type refusedRequest struct {
	faults claim.Faults
	task   string    // --sky-task; "" if the ports are those of --ports
	ports  []skyPort // of the task
}

// flagFaults returns a detail's faults with the names of flags.
func flagFaults(faults claim.Faults) error { return &refusedRequest{faults: faults} }

// blame returns the error with the place of faulty ports in the task, if they are from one.
func (d *openDetail) blame(err error) error {
	if refused, ok := errors.AsType[*refusedRequest](err); ok && d.task != "" {
		refused.task, refused.ports = d.task, d.taskPorts
	}
	return err
}

// Error implements error.
func (r *refusedRequest) Error() string {
	var text strings.Builder
	text.WriteString("the request is refused:")
	for _, fault := range r.faults {
		fmt.Fprintf(&text, "\n  %s: %s", r.origin(fault.Field), fault.Problem)
		if fault.Field == "/group" {
			text.WriteString(", or a group's name and --vpc")
		}
	}
	return text.String()
}

// origin returns the flag of a field of the detail or, for the ports of a task, their place.
func (r *refusedRequest) origin(field string) string {
	flag := flagOf(field)
	if r.task == "" || !strings.HasPrefix(flag, "--ports") {
		return flag
	}
	index, isOne := strings.CutPrefix(field, "/rules/0/ports/")
	if i, err := strconv.Atoi(index); isOne && err == nil && i < len(r.ports) {
		return fmt.Sprintf("--sky-task %s, %s", r.task, r.ports[i])
	}
	return "--sky-task " + r.task + ", resources.ports" + strings.TrimPrefix(flag, "--ports")
}

// flagOf returns the flag of a field of the detail.
func flagOf(field string) string {
	switch field {
	case "/rules", "/rules/0": // the number of rules
		return "--ports, --from"
	case "/expiresAt":
		return "--expires"
	case "/group/name":
		return "--group"
	case "/group/vpc":
		return "--vpc"
	}
	key, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(field, "/rules/0"), "/"), "/")
	return "--" + key
}
