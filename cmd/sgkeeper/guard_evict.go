package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/aws/parameter"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/guardfile"
)

// guardEvictFlags are the flags of `sgkeeper guard evict`.
type guardEvictFlags struct {
	claimsFlags
	guardrails string
	yes        bool
}

func newGuardEvict() *cobra.Command {
	var f guardEvictFlags
	cmd := &cobra.Command{
		Use:               "evict --guardrails FILE",
		Short:             "End the requests that guardrails no longer allow",
		Long:              guardEvictLong,
		Example:           guardEvictExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.guardrails, "guardrails", "",
		"guardrails `file`, builtin, or ssm: and the name of an SSM parameter; - is standard input")
	f.table.addGroups(cmd, &f.groups, "; by default all")
	flags.Var(checked(&f.launch, "launch", checkLaunch), "launch", "`name` of a launch; by default all")
	flags.BoolVar(&f.yes, "yes", false, "end the requests that are shown")
	f.table.add(cmd)
	f.aws.add(cmd)
	must(cmd.MarkFlagRequired("guardrails"))
	must(cmd.RegisterFlagCompletionFunc("guardrails",
		cobra.FixedCompletions([]string{builtinGuard}, cobra.ShellCompDirectiveDefault)))
	complete(cmd, "launch")
	return cmd
}

// evicted is the output of `sgkeeper guard evict`.
type evicted struct {
	Refused []evictedClaim `json:"refused"`
	Unknown []evictedClaim `json:"unknown"` // the verdict depends on unknown facts of the group
	Ended   bool           `json:"ended"`
}

type evictedClaim struct {
	Launch  string        `json:"launch"`
	Account string        `json:"account"` // the launch's
	Group   string        `json:"group"`
	Reasons []claim.Fault `json:"reasons"`
	request claim.Request
}

func (f *guardEvictFlags) run(cmd *cobra.Command) error {
	ctx := cmd.Context()
	table, c, err := f.table.connect(ctx, &f.aws, each(f.groups)...)
	if err != nil {
		return err
	}
	g, err := f.read(ctx, cmd, c)
	if err != nil {
		return fmt.Errorf("--guardrails %s: %w", f.guardrails, err)
	}
	requests, err := f.claimsFlags.read(ctx, table, c)
	if err != nil {
		return f.table.remedy(c, err)
	}
	everyLaunch := f.claimsFlags
	everyLaunch.launch = ""
	chosen := func(r claim.Request) bool { return f.launch == "" || r.Launch.Name == f.launch }
	found, err := against(ctx, c, g, everyLaunch.chosen(requests), chosen)
	if err != nil {
		return err
	}
	if f.yes {
		if err := end(ctx, table, found.Refused); err != nil {
			return f.table.remedy(c, err)
		}
		found.Ended = len(found.Refused) > 0
	}
	return f.report(cmd, found)
}

// read reads the guardrails, as the function does.
func (f *guardEvictFlags) read(ctx context.Context, cmd *cobra.Command, c aws.Config) (*guard.Guard, error) {
	name, ok := strings.CutPrefix(f.guardrails, "ssm:")
	switch {
	case ok && name == "":
		return nil, errors.New("want the name of an SSM parameter after ssm:, such as ssm:/sgkeeper/guardrails")
	case !ok:
		source := source{stdin: cmd.InOrStdin()}
		return source.guardrails(f.guardrails)
	}
	text, _, err := parameter.New(ssm.NewFromConfig(c), name).Read(ctx, "")
	if err != nil {
		return nil, err
	}
	return guardfile.Read(text)
}

// evicting judges live requests, group by group. It reads a group or a prefix list from EC2
// only if the guardrails depend on it.
type evicting struct {
	guard  *guard.Guard
	groups *ec2sg.Groups
	region string
	found  evicted
}

// against returns the live requests that the guardrails refuse, or may refuse: alone, or
// beside earlier requests of the group.
func against(
	ctx context.Context, c aws.Config, g *guard.Guard, requests []claim.Request, chosen func(claim.Request) bool,
) (evicted, error) {
	e := evicting{guard: g, groups: ec2sg.New(ec2.NewFromConfig(c)), region: c.Region}
	e.found = evicted{Refused: []evictedClaim{}, Unknown: []evictedClaim{}}
	for len(requests) > 0 {
		n := 1
		for n < len(requests) && requests[n].Group == requests[0].Group {
			n++
		}
		e.judge(ctx, requests[:n], chosen)
		requests = requests[n:]
	}
	return e.found, ctx.Err()
}

