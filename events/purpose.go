package events

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// purpose reads the requester, the reason and the ticket.
func (d *detail) purpose(v value) (p claim.Purpose) {
	for _, k := range claim.PurposeKeys {
		written, found := v.get(k.Key)
		if !found {
			continue
		}
		at := pointer("/" + k.Key)
		s, ok := d.text(written, at, wantPrintable(k.Max))
		if problem := CheckPrintable(s, k.Max); ok && problem != "" {
			d.add(at, "%s", problem)
			continue
		}
		*p.Part(k.Key) = s
	}
	return p
}

func wantPrintable(most int) string { return fmt.Sprintf("at most %d printable characters", most) }

// CheckPrintable returns the fault of a text that people read, or "". It refuses control
// characters, line breaks, characters that change the direction of a text, and blanks other
// than the space.
func CheckPrintable(s string, most int) string {
	odd := strings.IndexFunc(s, func(c rune) bool { return !unicode.IsPrint(c) })
	if odd >= 0 {
		return fmt.Sprintf("found the character %s: want %s", quote(string([]rune(s[odd:])[:1])), wantPrintable(most))
	}
	if n := utf8.RuneCountInString(s); n > most {
		return fmt.Sprintf("found %d characters: want %s", n, wantPrintable(most))
	}
	return ""
}
