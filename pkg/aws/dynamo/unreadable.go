package dynamo

import (
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/phrase"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// maxUnreadable is how many items an UnreadableError names.
const maxUnreadable = 20

// UnreadableError reports items that this version of sgkeeper cannot read. The call still
// returns all other items.
type UnreadableError struct {
	Items []error // the first of them
	More  int     // how many others there are
}

// Error names the items.
func (e *UnreadableError) Error() string {
	parts := make([]string, len(e.Items), len(e.Items)+1)
	for i, err := range e.Items {
		parts[i] = err.Error()
	}
	if e.More > 0 {
		parts = append(parts, phrase.More(e.More))
	}
	return strings.Join(parts, "; ")
}

// Unwrap returns an error for each named item.
func (e *UnreadableError) Unwrap() []error { return e.Items }

// Is reports whether target is [ensure.ErrUnreadable].
func (e *UnreadableError) Is(target error) bool { return target == ensure.ErrUnreadable }

// unreadable collects the items that cannot be read.
type unreadable struct {
	items []error
	more  int
}

func (u *unreadable) add(err error) {
	if err == nil {
		return
	}
	if len(u.items) < maxUnreadable {
		u.items = append(u.items, err)
	} else {
		u.more++
	}
}

// err is nil if every item could be read.
func (u *unreadable) err() error {
	if len(u.items) == 0 {
		return nil
	}
	return &UnreadableError{Items: u.items, More: u.more}
}
