package events

import (
	"strconv"
	"strings"
	"unicode"
)

// pointer is a JSON Pointer (RFC 6901) within a detail.
type pointer string

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// key returns the pointer to an object's member. A key that is too long or unprintable is
// abbreviated and made printable. Its pointer then leads nowhere, but is safe to show.
func (p pointer) key(k string) pointer {
	return p + "/" + pointer(pointerEscapes.Replace(strings.Map(printable, abbreviate(k, maxQuoted))))
}

func printable(c rune) rune {
	if !unicode.IsPrint(c) {
		return unicode.ReplacementChar
	}
	return c
}

// index returns the pointer to a list's element.
func (p pointer) index(i int) pointer { return p + "/" + pointer(strconv.Itoa(i)) }
