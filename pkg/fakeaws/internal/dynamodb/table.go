package dynamodb

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

type table struct {
	name      string
	arn       string
	id        string
	created   time.Time
	types     []attributeDefinition
	billing   string
	units     throughput
	ttl       string // the attribute, or "" if TTL is disabled
	items     *view
	indexes   []*index // in the order of their creation
	byteCount int
}

// index is a global secondary index. It holds the items that have its keys.
type index struct {
	name       string
	arn        string
	units      throughput
	projection projection
	*view
}

func (t *table) key() schema { return t.items.schema }

func (t *table) index(name string) (*index, bool) {
	for _, x := range t.indexes {
		if x.name == name {
			return x, true
		}
	}
	return nil, false
}

// get returns the item with a key, or nil.
func (t *table) get(key attr.Item) attr.Item {
	p, ok := t.items.positionOf(key)
	if !ok {
		return nil
	}
	item, _ := t.items.find(p)
	return item
}

// replace stores new in the place of old. Either may be nil.
func (t *table) replace(old, new attr.Item) {
	for _, v := range t.views() {
		if old != nil {
			v.remove(old)
		}
		if new != nil {
			v.put(new)
		}
	}
	t.byteCount += new.Size() - old.Size()
}

func (t *table) views() []*view {
	views := []*view{t.items}
	for _, x := range t.indexes {
		views = append(views, x.view)
	}
	return views
}

// maxItem is the size limit of an item: 400 KB, "which includes both attribute name
// binary length (UTF-8 length) and attribute value lengths (again binary length)"
// [developer guide, "Quotas in Amazon DynamoDB"].
const maxItem = 400 << 10

// checkIndexKeys refuses an item with index keys that cannot be sorted. An item without index
// keys is valid, and not in the index.
func (t *table) checkIndexKeys(item attr.Item) error {
	for _, x := range t.indexes {
		for _, k := range x.schema {
			v, ok := item[k.name]
			if !ok {
				continue
			}
			if v.Type() != k.typ {
				return invalidParameter("Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s", k.name,
					k.typ, v.Type(), x.name)
			}
			if attr.Size(v) == 0 {
				return validation("One or more parameter values are not valid. "+
					"A value specified for a secondary index key is not supported. "+
					"The AttributeValue for a key attribute cannot contain an empty %s value. "+
					"IndexName: %s, IndexKey: %s",
					emptyName(k.typ), x.name, k.name)
			}
		}
	}
	return nil
}

// projected returns the part of an item that the index holds, or nil if it does not hold the
// item.
func (x *index) projected(item attr.Item) attr.Item {
	if _, ok := x.positionOf(item); !ok {
		return nil
	}
	if x.projection.ProjectionType == "ALL" {
		return item
	}
	part := x.order.keyOf(item)
	for _, name := range x.projection.NonKeyAttributes {
		if v, ok := item[name]; ok {
			part[name] = v
		}
	}
	return part
}

// projects reports whether the index holds an attribute.
func (x *index) projects(attribute string) bool {
	if x.projection.ProjectionType == "ALL" || x.order.has(attribute) {
		return true
	}
	for _, name := range x.projection.NonKeyAttributes {
		if name == attribute {
			return true
		}
	}
	return false
}
