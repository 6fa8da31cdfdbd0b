package expr

import (
	"fmt"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

// These checks need no item: they compare the types of given values, and find repeated
// operands.

func (p *parser) compared(operator string, left, right operand) Condition {
	p.operators++
	p.checkDistinct(operator, left, right)
	if operator != "=" && operator != "<>" {
		p.checkOrdered(operator, left, right)
	}
	return comparison{operator, left, right}
}

func (p *parser) checkDistinct(operator string, first operand, rest ...operand) {
	for _, o := range rest {
		if samePath(first, o) && len(first.(Path)) > 0 {
			p.wrong("The first operand must be distinct from the remaining operands for this operator or function; "+
				"operator: %s, first operand: %v", operator, first)
		}
	}
}

func (p *parser) checkOrdered(operator string, operands ...operand) {
	for _, o := range operands {
		p.checkType(operator, o, attr.TypeString, attr.TypeNumber, attr.TypeBinary)
	}
}

// checkType refuses an operand that is known to have another type.
func (p *parser) checkType(operator string, o operand, allowed ...attr.Type) {
	if t := o.known(); t != "" && !slices.Contains(allowed, t) {
		p.wrong("Incorrect operand type for operator or function; operator or function: %s, operand type: %s",
			operator, t)
	}
}

func (p *parser) checkSizable(o operand) {
	switch t := o.known(); t {
	case attr.TypeNumber, attr.TypeBool, attr.TypeNull:
		p.wrong("Incorrect operand type for operator or function; operator or function: size, operand type: %s", t)
	}
}

func (p *parser) checkTypeName(o operand) {
	l, ok := o.(literal)
	if !ok {
		return
	}
	if name, ok := l.Value.(attr.String); ok && !attr.Type(name).Valid() {
		p.wrong("Invalid attribute type name found; type: %s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
			string(name))
	}
}

func (p *parser) checkBounds(low, high operand) {
	l, ok1 := low.(literal)
	h, ok2 := high.(literal)
	if !ok1 || !ok2 {
		return
	}
	bounds := fmt.Sprintf("lower bound operand: AttributeValue: {%s:%v}, upper bound operand: AttributeValue: {%s:%v}",
		l.Type(), l.Value, h.Type(), h.Value)
	switch {
	case l.Type() != h.Type():
		p.wrong("The BETWEEN operator requires same data type for lower and upper bounds; %s", bounds)
	case attr.Compare(l.Value, h.Value) > 0:
		p.wrong("The BETWEEN operator requires upper bound to be greater than or equal to lower bound; %s", bounds)
	}
}
