package dynamo_test

import (
	"context"
	"errors"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// EndIn records the end of a launch in a group, with or without requests there.
func (b *bench) EndIn(ctx context.Context, l claim.Launch, g claim.Group, at time.Time) error {
	if err := b.Table.EndIn(ctx, l, g, at); !errors.Is(err, ensure.ErrNoRequest) {
		return err
	}
	return nil
}

// Due returns the groups that are due, without their times.
func (b *bench) Due(ctx context.Context, now time.Time, limit int) ([]claim.Group, error) {
	due, err := b.Table.Due(ctx, now, limit)
	var groups []claim.Group
	for _, d := range due {
		groups = append(groups, d.Group)
	}
	return groups, err
}
