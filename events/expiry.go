package events

import (
	"regexp"
	"time"
)

const wantExpiry = "a time with a zone by RFC 3339, such as 2031-12-01T00:00:00Z, from 1970 to 9999"

// expiry reads the time at which a request expires. It does not check whether that is in the
// future, because the decoder reads no clock.
func (d *detail) expiry(v value) time.Time {
	written, found := v.get("expiresAt")
	if !found {
		return time.Time{}
	}
	s, ok := d.text(written, "/expiresAt", wantExpiry)
	if !ok {
		return time.Time{}
	}
	t, ok := instant(s)
	if !ok {
		d.add("/expiresAt", "found %s: want %s", quote(s), wantExpiry)
	}
	return t
}

// rfc3339 matches a time more strictly than package time. That one also accepts an hour of one
// digit, a comma as decimal point, and a zone of 24 hours or 60 minutes.
var rfc3339 = regexp.MustCompile(`^[^T]{10}T[0-9]{2}:[^,]*(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`)

// instant reads RFC 3339 strictly. The bounds of the year exclude the zero time, and times
// that cannot be written again.
func instant(s string) (t time.Time, ok bool) {
	if !rfc3339.MatchString(s) || t.UnmarshalText([]byte(s)) != nil {
		return time.Time{}, false
	}
	t = t.UTC()
	return t, t.Year() >= 1970 && t.Year() <= 9999
}
