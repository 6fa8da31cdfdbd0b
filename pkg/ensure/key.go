package ensure

import (
	"crypto/rand"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// NewKey returns a random key of 260 bits for a group.
func NewKey() claim.Key { return claim.Key(rand.Text() + rand.Text()) }

// newSpan returns a random name of 40 bits for the tickets counted between two releases.
// It need not be secret.
func newSpan() string { return rand.Text()[:8] }
