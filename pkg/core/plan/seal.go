package plan

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Stamp records when a rule was made, by the group's counter of tickets.
type Stamp struct {
	Ticket int64  // the last ticket that the round serves which made the rule
	Span   string // the ledger's Span in that round
}

// Sizes of seals in characters of base64url, of 6 bits each.
const (
	maxTag  = 256 // EC2's limit for the value of a tag
	minSeal = 4   // of each rule, if a call makes 64
	maxSeal = 22  // of each rule, if a call makes 11 or less, and of a call
)

// A sealer seals rules of one group with one key, and checks the seals. Each seal is an
// HMAC-SHA256 of the installation, the group, the stamp and the thing that is sealed.
//
// A call that makes rules gives all of them two tags, for example
//
//	sgkeeper:seal    q1Zc3yZp0aVdG4k2xJtUew7LmPzR0sVbN8cQdYhTfKaE
//	sgkeeper:ticket  12.Q7XK2MZA.2.b0JpXl4Wc9RkVtYzNsE3Gg
//
// The first holds the seals of the rules, one after the other. The second holds the stamp,
// the number of rules, and a seal of the first tag. So nobody can combine the seals of
// several calls. A foreign rule passes for ours only with the tags of a genuine call in the
// same group, if one of the seals fits by chance.
type sealer struct {
	Owner
	key claim.Key
}

// sealer seals with the newest key. It panics if there is none, because sgkeeper would
// not recognise a rule without a seal.
func (o Owner) sealer() sealer {
	if !o.Seals() {
		panic("plan: no key to seal rules of " + o.Group)
	}
	return sealer{o, o.Keys[0]}
}

// Seals reports whether there is a key to seal new rules with.
func (o Owner) Seals() bool { return len(o.Keys) > 0 && o.Keys[0] != claim.Unkeyed }

// sealSize returns the size of each rule's seal in a call of n rules.
func sealSize(n int) int { return min(maxSeal, maxTag/max(1, n)) }

// seal returns size characters that only a holder of the key can compute.
func (s sealer) seal(size int, at Stamp, kind, text string) string {
	mac := hmac.New(sha256.New, []byte(s.key))
	for _, part := range []string{kind, string(s.Installation), s.Group, at.String(), text} {
		mac.Write([]byte(part))
		mac.Write([]byte{'\n'})
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))[:size]
}

// rule returns the seal of one rule.
func (s sealer) rule(size int, at Stamp, r secgroup.Rule) string {
	return s.seal(size, at, "rule", s.identity(r))
}

// identity returns the text of a rule as EC2 describes it, without the owner of its peer.
func (o Owner) identity(r secgroup.Rule) string { return r.In("", o.Group).WithoutOwner().String() }

// tags returns the tags of a call.
func (s sealer) tags(at Stamp, batch []secgroup.Entry) map[string]string {
	size, seals := sealSize(len(batch)), ""
	for _, e := range batch {
		seals += s.rule(size, at, e.Rule)
	}
	stamp := at.String() + "." + strconv.Itoa(len(batch))
	return map[string]string{
		TagInstallation: string(s.Installation),
		TagRule:         checksums(batch),
		TagSeal:         seals,
		TagTicket:       stamp + "." + s.seal(maxSeal, at, "call "+strconv.Itoa(len(batch)), seals),
	}
}

// call reads the tags of a call, and checks its seal.
func (s sealer) call(tags map[string]string) (at Stamp, rules int, ok bool) {
	stamp, seal, _ := cutLast(tags[TagTicket])
	stamp, count, _ := cutLast(stamp)
	at, ok = parseStamp(stamp)
	rules, err := strconv.Atoi(count)
	if !ok || err != nil || rules < 1 || rules > MaxBatch || s.key == claim.Unkeyed ||
		tags[TagInstallation] != string(s.Installation) || len(tags[TagSeal]) != rules*sealSize(rules) {
		return Stamp{}, 0, false
	}
	return at, rules, equal(seal, s.seal(maxSeal, at, "call "+count, tags[TagSeal]))
}

// tagged returns the stamp of a rule of ours by its tags.
func (s sealer) tagged(e secgroup.Entry) (Stamp, bool) {
	at, rules, ok := s.call(e.Tags)
	if !ok {
		return Stamp{}, false
	}
	size := sealSize(rules)
	own := s.rule(size, at, e.Rule)
	for seals := e.Tags[TagSeal]; len(seals) >= size; seals = seals[size:] {
		if equal(seals[:size], own) {
			return at, true
		}
	}
	return Stamp{}, false
}

func equal(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }

// String returns the stamp as tags and descriptions hold it, for example "12.Q7XK2MZA".
func (at Stamp) String() string { return strconv.FormatInt(at.Ticket, 10) + "." + at.Span }

func parseStamp(text string) (Stamp, bool) {
	ticket, span, ok := strings.Cut(text, ".")
	n, err := strconv.ParseInt(ticket, 10, 64)
	return Stamp{n, span}, ok && err == nil && n > 0
}

func cutLast(text string) (before, after string, ok bool) {
	i := strings.LastIndexByte(text, '.')
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}
