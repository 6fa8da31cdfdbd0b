// Package expr parses and evaluates DynamoDB's expressions: conditions and
// filters, key conditions, updates and projections.
//
// A text becomes tokens (lexer.go), and these become a tree (the parse files). Each node
// evaluates itself against an item. A Scope resolves the placeholders #name and :value during
// parsing, and finds those that no expression uses.
//
// Messages are DynamoDB's own. As in DynamoDB, a syntax error is reported before any error of
// meaning, at any place in the text.
//
// See [the grammar] in the Developer Guide.
//
// [the grammar]: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
package expr

// Kind is the parameter that holds an expression.
type Kind string

const (
	KindCondition    Kind = "ConditionExpression"
	KindFilter       Kind = "FilterExpression"
	KindKeyCondition Kind = "KeyConditionExpression"
	KindUpdate       Kind = "UpdateExpression"
	KindProjection   Kind = "ProjectionExpression"
)

// These are the limits of one expression.
const (
	maxText      = 4096
	maxOperators = 300
	maxInList    = 100
	maxPathSteps = 32
)