// judge judges one group's live requests in the order of receipt.
func (e *evicting) judge(ctx context.Context, requests []claim.Request, chosen func(claim.Request) bool) {
	group := requests[0].Group
	in := guard.Group{Account: group.Account, ID: group.ID}
	lists := make(map[string]guard.List)
	ids, needs := e.guard.Needs(in, requests, nil)
	e.read(ctx, group, ids, lists)
	unread := ""
	if needs {
		in.Facts, unread = e.facts(ctx, group)
	}
	union := e.guard.Union(in, lists)
	for _, r := range requests {
		ask := guard.Candidate{
			Launch: r.Launch, Group: in, Lists: lists, Rules: r.Rules, Received: r.Received, ExpiresAt: r.ExpiresAt,
			Source: r.Origin.Source, Purpose: r.Purpose,
		}
		e.read(ctx, group, e.guard.Reads(ask), lists)
		faults, needs := e.guard.Check(ask)
		if needs && in.Facts == nil && unread == "" {
			in.Facts, unread = e.facts(ctx, group)
			ask.Group = in
			e.read(ctx, group, e.guard.Reads(ask), lists)
			faults, needs = e.guard.Check(ask)
		}
		if needs && unread != "" {
			faults = claim.Faults{{Field: "/group", Problem: unread}}
		}
		unknown := needs || len(e.guard.Reads(ask)) > 0
		if faults == nil {
			faults, unknown = union.Against(r)
		}
		if faults == nil || unknown {
			union.Add(r)
		}
		against := evictedClaim{r.Launch.Name, r.Launch.Account, r.Group.ID, faults, r}
		switch {
		case faults == nil || !chosen(r):
		case unknown:
			e.found.Unknown = append(e.found.Unknown, against)
		default:
			e.found.Refused = append(e.found.Refused, against)
		}
	}
}

// facts returns a group's facts, or the reason why they cannot be read.
func (e *evicting) facts(ctx context.Context, group claim.Group) (facts *guard.Facts, problem string) {
	if group.Region != e.region {
		return nil, "its name and tags cannot be read from another Region; run it in " + group.Region
	}
	read, err := e.groups.Facts(ctx, group)
	if err != nil {
		return nil, "its name and tags cannot be read: " + err.Error()
	}
	return &read, ""
}

// read reads prefix lists. It leaves out unreadable ones, so that no verdict depends on them.
func (e *evicting) read(ctx context.Context, group claim.Group, ids []string, lists map[string]guard.List) {
	for _, id := range ids {
		if _, known := lists[id]; known || group.Region != e.region {
			continue
		}
		if entries, err := e.groups.Entries(ctx, group.Account, group.Region, id); err == nil {
			lists[id] = guard.List{Entries: entries}
		}
	}
}

// end ends the launches' parts in the groups for good. The next sweep serves each group.
func end(ctx context.Context, table *dynamo.Table, refused []evictedClaim) error {
	type part struct {
		launch claim.Launch
		group  claim.Group
	}
	done := make(map[part]bool)
	for _, e := range refused {
		p := part{e.request.Launch, e.request.Group}
		if done[p] {
			continue
		}
		done[p] = true
		if err := table.EndIn(ctx, p.launch, p.group, time.Now()); err != nil {
			return err
		}
		if err := table.Ring(ctx, p.group); err != nil {
			return err
		}
	}
	return nil
}

func (f *guardEvictFlags) report(cmd *cobra.Command, found evicted) error {
	var err error
	if outputOf(cmd) == jsonFormat {
		err = console.WriteJSON(cmd.OutOrStdout(), found)
	} else {
		err = found.print(cmd.OutOrStdout())
	}
	switch {
	case err != nil:
		return err
	case len(found.Refused) > 0 && !f.yes:
		return errors.New("nothing was ended: give --yes to end these")
	case len(found.Unknown) > 0:
		return fmt.Errorf("%d requests cannot be judged: run the command with credentials that can "+
			"describe their groups", len(found.Unknown))
	}
	return nil
}

// reasonWidth is the width of reasons in a file or a pipe.
const reasonWidth = 80

func (e evicted) print(w io.Writer) error {
	if len(e.Refused)+len(e.Unknown) == 0 {
		_, err := fmt.Fprintln(w, "The guardrails allow every open request.")
		return err
	}
	style := console.StyleFor(w)
	text := ""
	for _, c := range slices.Concat(e.Refused, e.Unknown) {
		text += fmt.Sprintf("%s  %s  %s\n", style.Paint(console.Bold, printable(c.Launch)), c.Account, c.Group)
		for _, reason := range c.Reasons {
			text += console.Wrap(printable(reason.String()), cmp.Or(style.Width, reasonWidth), 2) + "\n"
		}
	}
	if e.Ended {
		text += "Ended. The next sweep revokes the rules, unless other launches need them.\n"
	}
	_, err := io.WriteString(w, style.Fit(text))
	return err
}
