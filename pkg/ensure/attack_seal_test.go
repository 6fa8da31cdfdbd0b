package ensure_test

import (
	"crypto/sha256"
	"encoding/base64"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// sealByHand returns the tags of a rule as the versions before keyed seals wrote them.
// Anybody can compute them.
func sealByHand(owner string, r secgroup.Rule) map[string]string {
	sum := sha256.Sum256([]byte(r.WithoutOwner().String()))
	return map[string]string{
		"sgkeeper:installation": owner,
		"sgkeeper:rule":         base64.RawURLEncoding.EncodeToString(sum[:])[:4],
	}
}

// TestAttackSealByHand has an outsider tag a foreign rule with the installation's name
// and a seal that is computed by hand. sgkeeper never revokes it.
func TestAttackSealByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		forged := secgroup.MustParseRule("tcp 4444 from 10.0.0.0/8")
		theirs := fakeRule(shared, forged)
		theirs.Tags = sealByHand(string(r.owner()), forged)
		if _, err := r.account.AddRule(shared, theirs); err != nil {
			t.Fatal(err)
		}
		r.ensured(launch("a", shared, 8000))
		r.released(end("a"))
		r.sweeps(2 * time.Hour)
		r.has("tcp 4444 from 10.0.0.0/8")
		r.hasNot("tcp 8000 from 0.0.0.0/0")
	})
}
