package dynamodb

import (
	"maps"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

// usage is the capacity units that a request consumes of one table.
type usage struct {
	read, write units
}

// units are the units of the table itself and of its indexes.
type units struct {
	table   float64
	indexes map[string]float64
}

func (u *units) addIndex(name string, n float64) {
	if n == 0 {
		return
	}
	if u.indexes == nil {
		u.indexes = make(map[string]float64)
	}
	u.indexes[name] += n
}

func (u units) total() float64 {
	sum := u.table
	for _, n := range u.indexes {
		sum += n
	}
	return sum
}

// readUnits returns the cost of a read: one unit for each 4 KB if consistent, otherwise half a
// unit. It counts at least 4 KB.
func readUnits(bytes int, consistent bool) float64 {
	n := float64(max(1, roundUp(bytes, 4<<10)))
	if consistent {
		return n
	}
	return n / 2
}

// writeUnits returns the cost of a write: one unit for each KB of the larger item.
func writeUnits(old, new attr.Item) float64 {
	return float64(max(1, roundUp(max(old.Size(), new.Size()), 1<<10)))
}

func roundUp(n, unit int) int { return (n + unit - 1) / unit }

// written adds the cost of a write. The table always counts. An index counts if its part of
// the item changes, and twice if the item moves within it.
func (u *usage) written(t *table, old, new attr.Item, times float64) {
	u.write.table += times * writeUnits(old, new)
	for _, x := range t.indexes {
		before, after := x.projected(old), x.projected(new)
		switch {
		case before == nil && after == nil, attr.Equal(attr.Map(before), attr.Map(after)):
		case before != nil && after != nil && !x.samePlace(before, after):
			u.write.addIndex(x.name, times*(writeUnits(before, nil)+writeUnits(nil, after)))
		default:
			u.write.addIndex(x.name, times*writeUnits(before, after))
		}
	}
}

func (v *view) samePlace(a, b attr.Item) bool {
	p, _ := v.positionOf(a)
	q, _ := v.positionOf(b)
	return p.compare(q) == 0
}

type capacity struct {
	CapacityUnits      float64
	ReadCapacityUnits  float64 `json:",omitempty"`
	WriteCapacityUnits float64 `json:",omitempty"`
}

type consumedCapacity struct {
	TableName string
	capacity
	Table                  *capacity           `json:",omitempty"`
	GlobalSecondaryIndexes map[string]capacity `json:",omitempty"`
}

func checkReturnCapacity(level string) error {
	return oneOf("returnConsumedCapacity", level, "INDEXES", "TOTAL", "NONE")
}

// report returns the usage in the requested detail, or nil if none is requested.
func (u usage) report(table, level string) *consumedCapacity {
	if level != "TOTAL" && level != "INDEXES" {
		return nil
	}
	c := &consumedCapacity{
		TableName: table,
		capacity:  capacity{CapacityUnits: u.read.total() + u.write.total()},
	}
	if level == "TOTAL" {
		return c
	}
	c.Table = &capacity{CapacityUnits: u.read.table + u.write.table}
	for _, part := range []units{u.read, u.write} {
		for name, n := range part.indexes {
			if c.GlobalSecondaryIndexes == nil {
				c.GlobalSecondaryIndexes = make(map[string]capacity)
			}
			c.GlobalSecondaryIndexes[name] = capacity{CapacityUnits: n}
		}
	}
	return c
}

// usages holds the usage of each table that a request names.
type usages map[string]*usage

func (u usages) of(table string) *usage {
	if u[table] == nil {
		u[table] = new(usage)
	}
	return u[table]
}

func (u usages) report(level string) []consumedCapacity {
	var all []consumedCapacity
	for _, table := range slices.Sorted(maps.Keys(u)) {
		if c := u[table].report(table, level); c != nil {
			all = append(all, *c)
		}
	}
	return all
}

// reportTransaction reports reads and writes separately, as only transactions do.
func (u usages) reportTransaction(level string) []consumedCapacity {
	all := u.report(level)
	for i := range all {
		used := u[all[i].TableName]
		all[i].ReadCapacityUnits = used.read.total()
		all[i].WriteCapacityUnits = used.write.total()
	}
	return all
}
