package pattern

import "errors"

// Event is an event prepared for matching.
type Event struct {
	leaves map[string][]leaf // by path
	arrays int
}

// A leaf is a string, number, boolean or null.
type leaf struct {
	kind byte
	text string
	at   []position // the elements of arrays that contain it
}

// A position is an element of an array. Each array of an event has a number.
type position struct{ array, index int }

// ParseEvent reads an event, which must be a JSON object.
func ParseEvent(src []byte) (*Event, error) {
	n, err := readTree(src)
	if err != nil {
		return nil, err
	}
	if n.kind != '{' {
		return nil, errors.New("event is not an object")
	}
	e := &Event{leaves: make(map[string][]leaf)}
	e.add("", n, nil)
	return e, nil
}

func (e *Event) add(path string, n node, at []position) {
	switch n.kind {
	case '{':
		for i, key := range n.keys {
			e.add(join(path, key), n.items[i], at)
		}
	case '[':
		e.addArray(path, n.items, at)
	default:
		e.leaves[path] = append(e.leaves[path], leaf{n.kind, n.text, at})
	}
}

// addArray adds elements. Only objects and arrays record their position, because no other
// field can contradict that of a plain value.
func (e *Event) addArray(path string, items []node, at []position) {
	array := e.arrays
	e.arrays++
	for i, item := range items {
		if item.kind == '{' || item.kind == '[' {
			e.add(path, item, append(at[:len(at):len(at)], position{array, i}))
			continue
		}
		e.add(path, item, at)
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
