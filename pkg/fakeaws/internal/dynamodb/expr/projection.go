package expr

import (
	"maps"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

// Projection lists the parts of an item that a read returns.
type Projection []Path

// ParseProjection reads a list of paths.
func ParseProjection(text string, scope *Scope) (Projection, error) {
	p, err := newParser(KindProjection, text, scope)
	if err != nil {
		return nil, err
	}
	projection := Projection{p.path()}
	for p.symbol(",") {
		projection = append(projection, p.path())
	}
	if p.syntax == nil {
		p.checkApart(projection)
	}
	return projection, p.finish()
}

// Of returns the parts of the item that are in the projection. Elements of a list keep their
// order, without gaps.
func (p Projection) Of(item attr.Item) attr.Item {
	wanted := new(branch)
	for _, path := range p {
		wanted.add(path)
	}
	part, _ := wanted.of(attr.Map(item))
	return attr.Item(part.(attr.Map))
}

// branch is a tree of steps into one value. A branch without members stands for the whole
// value.
type branch struct {
	members map[Step]*branch
}

func (b *branch) add(path Path) {
	for _, step := range path {
		if b.members == nil {
			b.members = make(map[Step]*branch)
		}
		if b.members[step] == nil {
			b.members[step] = new(branch)
		}
		b = b.members[step]
	}
}

// of returns the wanted part of v. If there is none, ok is false.
func (b *branch) of(v attr.Value) (part attr.Value, ok bool) {
	if b.members == nil {
		return v, true
	}
	switch v := v.(type) {
	case attr.Map:
		return b.ofMap(v)
	case attr.List:
		return b.ofList(v)
	}
	return nil, false
}

func (b *branch) ofMap(m attr.Map) (attr.Value, bool) {
	part := attr.Map{}
	for step, below := range b.members {
		member, ok := step.of(m)
		if !ok {
			continue
		}
		if wanted, ok := below.of(member); ok {
			part[step.Name] = wanted
		}
	}
	return part, len(part) > 0
}

func (b *branch) ofList(l attr.List) (attr.Value, bool) {
	var part attr.List
	byIndex := func(a, b Step) int { return a.Index - b.Index }
	for _, step := range slices.SortedFunc(maps.Keys(b.members), byIndex) {
		element, ok := step.of(l)
		if !ok {
			continue
		}
		if wanted, ok := b.members[step].of(element); ok {
			part = append(part, wanted)
		}
	}
	return part, len(part) > 0
}
