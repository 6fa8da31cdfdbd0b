package events

import (
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// These are the characters that EC2 accepts besides letters and digits (EC2 API reference,
// IpRange.Description).
const (
	descriptionSymbols = " ._-:/()#,@[]+=&;{}!$*"
	wantDescription    = "at most 255 of letters, digits, space and ._-:/()#,@[]+=&;{}!$*"
)

func (d *detail) description(v value, at pointer) string {
	written, found := v.get("description")
	if !found {
		return ""
	}
	at = at.key("description")
	s, ok := d.text(written, at, wantDescription)
	if odd := strings.IndexFunc(s, isOddInDescription); odd >= 0 {
		d.add(at, "found the character %s: want %s", quote(string([]rune(s[odd:])[:1])), wantDescription)
	}
	if n := len([]rune(s)); ok && n > secgroup.MaxDescription {
		d.add(at, "found %d characters: want %s", n, wantDescription)
	}
	return s
}

func isOddInDescription(c rune) bool {
	letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	digit := '0' <= c && c <= '9'
	return !letter && !digit && !strings.ContainsRune(descriptionSymbols, c)
}
