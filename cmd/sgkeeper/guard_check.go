package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/awscli"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
)

// guardCheckFlags are the flags of `sgkeeper guard check`.
type guardCheckFlags struct {
	events  []string
	rules   rulesFlag
	account string
	lists   listFlag
}

func newGuardCheck() *cobra.Command {
	var f guardCheckFlags
	cmd := &cobra.Command{
		Use:     "check FILE",
		Short:   "Check a guardrails file, and its verdicts on requests",
		Long:    guardCheckLong,
		Example: guardCheckExample,
		Args:    oneGuardrailsFile,
		ValidArgsFunction: cobra.FixedCompletions([]string{"yaml", "yml", "json"},
			cobra.ShellCompDirectiveFilterFileExt),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.events, "event", nil,
		"`file` with an event, a list of events, or a bare detail; may be repeated; - is standard input")
	f.rules.add(cmd, "`file` that tells the groups' names and tags: the output of describe-security-groups")
	flags.Var(checked(&f.account, "account", checkAccount), "account", "`account` that bare details speak for")
	must(cmd.MarkFlagFilename("event", "json"))
	f.lists.add(cmd)
	complete(cmd, "account")
	return cmd
}

// guardVerdict is the verdict of guardrails on one request. If the request is neither allowed
// nor refused, the verdict depends on unknown facts.
type guardVerdict struct {
	Launch  string        `json:"launch"`
	Group   string        `json:"group"`
	Verdict string        `json:"verdict"`
	Reasons []claim.Fault `json:"reasons"`
}

const (
	allowedVerdict = "allowed"
	refusedVerdict = "refused"
	unknownVerdict = "unknown"
)

// guardChecked is the output of `sgkeeper guard check`.
type guardChecked struct {
	File     string         `json:"file"`
	Allow    int            `json:"allow"` // entries; -1: there is no list, and all is allowed
	Deny     int            `json:"deny"`
	Admins   int            `json:"admins"`
	Builtin  bool           `json:"builtin"`
	Requests []guardVerdict `json:"requests"`
}

func (f *guardCheckFlags) run(cmd *cobra.Command, file string) error {
	if len(f.events) == 0 && (f.rules.given() || f.account != "" || len(f.lists.files) > 0) {
		return errors.New("--rules, --prefix-list and --account are about requests: " +
			"give --event too, or leave them out")
	}
	source := source{stdin: cmd.InOrStdin()}
	g, err := source.guardrails(file)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	n := g.Entries()
	checked := guardChecked{
		File: file, Allow: n.Allow, Deny: n.Deny, Admins: n.Admins, Builtin: n.Builtin, Requests: []guardVerdict{},
	}
	if err := f.judge(&source, g, &checked); err != nil {
		return err
	}
	if outputOf(cmd) == jsonFormat {
		err = console.WriteJSON(cmd.OutOrStdout(), checked)
	} else {
		err = checked.print(cmd.OutOrStdout())
	}
	if err != nil {
		return err
	}
	for _, v := range checked.Requests {
		if v.Verdict != allowedVerdict {
			return failed
		}
	}
	return nil
}

// judge judges each request in the events' files by the guardrails.
func (f *guardCheckFlags) judge(s *source, g *guard.Guard, checked *guardChecked) error {
	var groups []awscli.Group
	if f.rules.given() {
		found, err := f.rules.read(s)
		if err != nil {
			return err
		}
		groups = found.Groups
	}
	lists, err := f.lists.read(s)
	if err != nil {
		return err
	}
	for _, file := range f.events {
		messages, err := s.events(file)
		if err != nil {
			return fmt.Errorf("--event %s: %w", file, err)
		}
		for _, m := range messages {
			in, faults := among(groups, m.Group)
			m.Faults = append(m.Faults, faults...)
			if v, ok := f.verdict(g, in, lists, m); ok {
				checked.Requests = append(checked.Requests, v)
			}
		}
	}
	return nil
}

// among returns an event's group; the zero Group if it is not among the groups. It returns a fault
// if several have its name.
func among(groups []awscli.Group, g events.Group) (awscli.Group, claim.Faults) {
	id := g.ID
	if id == "" {
		ids := awscli.Named(groups, g.Account, g.Name, g.VPC)
		if len(ids) > 1 {
			return awscli.Group{}, claim.Faults{group.Ambiguous(g.Name, g.VPC, ids)}
		}
		id = strings.Join(ids, "")
	}
	for _, known := range groups {
		if known.ID == id {
			return known, nil
		}
	}
	return awscli.Group{}, nil
}

// verdict returns the verdict of the guardrails on a message; ok is false if the message is no
// request.
func (f *guardCheckFlags) verdict(
	g *guard.Guard, group awscli.Group, lists map[string]guard.List, m events.Message,
) (guardVerdict, bool) {
	m.Fill(cmp.Or(f.account, group.Owner), "")
	group.ID, group.Owner = cmp.Or(group.ID, m.Group.ID), m.Group.Account
	v := guardVerdict{
		Launch: m.Launch.Name, Group: cmp.Or(group.ID, m.Group.Name),
		Verdict: refusedVerdict, Reasons: orEmpty([]claim.Fault(m.Faults)),
	}
	switch {
	case m.Faults != nil:
		return v, true
	case m.Request == nil:
		return v, false
	}
	meant, faults := meaning(g)(m)
	r := *m.Request
	r.Launch, m.Request = meant, &r
	found, unknown := judge(g, m, time.Now(), group, lists)
	faults = append(faults, found...)
	switch {
	case unknown:
		v.Verdict = unknownVerdict
	case faults == nil:
		v.Verdict = allowedVerdict
	}
	v.Reasons = orEmpty([]claim.Fault(faults))
	return v, true
}

func (c guardChecked) print(w io.Writer) error {
	text := fmt.Sprintf("%s is valid: %s, %d deny, %d admin entries; the built-in guardrails are %s.\n",
		printable(c.File), c.allows(), c.Deny, c.Admins,
		map[bool]string{true: "in force besides", false: "not in force"}[c.Builtin])
	if c.File == builtinGuard {
		text = "builtin: the guardrails of an installation without a file.\n"
	}
	s := console.StyleFor(w)
	for _, v := range c.Requests {
		mark, colour := "?", console.Red
		switch v.Verdict {
		case allowedVerdict:
			mark, colour = "+", console.Green
		case refusedVerdict:
			mark = "!"
		}
		launch := printable(cmp.Or(v.Launch, "an event that names no launch"))
		text += s.Paint(colour, fmt.Sprintf("%s %s is %s", mark, launch, v.Verdict)) + "\n"
		for _, reason := range v.Reasons {
			text += "    " + printable(reason.String()) + "\n"
		}
	}
	_, err := io.WriteString(w, text)
	return err
}

func (c guardChecked) allows() string {
	if c.Allow < 0 {
		return "no allow list"
	}
	return fmt.Sprintf("%d allow", c.Allow)
}

// oneGuardrailsFile fails unless the command gets one file.
func oneGuardrailsFile(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("found %d files: want one, - for standard input, or builtin", len(args))
	}
	return nil
}
