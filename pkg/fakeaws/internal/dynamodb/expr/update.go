package expr

import (
	"errors"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

var (
	errOperandType = errors.New("An operand in the update expression has an incorrect data type")
	errNoAttribute = errors.New("The provided expression refers to an attribute that does not exist in the item")
	errNoPlace     = errors.New("The document path provided in the update expression is invalid for update")
)

// Update changes an item. All its actions read the item as it was before the update.
type Update struct {
	actions []action
}

// action changes the value at one path.
type action struct {
	path Path
	verb verb
}

// verb is the kind of an action: set, remove, add or deleteFrom.
type verb interface {
	// result returns the new value at path, or nil to remove it.
	result(item attr.Item, path Path) (attr.Value, error)
}

type (
	set        struct{ to term }
	remove     struct{}
	add        struct{ value attr.Value }
	deleteFrom struct{ members attr.Set }
)

func (v set) result(item attr.Item, _ Path) (attr.Value, error) { return v.to.eval(item) }

func (remove) result(attr.Item, Path) (attr.Value, error) { return nil, nil }

func (v add) result(item attr.Item, path Path) (attr.Value, error) {
	old, ok := path.Find(item)
	if !ok {
		return v.value, nil
	}
	if old.Type() != v.value.Type() {
		return nil, errOperandType
	}
	switch old := old.(type) {
	case attr.Number:
		return old.Add(v.value.(attr.Number))
	case attr.Set:
		return old.Union(v.value.(attr.Set)), nil
	}
	return nil, errOperandType
}

// If the last member is removed, so is the set: DynamoDB has no empty sets.
func (v deleteFrom) result(item attr.Item, path Path) (attr.Value, error) {
	old, ok := path.Find(item)
	if !ok {
		return nil, nil
	}
	if old.Type() != v.members.Type() {
		return nil, errOperandType
	}
	if left := old.(attr.Set).Minus(v.members); left.Len() > 0 {
		return left, nil
	}
	return nil, nil
}

// Paths returns the paths that the update changes.
func (u *Update) Paths() []Path {
	paths := make([]Path, len(u.actions))
	for i, a := range u.actions {
		paths[i] = a.path
	}
	return paths
}

// Apply returns the updated item. It does not change the given item.
func (u *Update) Apply(item attr.Item) (attr.Item, error) {
	puts, removals, err := u.decide(item)
	if err != nil {
		return nil, err
	}
	var updated attr.Value = attr.Map(item)
	for _, c := range append(puts, removals...) {
		if updated, err = c.on(updated, c.path); err != nil {
			return nil, err
		}
	}
	return attr.Item(updated.(attr.Map)), nil
}

// decide evaluates every action. Values beyond the end of a list are appended in the order of
// their indexes. Removals come last, from the end of a list to its beginning, so that every
// index keeps its meaning.
func (u *Update) decide(item attr.Item) (puts, removals []change, err error) {
	for _, a := range u.actions {
		v, err := a.verb.result(item, a.path)
		switch {
		case err != nil:
			return nil, nil, err
		case v == nil:
			removals = append(removals, change{a.path, nil})
		default:
			puts = append(puts, change{a.path, v})
		}
	}
	byIndex := func(a, b change) int { return comparePaths(a.path, b.path) }
	slices.SortFunc(puts, byIndex)
	slices.SortFunc(removals, func(a, b change) int { return byIndex(b, a) })
	return puts, removals, nil
}
