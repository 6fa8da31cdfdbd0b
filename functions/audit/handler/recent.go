package handler

import (
	"sync"
	"time"
)

// The bounds of the lookups that a warm function remembers.
const (
	recentFor  = time.Hour
	recentSize = 10_000
)

// recent remembers values for an hour, at most recentSize of them. It is safe for concurrent use.
type recent[K comparable, V any] struct {
	mu     sync.Mutex
	values map[K]remembered[V]
}

type remembered[V any] struct {
	value V
	until time.Time
}

func (r *recent[K, V]) get(k K, now time.Time) (value V, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m, ok := r.values[k]
	if !ok || !now.Before(m.until) {
		return value, false
	}
	return m.value, true
}

// put remembers a value. If there is no room, it forgets the expired values or, if none is
// expired, all of them.
func (r *recent[K, V]) put(k K, value V, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.values) >= recentSize {
		for k, m := range r.values {
			if !now.Before(m.until) {
				delete(r.values, k)
			}
		}
	}
	if r.values == nil || len(r.values) >= recentSize {
		r.values = make(map[K]remembered[V])
	}
	r.values[k] = remembered[V]{value, now.Add(recentFor)}
}

func (r *recent[K, V]) forget(k K) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.values, k)
}
