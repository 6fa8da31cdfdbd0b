package events

import (
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
)

// keys refuses unknown members of v, with the nearest known key, and repeated ones.
func (d *detail) keys(v value, at pointer, known []string) {
	count := map[string]int{}
	for _, m := range v.members {
		switch count[m.key]++; {
		case count[m.key] > 2:
		case count[m.key] == 2:
			d.add(at.key(m.key), "the key %s is repeated: want it once", quote(m.key))
		case !slices.Contains(known, m.key):
			d.unknownKey(at, m.key, known)
		}
	}
}

func (d *detail) unknownKey(at pointer, key string, known []string) {
	if d.full() {
		return
	}
	near := nearest(key, known)
	if strings.EqualFold(key, near) {
		d.add(at.key(key), "the key %s is written %q: case matters", quote(key), near)
		return
	}
	d.add(at.key(key), "unknown key %s: the nearest known is %q, of %s", quote(key), near, names(known))
}

// nearest returns the known key with the fewest edits from key, ignoring case.
func nearest(key string, known []string) string {
	key = strings.ToLower(abbreviate(key, maxQuoted))
	return slices.MinFunc(known, func(a, b string) int {
		return levenshtein.Distance(key, strings.ToLower(a), nil) - levenshtein.Distance(key, strings.ToLower(b), nil)
	})
}

func names(keys []string) string {
	quoted := make([]string, len(keys))
	for i, k := range keys {
		quoted[i] = strconv.Quote(k)
	}
	return strings.Join(quoted, ", ")
}

// text returns the text of v, or refuses v.
func (d *detail) text(v value, at pointer, want string) (string, bool) {
	if v.kind != text {
		d.add(at, "found %s: want %s, as text", v, want)
		return "", false
	}
	return v.text, true
}

// match returns the text of v if valid accepts it, or refuses v.
func (d *detail) match(v value, at pointer, valid func(string) bool, want string) string {
	s, ok := d.text(v, at, want)
	if ok && !valid(s) {
		d.add(at, "found %s: want %s", quote(s), want)
		return ""
	}
	return s
}
