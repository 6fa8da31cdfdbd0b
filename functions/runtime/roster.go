package runtime

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Intervals at which one process reads the parameters of a roster.
const (
	rosterEvery = time.Minute
	rosterTakes = 3 * time.Second // at most
)

// NoAccounts is the text of a parameter that lists no account, because SSM takes no empty text.
const NoAccounts = "none"

// Roster holds the member accounts in force: those of the setting, and those that its SSM
// parameters list. It is safe for concurrent use.
type Roster struct {
	fixed []string
	names []string
	read  func(ctx context.Context, names []string) (texts []string, err error)

	mu       sync.Mutex
	accounts []string // nil until the parameters were read
	next     time.Time
}

// NewRoster returns the roster of a setting. The function read returns the texts of SSM
// parameters in the order of their names. The roster calls it only if the setting names any.
func NewRoster(m Members, read func(ctx context.Context, names []string) (texts []string, err error)) *Roster {
	r := &Roster{fixed: m.Accounts, names: m.Parameters, read: read}
	if len(m.Parameters) == 0 {
		r.accounts = m.Accounts
	}
	return r
}

// Current returns the accounts. It reads the parameters at most once a minute. If they cannot
// be read, or list anything but accounts, the last good lists stay in force. Current fails if
// there are none yet. The caller must not change the result.
func (r *Roster) Current(ctx context.Context, now time.Time, log *slog.Logger) ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.names) == 0 || r.accounts != nil && now.Before(r.next) {
		return r.accounts, nil
	}
	accounts, err := r.fetch(ctx)
	if err == nil {
		r.accounts = accounts
	} else if r.accounts == nil {
		return nil, fmt.Errorf("member accounts (SGKEEPER_MEMBER_ACCOUNTS): %w", err)
	} else {
		log.ErrorContext(ctx, "member accounts were not read; the last good lists are in force",
			"accounts", len(r.accounts), "error", err)
	}
	r.next = now.Add(rosterEvery)
	return r.accounts, nil
}

// Has reports whether an account is a member, by the lists that Current returned last.
func (r *Roster) Has(account string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.accounts, account)
}

func (r *Roster) fetch(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, rosterTakes)
	defer cancel()
	texts, err := r.read(ctx, r.names)
	if err != nil {
		return nil, err
	}
	accounts := append([]string{}, r.fixed...)
	for i, text := range texts {
		listed, err := accountsIn(text)
		if err != nil {
			return nil, fmt.Errorf("SSM parameter %s: %w", r.names[i], err)
		}
		accounts = append(accounts, listed...)
	}
	slices.Sort(accounts)
	return slices.Compact(accounts), nil
}

// accountsIn reads the ids that a parameter lists, with commas or white space between them.
func accountsIn(text string) (accounts []string, err error) {
	if strings.TrimSpace(text) == NoAccounts {
		return nil, nil
	}
	for _, entry := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(", \t\r\n", c) }) {
		if !secgroup.IsAccount(entry) {
			return nil, fmt.Errorf("%.40q: want account ids of 12 digits with commas between them, or %s", entry,
				NoAccounts)
		}
		accounts = append(accounts, entry)
	}
	return accounts, nil
}
