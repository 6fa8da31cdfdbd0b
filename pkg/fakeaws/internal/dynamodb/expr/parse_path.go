package expr

import (
	"math"
	"strconv"
)

// path reads a document path. The next token must begin one.
func (p *parser) path() Path {
	path := Path{{Name: p.pathName()}}
	for {
		switch {
		case p.symbol("."):
			path = append(path, Step{Name: p.pathName()})
		case p.symbol("["):
			path = append(path, Step{Index: p.pathIndex()})
			p.expect("]")
		default:
			p.scope.paths = append(p.scope.paths, path)
			if len(path) > maxPathSteps {
				p.wrong("The document path has too many nesting levels; nesting levels: %d", len(path))
			}
			return path
		}
	}
}

// beginsPath reports whether the next token can begin a path.
func (p *parser) beginsPath() bool {
	t := p.peek()
	return t.kind == tokenName || t.kind == tokenWord && !isKeyword(t.text)
}

func (p *parser) pathName() string {
	if !p.beginsPath() {
		p.unexpected()
		return ""
	}
	t := p.next()
	if t.kind == tokenName {
		name, ok := p.scope.name(t.text)
		if !ok {
			p.wrong("An expression attribute name used in the document path is not defined; attribute name: %s", t.text)
		}
		return name
	}
	if reserved(t.text) {
		p.wrong("Attribute name is a reserved keyword; reserved keyword: %s", t.text)
	}
	return t.text
}

func (p *parser) pathIndex() int {
	if p.peek().kind != tokenIndex {
		p.unexpected()
		return 0
	}
	t := p.next()
	index, err := strconv.Atoi(t.text)
	if err != nil || index > math.MaxInt32 {
		p.wrong("List index is not within the allowable range; index: [%s]", t.text)
		return 0
	}
	return index
}
