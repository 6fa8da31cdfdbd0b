package dynamodb

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"
	"sort"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

// view holds items in the order of one key. Partitions are in the order of their token, which
// looks random as in AWS. Within a partition, items are in the order of the range key.
type view struct {
	schema  schema // the attributes that a query may use
	order   schema // schema; in an index, followed by the table's key
	entries []entry
}

// entry is an item with its position.
type entry struct {
	position
	item attr.Item
}

// position is a place in a view. A position with fewer keys is before all entries that begin
// with these keys.
type position struct {
	token uint64
	keys  []attr.Value
}

// newView returns a view sorted by key, then by the keys of rest that are not in key.
func newView(key, rest schema) *view {
	order := slices.Clone(key)
	for _, k := range rest {
		if !key.has(k.name) {
			order = append(order, k)
		}
	}
	return &view{schema: key, order: order}
}

// positionOf returns the position of an item. If the index does not hold the item, ok is
// false.
func (v *view) positionOf(item attr.Item) (p position, ok bool) {
	for _, k := range v.order {
		value, ok := item[k.name]
		if !ok {
			return position{}, false
		}
		p.keys = append(p.keys, value)
	}
	p.token = token(p.keys[0])
	return p, true
}

// token spreads the values of a hash attribute evenly.
func token(v attr.Value) uint64 {
	var text string
	switch v := v.(type) {
	case attr.String:
		text = string(v)
	case attr.Number:
		text = v.String()
	case attr.Binary:
		text = string(v)
	}
	sum := sha256.Sum256([]byte(text))
	return binary.BigEndian.Uint64(sum[:])
}

func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(p.token, q.token), slices.CompareFunc(p.keys, q.keys, attr.Compare))
}

// seek returns the index of the first entry at p or after it.
func (v *view) seek(p position) int {
	return sort.Search(len(v.entries), func(i int) bool { return v.entries[i].compare(p) >= 0 })
}

// after returns the index of the first entry after p.
func (v *view) after(p position) int {
	return sort.Search(len(v.entries), func(i int) bool { return v.entries[i].compare(p) > 0 })
}

// find returns the item at p.
func (v *view) find(p position) (attr.Item, bool) {
	i := v.seek(p)
	if i < len(v.entries) && v.entries[i].compare(p) == 0 {
		return v.entries[i].item, true
	}
	return nil, false
}

// put stores an item at its position, and replaces an existing one.
func (v *view) put(item attr.Item) {
	p, ok := v.positionOf(item)
	if !ok {
		return
	}
	i := v.seek(p)
	if i < len(v.entries) && v.entries[i].compare(p) == 0 {
		v.entries[i].item = item
		return
	}
	v.entries = slices.Insert(v.entries, i, entry{p, item})
}

// remove removes the entry at an item's position.
func (v *view) remove(item attr.Item) {
	p, ok := v.positionOf(item)
	if !ok {
		return
	}
	i := v.seek(p)
	if i < len(v.entries) && v.entries[i].compare(p) == 0 {
		v.entries = slices.Delete(v.entries, i, i+1)
	}
}

// partition returns the range of entries with one value of the hash attribute.
func (v *view) partition(hash attr.Value) (from, to int) {
	from = v.seek(position{token(hash), []attr.Value{hash}})
	length := sort.Search(len(v.entries)-from, func(i int) bool {
		return !attr.Equal(v.entries[from+i].keys[0], hash)
	})
	return from, from + length
}

// segment returns the range of entries in one of n equal parts of the tokens.
func (v *view) segment(i, n int) (from, to int) {
	from = sort.Search(len(v.entries), func(at int) bool { return segmentOf(v.entries[at].token, n) >= i })
	to = sort.Search(len(v.entries), func(at int) bool { return segmentOf(v.entries[at].token, n) > i })
	return from, to
}

func segmentOf(token uint64, n int) int {
	part, _ := bits.Mul64(token, uint64(n))
	return int(part)
}
