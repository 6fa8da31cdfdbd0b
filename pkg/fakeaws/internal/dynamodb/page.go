package dynamodb

import (
	"sort"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/expr"
)

// reader is a prepared query or scan: the entries of a view, and the parts of them to return.
type reader struct {
	table      *table
	index      *index // nil: the table itself
	view       *view
	from, to   int // entries
	backward   bool
	consistent bool
	start      attr.Item // exclusive; nil: from the beginning
	limit      *int      // of entries read

	filter     expr.Condition  // nil: all
	projection expr.Projection // nil: all
	countOnly  bool
}

// maxPage is the size of a page. The item that reaches it ends the page. "A single Query
// operation can retrieve a maximum of 1 MB of data", before its filter, and so can a Scan
// [developer guide].
const maxPage = 1 << 20

// page is the part of the result that one request gets.
type page struct {
	reader  *reader
	items   []attr.Item
	count   int
	scanned int
	bytes   int
	last    attr.Item // the key to continue from; nil: nothing is left
}

func (r *reader) page() *page {
	p := &page{reader: r, items: []attr.Item{}}
	from, to := r.rest()
	for from < to {
		at := from
		if r.backward {
			at = to - 1
			to--
		} else {
			from++
		}
		p.take(r.view.entries[at].item)
		if p.full() || p.bytes >= maxPage && from < to {
			p.last = r.view.order.keyOf(r.view.entries[at].item)
			return p
		}
	}
	return p
}

// full reports whether the limit is reached. The page then has a last key, even if nothing is
// left, as in AWS.
func (p *page) full() bool { return p.reader.limit != nil && p.scanned >= *p.reader.limit }

// rest returns the entries after the exclusive start.
func (r *reader) rest() (from, to int) {
	if r.start == nil {
		return r.from, r.to
	}
	start, _ := r.view.positionOf(r.start)
	if r.backward {
		return r.from, min(r.to, r.view.seek(start))
	}
	return max(r.from, r.view.after(start)), r.to
}

// take adds one item, if the filter accepts it.
func (p *page) take(item attr.Item) {
	r := p.reader
	if r.index != nil {
		item = r.index.projected(item)
	}
	p.scanned++
	p.bytes += item.Size()
	if r.filter != nil && !r.filter.Holds(item) {
		return
	}
	p.count++
	if r.projection != nil {
		item = r.projection.Of(item)
	}
	p.items = append(p.items, item)
}

// first returns the index of the first entry in a range for which the predicate is true. The
// predicate must be true for all later entries too.
func (v *view) first(from, to int, is func(entry) bool) int {
	return from + sort.Search(to-from, func(i int) bool { return is(v.entries[from+i]) })
}

type pageOutput struct {
	Items            *[]attr.Item `json:",omitempty"` // nil for COUNT
	Count            int
	ScannedCount     int
	LastEvaluatedKey attr.Item         `json:",omitempty"`
	ConsumedCapacity *consumedCapacity `json:",omitempty"`
}

func (p *page) output(level string) *pageOutput {
	var u usage
	cost := readUnits(p.bytes, p.reader.consistent)
	if p.reader.index == nil {
		u.read.table = cost
	} else {
		u.read.addIndex(p.reader.index.name, cost)
	}
	out := &pageOutput{
		Count:            p.count,
		ScannedCount:     p.scanned,
		LastEvaluatedKey: p.last,
		ConsumedCapacity: u.report(p.reader.table.name, level),
	}
	if !p.reader.countOnly {
		out.Items = &p.items
	}
	return out
}
