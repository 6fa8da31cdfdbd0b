package ec2

import (
	"slices"
	"time"
)

// memory is how long the past is kept for stale describes.
const memory = 15 * time.Minute

// timeline is what a value was and when. EC2 may answer a describe from a view
// minutes old; so every rule and group keeps its recent versions.
type timeline[T any] struct {
	versions []version[T] // in order; only the last may be without end
}

type version[T any] struct {
	value T
	from  time.Time
	until time.Time // zero: it still holds
}

// at returns the value at a moment; ok is false where there was none.
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

// current returns the value that holds now, if one does.
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
