package expr

// ParseCondition reads a ConditionExpression or a FilterExpression.
func ParseCondition(kind Kind, text string, scope *Scope) (Condition, error) {
	p, err := newParser(kind, text, scope)
	if err != nil {
		return nil, err
	}
	c := p.condition(p.disjunction())
	if err := p.finish(); err != nil {
		return nil, err
	}
	return c, nil
}

// node is a part of a condition before its role is known. For example, a condition or an
// operand may follow "(".
type node struct {
	condition Condition
	operand   operand
	function  string // its name, if the node is a call
	bracketed bool
}

// never replaces a condition that was refused.
type never struct{ Condition }

// condition returns the node as a condition.
func (p *parser) condition(n node) Condition {
	switch {
	case n.condition != nil:
		return n.condition
	case n.function != "":
		p.misplaced(n.function)
	default:
		p.unexpected()
	}
	return never{}
}

// operand returns the node as an operand.
func (p *parser) operand(n node) operand {
	switch {
	case n.operand != nil:
		return n.operand
	case n.function != "":
		p.misplaced(n.function)
	default:
		p.unexpected()
	}
	return Path(nil)
}

func (p *parser) misplaced(function string) {
	p.wrong("The function is not allowed to be used this way in an expression; function: %s", function)
}

// disjunction = conjunction { "OR" conjunction }
func (p *parser) disjunction() node {
	n := p.conjunction()
	for p.joins(&n, "OR") {
		n = node{condition: or{n.condition, p.condition(p.conjunction())}}
	}
	return n
}

// conjunction = negation { "AND" negation }
func (p *parser) conjunction() node {
	n := p.negation()
	for p.joins(&n, "AND") {
		n = node{condition: and{n.condition, p.condition(p.negation())}}
	}
	return n
}

// joins takes the keyword if it comes next. The left side must be a condition.
func (p *parser) joins(left *node, word string) bool {
	at := p.at
	if !p.keyword(word) {
		return false
	}
	p.operators++
	if left.condition == nil {
		p.at = at
		left.condition = p.condition(*left)
		return p.keyword(word)
	}
	return true
}

// negation = { "NOT" } comparison
func (p *parser) negation() node {
	if p.keyword("NOT") {
		p.operators++
		return node{condition: not{p.condition(p.negation())}}
	}
	return p.comparison()
}

// comparison = primary [ operator operand | "BETWEEN" ... | "IN" ... ]
func (p *parser) comparison() node {
	n := p.primary()
	switch t := p.peek(); {
	case t.kind == tokenSymbol && isComparator(t.text):
		left := p.operand(n)
		p.symbol(t.text)
		return node{condition: p.compared(t.text, left, p.operand(p.primary()))}
	case p.keyword("BETWEEN"):
		return node{condition: p.between(p.operand(n))}
	case p.keyword("IN"):
		return node{condition: p.in(p.operand(n))}
	}
	return n
}

func isComparator(symbol string) bool {
	switch symbol {
	case "=", "<>", "<", "<=", ">", ">=":
		return true
	}
	return false
}

// primary = "(" disjunction ")" | function "(" ... ")" | path | value
func (p *parser) primary() node {
	t := p.peek()
	switch {
	case p.symbol("("):
		return p.bracketed()
	case t.kind == tokenWord && p.tokens[p.at+1].text == "(" && !isKeyword(t.text):
		return p.call()
	case p.beginsPath():
		return node{operand: p.path()}
	case t.kind == tokenValue:
		return node{operand: p.literal()}
	}
	p.unexpected()
	return node{}
}

func (p *parser) bracketed() node {
	n := p.disjunction()
	p.expect(")")
	if n.bracketed {
		p.wrong("The expression has redundant parentheses;")
	}
	n.bracketed = true
	if n.condition != nil {
		n.function = ""
	}
	return n
}

// literal reads a :value, which must come next.
func (p *parser) literal() operand {
	t := p.next()
	v, ok := p.scope.value(t.text)
	if !ok {
		p.wrong("An expression attribute value used in expression is not defined; attribute value: %s", t.text)
		return Path(nil)
	}
	return literal{v}
}

func (p *parser) between(of operand) Condition {
	p.operators++
	c := between{of: of}
	c.low = p.operand(p.primary())
	if !p.keyword("AND") {
		p.unexpected()
	}
	c.high = p.operand(p.primary())
	p.checkDistinct("BETWEEN", of, c.low, c.high)
	p.checkOrdered("BETWEEN", of, c.low, c.high)
	p.checkBounds(c.low, c.high)
	return c
}

func (p *parser) in(of operand) Condition {
	p.operators++
	p.expect("(")
	c := in{of, []operand{p.operand(p.primary())}}
	for p.symbol(",") {
		c.list = append(c.list, p.operand(p.primary()))
	}
	p.expect(")")
	if len(c.list) > maxInList {
		p.wrong("The IN operator is provided with too many operands; number of operands: %d", len(c.list))
	}
	p.checkDistinct("IN", of, c.list...)
	return c
}
