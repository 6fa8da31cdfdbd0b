package attr

import "unicode/utf16"

// Size returns a value's size in bytes, for the limit of 400 KB an item and for capacity
// units: see [Item sizes and formats].
//
// [Item sizes and formats]: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func Size(v Value) int {
	switch v := v.(type) {
	case String:
		return len(v)
	case Binary:
		return len(v)
	case Number:
		return v.size()
	case List:
		return listSize(v)
	case Map:
		return 3 + len(v) + Item(v).Size()
	case Set:
		return setSize(v)
	}
	return 1 // BOOL, NULL
}

// Size returns the size of the item's names and values.
func (i Item) Size() int {
	size := 0
	for name, v := range i {
		size += len(name) + Size(v)
	}
	return size
}

// size returns about one byte for each two digits, plus one.
func (n Number) size() int {
	size := 1 + (len(n.digits)+1)/2
	if n.negative {
		size++
	}
	return size
}

func listSize(l List) int {
	size := 3 + len(l)
	for _, v := range l {
		size += Size(v)
	}
	return size
}

func setSize(s Set) int {
	size := 0
	for _, v := range s.members {
		size += Size(v)
	}
	return size
}

// Length returns the result of the function size(path). Not every type has one. It counts a
// string in UTF-16 units, as DynamoDB Local does.
func Length(v Value) (length int, ok bool) {
	switch v := v.(type) {
	case String:
		return len(utf16.Encode([]rune(string(v)))), true
	case Binary:
		return len(v), true
	case List:
		return len(v), true
	case Map:
		return len(v), true
	case Set:
		return v.Len(), true
	}
	return 0, false
}
