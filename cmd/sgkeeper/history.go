package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// historyFlags are the flags of `sgkeeper history`.
type historyFlags struct {
	aws    awsFlags
	table  tableFlags
	group  string
	launch string
	owned  publisherFlag
}

func newHistory() *cobra.Command {
	var f historyFlags
	cmd := &cobra.Command{
		Use:               "history --group SG | --launch NAME",
		Short:             "Print all requests and refused events of a group or a launch",
		Long:              historyLong,
		Example:           historyExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	f.table.addGroup(cmd, &f.group)
	flags.Var(checked(&f.launch, "launch", checkLaunch), "launch", "`name` of a launch")
	f.owned.add(cmd)
	f.table.add(cmd)
	flags.Lookup("account").Usage = "`account` of the group, or of a launch's publisher if no group is given; " +
		"by default $SGKEEPER_ACCOUNT, or the table's"
	f.aws.add(cmd)
	complete(cmd, "launch")
	return cmd
}

func (f *historyFlags) run(cmd *cobra.Command) error {
	if f.group == "" && f.launch == "" {
		return errors.New("no history is chosen: give --group, the id or name of a security group, " +
			"or --launch, the name of a launch, or both")
	}
	var groups []*string
	if f.group != "" {
		groups = append(groups, &f.group)
	}
	table, c, err := f.table.connect(cmd.Context(), &f.aws, groups...)
	if err != nil {
		return err
	}
	h, failed := f.read(cmd.Context(), table, c)
	partial := unreadableItems(failed)
	if failed != nil && partial == nil {
		return f.table.remedy(c, failed)
	}
	if outputOf(cmd) == jsonFormat {
		document := h.json()
		document.Unreadable = partial
		return cmp.Or(console.WriteJSON(cmd.OutOrStdout(), document), failed)
	}
	return cmp.Or(h.print(cmd.OutOrStdout()), failed)
}

// history is the table's data about a group or a launch, in time order.
type history struct {
	past       []past
	unrecorded map[string]int // refused events without a record, by publisher
}

// past is either a request or a refused event.
type past struct {
	at      time.Time
	request *claim.Request
	refusal *claim.Refusal
}

// historyOf merges requests and refused events by time. For equal times, it keeps the given
// order.
func historyOf(requests []claim.Request, refused refusedEvents) history {
	h := history{unrecorded: refused.unrecorded}
	for _, r := range claim.InOrder(requests) {
		h.past = append(h.past, past{at: r.Received, request: &r})
	}
	for _, r := range claim.RefusalsInOrder(refused.refusals) {
		h.past = append(h.past, past{at: r.At, refusal: &r})
	}
	slices.SortStableFunc(h.past, func(a, b past) int { return a.at.Compare(b.at) })
	return h
}

func (f *historyFlags) read(ctx context.Context, table *dynamo.Table, c aws.Config) (history, error) {
	if f.group == "" {
		account, err := f.table.owner(ctx, c)
		if err != nil {
			return history{}, err
		}
		return historyOfLaunch(ctx, table, f.owned.launch(account, f.launch))
	}
	group, err := f.table.group(ctx, c, f.group)
	if err != nil {
		return history{}, err
	}
	requests, unread := table.Requests(ctx, group)
	if unread != nil && !errors.Is(unread, ensure.ErrUnreadable) {
		return history{}, unread
	}
	requests = slices.DeleteFunc(requests, func(r claim.Request) bool {
		return !f.chosen(r.Launch)
	})
	refused, err := refusalsOn(ctx, table, group)
	refused = refused.of(f.launch)
	refused.refusals = slices.DeleteFunc(refused.refusals, func(r claim.Refusal) bool { return !f.chosen(r.Launch) })
	return historyOf(requests, refused), cmp.Or(err, unread)
}

// chosen reports whether the flags select a launch.
func (f *historyFlags) chosen(l claim.Launch) bool {
	return (f.launch == "" || l.Name == f.launch) && (f.owned.name == "" || l.Namespace == f.owned.name)
}

// historyOfLaunch reads a launch's requests on each of its groups, and its refused
// events.
func historyOfLaunch(ctx context.Context, table *dynamo.Table, l claim.Launch) (history, error) {
	trace, odd := table.Trace(ctx, l)
	if odd != nil && !errors.Is(odd, ensure.ErrUnreadable) {
		return history{}, odd
	}
	requests, unread := table.Requests(ctx, trace.Groups...)
	if unread != nil && !errors.Is(unread, ensure.ErrUnreadable) {
		return history{}, unread
	}
	requests = slices.DeleteFunc(requests, func(r claim.Request) bool { return r.Launch != l })
	var refused refusedEvents
	var err error
	if refused.refusals, err = table.RefusalsOf(ctx, l, time.Time{}); err != nil {
		return history{}, err
	}
	if refused.unrecorded, err = table.Unrecorded(ctx, l.Owner()); err != nil {
		return history{}, err
	}
	return historyOf(requests, refused), errors.Join(odd, unread)
}
