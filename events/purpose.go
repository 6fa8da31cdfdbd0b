package events

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Purpose is the requester and the reason of a request, in the publisher's words. It is for
// people: it changes neither the request's identity nor its rules. Each part may be "".
type Purpose struct {
	Requester string // a person or a team
	Reason    string
	Ticket    string // of a tracker, such as OPS-1234; not an outcome's ticket
}

// Limits of a purpose, in characters.
const (
	maxRequester = 128
	maxReason    = 512
	maxTicket    = 128
)

// PurposeKeys are the keys of a purpose in an event, with their limits in characters.
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

// purpose reads the requester, the reason and the ticket.
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
