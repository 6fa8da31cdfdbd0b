package audit

import (
	"context"
	"time"
)

// atOnce is the number of places in which EC2 is called at the same time. It bounds the memory
// for EC2's answers.
const atOnce = 8

// patience is the time for the first call in a place while other places wait. It doubles if the
// call takes longer.
const patience = 30 * time.Second

// call makes one call to EC2, or a few that belong together. If there are several places, a call
// that takes too long is cut off, so that other places have their turn, and made again with twice
// the time. If the deadline comes first, call returns errDeadline. The read must have no effect if
// it fails.
func (p *placeReader) call(ctx context.Context, read func(context.Context) error) error {
	for {
		err, cut := p.turn(ctx, read)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return errDeadline
		case !cut:
			return err
		}
		p.run.Patience *= 2
	}
}

// turn makes a call when it is the place's turn. cut says that it took too long.
func (p *placeReader) turn(ctx context.Context, read func(context.Context) error) (err error, cut bool) {
	select {
	case p.in.turns <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err(), false
	}
	defer func() { <-p.in.turns }()
	if len(p.in.Places) < 2 {
		return read(ctx), false
	}
	limited, cancel := context.WithTimeout(ctx, p.run.Patience)
	defer cancel()
	err = read(limited)
	return err, limited.Err() != nil
}
