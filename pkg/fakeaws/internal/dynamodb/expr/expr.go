// Package expr parses and evaluates DynamoDB's expressions: conditions and
// filters, key conditions, updates and projections.
//
// A text becomes tokens (lexer.go), the tokens a tree (the parse files), and
// the tree is evaluated against an item (the eval methods beside each node).
// The placeholders #name and :value are resolved while parsing, by a Scope,
// which also knows in the end which of them nobody used.
//
// Messages are DynamoDB's own. A mistake of syntax is reported before any
// mistake of meaning, as DynamoDB does, wherever the two stand.
//
// See [the grammar] in the Developer Guide.
//
// [the grammar]: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
package expr

// Kind is the parameter that an expression stands in.
type Kind string

// The parameters that take an expression.
const (
	KindCondition    Kind = "ConditionExpression"
	KindFilter       Kind = "FilterExpression"
	KindKeyCondition Kind = "KeyConditionExpression"
	KindUpdate       Kind = "UpdateExpression"
	KindProjection   Kind = "ProjectionExpression"
)

// The limits of one expression.
const (
	maxText      = 4096
	maxOperators = 300
	maxInList    = 100
	maxPathSteps = 32
)
