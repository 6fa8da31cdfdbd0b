package expr

import (
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

// ParseUpdate reads an UpdateExpression.
func ParseUpdate(text string, scope *Scope) (*Update, error) {
	p, err := newParser(KindUpdate, text, scope)
	if err != nil {
		return nil, err
	}
	update := p.update()
	if p.syntax == nil {
		p.checkApart(update.Paths())
	}
	return update, p.finish()
}

// update = clause { clause }; each kind of clause at most once
func (p *parser) update() *Update {
	u := new(Update)
	clauses := map[string]func() action{
		"SET": p.set, "REMOVE": p.remove, "ADD": p.add, "DELETE": p.deleteFrom,
	}
	seen := make(map[string]bool)
	for {
		word := strings.ToUpper(p.peek().text)
		read, ok := clauses[word]
		if !ok || p.peek().kind != tokenWord {
			break
		}
		if p.next(); seen[word] {
			p.wrong(`The "%s" section can only be used once in an update expression;`, word)
		}
		seen[word] = true
		u.actions = append(u.actions, read())
		for p.symbol(",") {
			u.actions = append(u.actions, read())
		}
	}
	if len(seen) == 0 {
		p.unexpected()
	}
	return u
}

// set = path "=" value
func (p *parser) set() action {
	path := p.path()
	p.expect("=")
	return action{path, set{p.setValue().term}}
}

func (p *parser) remove() action {
	return action{p.path(), remove{}}
}

// add = path :number-or-set
func (p *parser) add() action {
	path, v := p.path(), p.given()
	switch v := v.(type) {
	case attr.Number, attr.Set:
	case attr.Value:
		p.wrongOperand("ADD", v)
	}
	return action{path, add{v}}
}

// deleteFrom = path :set
func (p *parser) deleteFrom() action {
	path, v := p.path(), p.given()
	members, ok := v.(attr.Set)
	if !ok && v != nil {
		p.wrongOperand("DELETE", v)
	}
	return action{path, deleteFrom{members}}
}

// given reads a :value, or returns nil if that fails.
func (p *parser) given() attr.Value {
	if p.peek().kind != tokenValue {
		p.unexpected()
		return nil
	}
	if l, ok := p.literal().(literal); ok {
		return l.Value
	}
	return nil
}

func (p *parser) wrongOperand(clause string, v attr.Value) {
	p.wrong("Incorrect operand type for operator or function; operator: %s, operand type: %s, typeSet: "+
		"ALLOWED_FOR_%s_OPERAND",
		clause, longName[v.Type()], clause)
}

// longName maps types to their names in the messages of ADD and DELETE.
var longName = map[attr.Type]string{
	attr.TypeString: "STRING",
	attr.TypeNumber: "NUMBER",
	attr.TypeBinary: "BINARY",
	attr.TypeBool:   "BOOLEAN",
	attr.TypeNull:   "NULL",
	attr.TypeList:   "LIST",
	attr.TypeMap:    "MAP",
}
