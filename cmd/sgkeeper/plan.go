package main

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/awscli"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/preview"
)

// planFlags are the flags of `sgkeeper plan`.
type planFlags struct {
	rules        rulesFlag
	events       []string
	quota        quotaFlags
	guardrails   string
	lists        listFlag
	at           time.Time
	claims       string
	installation string
}

func newPlan() *cobra.Command {
	var f planFlags
	cmd := &cobra.Command{
		Use:               "plan --rules FILE --event FILE...",
		Short:             "Show offline which rules the ensure function would write",
		Long:              planLong,
		Example:           planExample,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: cobra.FixedCompletions([]string{"json"}, cobra.ShellCompDirectiveFilterFileExt),
		RunE:              func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	flags := cmd.Flags()
	f.rules.add(cmd, "`file` with the rules of groups: the output of describe-security-group-rules or "+
		"describe-security-groups, and of describe-managed-prefix-lists for the quota")
	flags.StringArrayVar(&f.events, "event", nil,
		"`file` with an event, a list of events, or a bare detail; may be repeated; - is standard input")
	f.quota.add(cmd)
	flags.StringVar(&f.guardrails, "guardrails", builtinGuard,
		"`file` with guardrails; builtin: those of an installation without a file; none: "+
			"no guardrails; - is standard input")
	f.lists.add(cmd)
	flags.Var(timeFlag{&f.at}, "at", "`time` at which the events arrive, such as 2031-12-01T00:00:00Z; by default now")
	flags.StringVar(&f.claims, "claims", "",
		"`file` with the existing requests, as sgkeeper claims --output json prints them; - is standard input; "+
			"needs --installation")
	flags.StringVar(&f.installation, "installation", "",
		"`identity` of the installation, to identify the rules that it may revoke, "+
			"as on their tag sgkeeper:installation; needs --claims")
	must(cmd.MarkFlagRequired("rules"))
	must(cmd.MarkFlagRequired("event"))
	must(cmd.MarkFlagFilename("event", "json"))
	must(cmd.MarkFlagFilename("claims", "json"))
	guardrails := cobra.FixedCompletions([]string{builtinGuard, noGuard}, cobra.ShellCompDirectiveDefault)
	must(cmd.RegisterFlagCompletionFunc("guardrails", guardrails))
	complete(cmd, "at")
	complete(cmd, "installation")
	return cmd
}

func (f *planFlags) run(cmd *cobra.Command, args []string) error {
	in, err := f.read(cmd, args)
	if err != nil {
		return err
	}
	if f.claims != "" && !ruleTagsKnown(in.Groups) {
		fmt.Fprintf(cmd.ErrOrStderr(),
			"note: %s shows no tags of rules, so none counts as sgkeeper's own and none is revoked: use "+
				"describe-security-group-rules\n", &f.rules)
	}
	preview := in.Make()
	if outputOf(cmd) == jsonFormat {
		err = console.WriteJSON(cmd.OutOrStdout(), planJSONOf(preview, in.Quota.Limit))
	} else {
		err = printPlan(cmd.OutOrStdout(), preview, in.Quota.Limit)
	}
	switch {
	case err != nil:
		return err
	case len(preview.Rejected) > 0:
		return failed
	case !preview.NothingToDo():
		return different
	}
	return nil
}

// read checks the flags and reads the files.
func (f *planFlags) read(cmd *cobra.Command, args []string) (in preview.Offline, err error) {
	if in.Quota, err = f.quota.quota(); err != nil {
		return in, err
	}
	if err := f.checkOwnership(); err != nil {
		return in, err
	}
	files, err := f.files(args)
	if err != nil {
		return in, err
	}
	source := source{stdin: cmd.InOrStdin()}
	if in.At = f.at; in.At.IsZero() {
		in.At = time.Now()
	}
	if err := f.guard(&source, &in); err != nil {
		return in, fmt.Errorf("--guardrails %s: %w", cmp.Or(f.guardrails, `""`), err)
	}
	found, err := f.rules.read(&source)
	if err != nil {
		return in, err
	}
	in.Groups, in.Complete, in.Quota = found.Groups, found.Complete, in.Quota.Weigh(found.Weights)
	if err := f.readClaims(&source, &in); err != nil {
		return in, fmt.Errorf("--claims %s: %w", f.claims, err)
	}
	for _, file := range files {
		messages, err := source.events(file)
		if err != nil {
			return in, fmt.Errorf("--event %s: %w", file, err)
		}
		in.Messages = append(in.Messages, messages...)
	}
	return in, nil
}

// files returns the events' files: one for each --event, or all after one.
func (f *planFlags) files(args []string) ([]string, error) {
	if len(args) > 0 && len(f.events) > 1 {
		return nil, fmt.Errorf("unexpected argument %q: want --event before each file, "+
			"or one --event before all of them",
			args[0])
	}
	return append(f.events, args...), nil
}

// guard reads the guardrails. They use the plan's clock.
func (f *planFlags) guard(s *source, in *preview.Offline) error {
	switch f.guardrails {
	case noGuard:
		return nil
	case "":
		return errors.New("want builtin, none, or a file")
	}
	g, err := s.guardrails(f.guardrails)
	if err != nil {
		return err
	}
	lists, err := f.lists.read(s)
	if err != nil {
		return err
	}
	limits := g.Limits()
	in.Check, in.Means, in.Caps = guardedBy(g, in.At, lists), meaning(g), plan.Caps{
		Launches: limits.Claims, Rules: limits.Rules,
		OwnerLaunches: limits.PublisherClaims, OwnerRules: limits.PublisherRules,
	}
	in.Judge = func(group awscli.Group) plan.Judge { return g.Union(guardGroup(group), lists) }
	return nil
}

// checkOwnership fails unless --claims and --installation are given together. With only one of
// them, plan would keep every rule, or revoke every rule.
func (f *planFlags) checkOwnership() error {
	switch {
	case f.claims != "" && f.installation == "":
		return errors.New("--claims needs --installation: the identity on the tag " +
			"sgkeeper:installation of the rules that " +
			"are sgkeeper's own; by default <account>/<Region>/<table>")
	case f.claims == "" && f.installation != "":
		return errors.New("--installation needs --claims, the output of sgkeeper claims --output json: a rule " +
			"without a request is revoked")
	}
	return nil
}

// readClaims reads the claims, if they are given.
func (f *planFlags) readClaims(s *source, in *preview.Offline) error {
	if f.claims == "" {
		return nil
	}
	claims, installation, err := s.claims(f.claims)
	if err != nil {
		return err
	}
	in.Claims, in.Owner = claims, plan.Installation(f.installation)
	if installation != "" && installation != in.Owner {
		return fmt.Errorf("these are the claims of the installation %q, not of %q", installation, in.Owner)
	}
	return checkOwners(claims, in.Groups)
}

// ruleTagsKnown reports whether the groups' rules were described with ids and tags.
func ruleTagsKnown(groups []awscli.Group) bool {
	for _, g := range groups {
		if len(g.Entries) > 0 && !g.HasRuleIDs {
			return false
		}
	}
	return true
}
