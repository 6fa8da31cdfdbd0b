package dynamo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/await"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// Trace implements await.Table, by one query. If some items cannot be read, it returns the
// others and an [UnreadableError].
func (t *Table) Trace(ctx context.Context, l claim.Launch) (await.Trace, error) {
	trace := newTrace()
	var failed unreadable
	values := item{":pk": text(launchPK(l)), ":ends": text("END"), ":groups": text("G#~")}
	err := t.read(ctx, true, "pk = :pk AND sk BETWEEN :ends AND :groups", values, func(it item) error {
		failed.add(add(&trace, it))
		return nil
	})
	if err != nil {
		return await.Trace{}, fmt.Errorf("trace of %s: %w", launchPK(l), err)
	}
	if err := failed.err(); err != nil {
		return trace, fmt.Errorf("trace of %s: %w", launchPK(l), err)
	}
	return trace, nil
}

func newTrace() await.Trace { return await.Trace{EndedIn: make(map[claim.Group]time.Time)} }

// add adds an end or a group's record of a launch.
func add(t *await.Trace, it item) error {
	r := reader{item: it}
	if r.version(version); r.err != nil {
		return fmt.Errorf("item %s: %w", keyOf(it), r.err)
	}
	sk := keyOf(it).sk
	if sk == "END" {
		t.Ended = true
		return nil
	}
	group, ok := decodeGroup(sk)
	if !ok {
		return oddKey(it)
	}
	if strings.HasPrefix(sk, "END#") {
		t.EndedIn[group] = r.time("at")
	} else {
		t.Groups = append(t.Groups, group)
	}
	if r.err != nil {
		return fmt.Errorf("item %s: %w", keyOf(it), r.err)
	}
	return nil
}

// Known implements ensure.Launches, by one strongly consistent read.
func (t *Table) Known(ctx context.Context, l claim.Launch) (bool, error) {
	known := false
	err := t.query(ctx, launchPK(l), "G#", func(item) error {
		known = true
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("groups of %s: %w", launchPK(l), err)
	}
	return known, nil
}

// Head returns a group's lease and ledger, by a strongly consistent read. It writes nothing.
func (t *Table) Head(ctx context.Context, g claim.Group) (lease.Head, claim.Ledger, error) {
	stored := t.stored()
	err := t.read(ctx, true, "pk = :pk AND sk BETWEEN :head AND :last",
		item{":pk": text(groupPK(g)), ":head": text(headSK), ":last": text(pagePrefix + "~")},
		func(it item) error { stored.add(it); return nil })
	if err != nil {
		return lease.Head{}, claim.Ledger{}, fmt.Errorf("head of %s: %w", groupPK(g), err)
	}
	return stored.heads()
}
