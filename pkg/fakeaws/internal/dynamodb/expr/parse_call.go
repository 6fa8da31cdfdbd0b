package expr

import "github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"

// arity is the number of operands of each function.
var arity = map[string]int{
	"attribute_exists":     1,
	"attribute_not_exists": 1,
	"attribute_type":       2,
	"begins_with":          2,
	"contains":             2,
	"size":                 1,
	"if_not_exists":        2,
	"list_append":          2,
}

// updateOnly reports whether a function belongs to updates. All others belong to conditions.
func updateOnly(function string) bool {
	return function == "if_not_exists" || function == "list_append"
}

// call reads a function and its operands in a condition.
func (p *parser) call() node {
	name, args := p.next().text, p.arguments()
	switch {
	case arity[name] == 0:
		p.wrong("Invalid function name; function: %s", name)
	case updateOnly(name):
		p.wrong("The function is not allowed in a condition expression; function: %s", name)
	case len(args) != arity[name]:
		p.wrongArity(name, len(args))
	case p.syntax == nil:
		return p.function(name, args)
	}
	return node{condition: never{}, operand: Path(nil), function: name}
}

func (p *parser) wrongArity(function string, n int) {
	p.wrong("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d",
		function, n)
}

// arguments = "(" operand { "," operand } ")"
func (p *parser) arguments() []operand {
	p.expect("(")
	args := []operand{p.operand(p.primary())}
	for p.symbol(",") {
		args = append(args, p.operand(p.primary()))
	}
	p.expect(")")
	return args
}

// function returns the node of a call with the right number of operands.
func (p *parser) function(name string, args []operand) node {
	n := node{function: name}
	of := args[0]
	p.checkDistinct(name, of, args[1:]...)
	switch name {
	case "attribute_exists":
		n.condition = exists{p.mustBePath(name, of)}
	case "attribute_not_exists":
		n.condition = not{exists{p.mustBePath(name, of)}}
	case "attribute_type":
		p.checkType(name, args[1], attr.TypeString)
		p.checkTypeName(args[1])
		n.condition = typeIs{of, args[1]}
	case "begins_with":
		p.checkType(name, of, attr.TypeString, attr.TypeBinary)
		p.checkType(name, args[1], attr.TypeString, attr.TypeBinary)
		n.condition = beginsWith{of, args[1]}
	case "contains":
		n.condition = contains{of, args[1]}
	case "size":
		p.checkSizable(of)
		n.operand = sizeOf{of}
	}
	return n
}

func (p *parser) mustBePath(function string, o operand) Path {
	path, ok := o.(Path)
	if !ok {
		p.wrong("Operator or function requires a document path; operator or function: %s", function)
	}
	return path
}
