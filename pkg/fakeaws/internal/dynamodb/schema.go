package dynamodb

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

// keyAttribute is an attribute in the sort order of a table or index.
type keyAttribute struct {
	name string
	typ  attr.Type
}

// schema is a key: the hash attribute and, in most tables, the range attribute.
type schema []keyAttribute

func (s schema) hash() keyAttribute { return s[0] }

// rangeAttribute returns the second attribute, if any.
func (s schema) rangeAttribute() (keyAttribute, bool) {
	if len(s) < 2 {
		return keyAttribute{}, false
	}
	return s[1], true
}

func (s schema) has(name string) bool {
	return slices.ContainsFunc(s, func(k keyAttribute) bool { return k.name == name })
}

// keyOf returns the key attributes of an item.
func (s schema) keyOf(item attr.Item) attr.Item {
	key := make(attr.Item, len(s))
	for _, k := range s {
		if v, ok := item[k.name]; ok {
			key[k.name] = v
		}
	}
	return key
}

// These are the limits of a key's values, in bytes.
const (
	maxHash  = 2048
	maxRange = 1024
)

// checkKey refuses an item that is not exactly a key of the schema.
func (s schema) checkKey(key attr.Item) error {
	if len(key) != len(s) {
		return validation("The provided key element does not match the schema")
	}
	for _, k := range s {
		v, ok := key[k.name]
		if !ok || v.Type() != k.typ {
			return validation("The provided key element does not match the schema")
		}
	}
	return s.checkValues(key)
}

// checkItem refuses an item without a valid key.
func (s schema) checkItem(item attr.Item) error {
	for _, k := range s {
		v, ok := item[k.name]
		if !ok {
			return invalidParameter("Missing the key %s in the item", k.name)
		}
		if v.Type() != k.typ {
			return invalidParameter("Type mismatch for key %s expected: %s actual: %s", k.name, k.typ, v.Type())
		}
	}
	return s.checkValues(item)
}

func (s schema) checkValues(item attr.Item) error {
	for i, k := range s {
		size := attr.Size(item[k.name])
		switch {
		case size == 0:
			return validation("One or more parameter values are not valid. The AttributeValue for a key attribute "+
				"cannot contain an empty %s value. Key: %s",
				emptyName(k.typ), k.name)
		case i == 0 && size > maxHash:
			return invalidParameter("Size of hashkey has exceeded the maximum size limit of %d bytes", maxHash)
		case i == 1 && size > maxRange:
			return invalidParameter("Aggregated size of all range keys has exceeded the size limit of %d bytes",
				maxRange)
		}
	}
	return nil
}

func emptyName(t attr.Type) string {
	if t == attr.TypeBinary {
		return "binary"
	}
	return "string"
}
