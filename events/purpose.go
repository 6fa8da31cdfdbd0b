package events

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Purpose says who asked for a request and why, in the publisher's words. It is for people:
// it changes neither the request's identity nor its rules. Each part may be "".
type Purpose struct {
	Requester string // a person or a team
	Reason    string
	Ticket    string // of a tracker, such as OPS-1234; not the ticket that an outcome has
}

// The bounds of a purpose, in characters.
const (
	maxRequester = 128
	maxReason    = 512
	maxTicket    = 128
)

// PurposeKeys are the keys of an event that make up its purpose, with their bounds in
// characters.
var PurposeKeys = []struct {
	Key string
	Max int
}{{"requester", maxRequester}, {"reason", maxReason}, {"ticket", maxTicket}}

// Part returns the part of the purpose that has the key.
func (p *Purpose) Part(key string) *string {
	switch key {
	case "requester":
		return &p.Requester
	case "reason":
		return &p.Reason
	}
	return &p.Ticket
}

// purpose reads who asked, and why.
func (d *detail) purpose(v value) (p Purpose) {
	for _, k := range PurposeKeys {
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

// CheckPrintable says what is wrong with a text of which people are to see each character,
// "" if nothing is. It refuses control characters, line breaks, characters that change the
// direction of a text, and blanks other than the space.
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
