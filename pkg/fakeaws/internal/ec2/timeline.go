package ec2

import (
	"slices"
	"time"
)

// memory is how long old versions are kept for stale describes.
const memory = 15 * time.Minute

// timeline holds the recent versions of a value. EC2 may answer a describe with a state that
// is minutes old, so every rule and group has a timeline.
type timeline[T any] struct {
	versions []version[T] // in order; only the last may have no end
}

type version[T any] struct {
	value T
	from  time.Time
	until time.Time // zero: still current
}

// at returns the value at a time. If there was none, ok is false.
func (l *timeline[T]) at(t time.Time) (value T, ok bool) {
	for _, v := range slices.Backward(l.versions) {
		if !t.Before(v.from) {
			if v.until.IsZero() || t.Before(v.until) {
				return v.value, true
			}
			break
		}
	}
	return value, false
}

func (l *timeline[T]) current() (value T, ok bool) {
	if n := len(l.versions); n > 0 && l.versions[n-1].until.IsZero() {
		return l.versions[n-1].value, true
	}
	return value, false
}

func (l *timeline[T]) set(now time.Time, value T) {
	l.end(now)
	l.versions = append(l.versions, version[T]{value: value, from: now})
}

func (l *timeline[T]) end(now time.Time) {
	if n := len(l.versions); n > 0 && l.versions[n-1].until.IsZero() {
		l.versions[n-1].until = now
	}
	l.versions = slices.DeleteFunc(l.versions, func(v version[T]) bool {
		return !v.until.IsZero() && now.Sub(v.until) > memory
	})
}
