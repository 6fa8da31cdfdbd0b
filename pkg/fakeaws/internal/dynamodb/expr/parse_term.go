package expr

import "github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"

// part is a part of the right side of a SET.
type part struct {
	term
	sum       bool
	bracketed bool
	function  string // its name, if the part is a call
}

// refused replaces a part that was refused.
var refused = part{term: reference{}}

// setValue = "(" setValue ")" | operand [ ( "+" | "-" ) operand ]
func (p *parser) setValue() part {
	left := p.bracketable(p.setValue)
	operator := p.peek().text
	if left.sum || !p.symbol("+") && !p.symbol("-") {
		return left
	}
	p.operators++
	right := p.updateOperand()
	for _, operand := range []part{left, right} {
		p.checkNested(operand)
		p.checkTerm(operator, operand, attr.TypeNumber)
	}
	return part{term: sum{left.term, right.term, operator == "-"}, sum: true}
}

// updateOperand = "(" updateOperand ")" | function "(" ... ")" | path | value
func (p *parser) updateOperand() part { return p.bracketable(p.updateOperand) }

// bracketable reads an operand. Between brackets, it calls inside instead.
func (p *parser) bracketable(inside func() part) part {
	t := p.peek()
	switch {
	case p.symbol("("):
		v := inside()
		p.expect(")")
		if v.bracketed {
			p.wrong("The expression has redundant parentheses;")
		}
		v.bracketed = true
		return v
	case t.kind == tokenWord && p.tokens[p.at+1].text == "(" && !isKeyword(t.text):
		return p.updateCall()
	case p.beginsPath():
		return part{term: reference{p.path()}}
	case t.kind == tokenValue:
		if l, ok := p.literal().(literal); ok {
			return part{term: constant{l}}
		}
		return refused
	}
	p.unexpected()
	return refused
}

// updateCall reads a function and its operands in a SET.
func (p *parser) updateCall() part {
	name := p.next().text
	args := p.updateArguments()
	switch {
	case arity[name] == 0:
		p.wrong("Invalid function name; function: %s", name)
	case !updateOnly(name):
		p.wrong("The function is not allowed in an update expression; function: %s", name)
	case len(args) != arity[name]:
		p.wrongArity(name, len(args))
	case name == "if_not_exists":
		return part{term: p.ifNotExists(args[0], args[1]), function: name}
	default:
		p.checkTerm(name, args[0], attr.TypeList)
		p.checkTerm(name, args[1], attr.TypeList)
		return part{term: listAppend{args[0].term, args[1].term}, function: name}
	}
	return refused
}

// updateArguments = "(" updateOperand { "," updateOperand } ")"
func (p *parser) updateArguments() []part {
	p.expect("(")
	args := []part{p.updateOperand()}
	for p.symbol(",") {
		args = append(args, p.updateOperand())
	}
	p.expect(")")
	for _, a := range args {
		p.checkNested(a)
	}
	return args
}

// checkNested refuses list_append as an operand, because it cannot be nested.
func (p *parser) checkNested(v part) {
	if v.function == "list_append" {
		p.misplaced(v.function)
	}
}

func (p *parser) ifNotExists(first, or part) term {
	path, ok := first.term.(reference)
	if !ok {
		p.wrong("Operator or function requires a document path; operator or function: if_not_exists")
	}
	return ifNotExists{path.Path, or.term}
}

func (p *parser) checkTerm(operator string, t part, want attr.Type) {
	if got := t.known(); got != "" && got != want {
		p.wrong("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", operator,
			got)
	}
}
