package events

import (
	"strconv"
	"strings"
	"unicode"
)

// pointer is a JSON Pointer (RFC 6901) within a detail.
type pointer string

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// key is the pointer to an object's member. A key that no event can mean, being
// too long or not printable, is abbreviated and made printable: its pointer
// leads nowhere, but does no harm where it is shown.
func (p pointer) key(k string) pointer {
	return p + "/" + pointer(pointerEscapes.Replace(strings.Map(printable, abbreviate(k))))
}

func printable(c rune) rune {
	if !unicode.IsPrint(c) {
		return unicode.ReplacementChar
	}
	return c
}

// index is the pointer to a list's element.
func (p pointer) index(i int) pointer { return p + "/" + pointer(strconv.Itoa(i)) }
