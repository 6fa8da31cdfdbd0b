package expr

import (
	"fmt"
	"strings"
)

// parser reads the tokens of one expression.
//
// After the first syntax error, the parser stays at the end of the text: every rule sees
// tokenEnd and returns. The parser also keeps the first error of meaning, but continues.
type parser struct {
	kind      Kind
	text      string
	scope     *Scope
	tokens    []token
	at        int
	operators int

	syntax  error
	meaning error
}

func newParser(kind Kind, text string, scope *Scope) (*parser, error) {
	p := &parser{kind: kind, text: text, scope: scope}
	switch {
	case strings.TrimSpace(text) == "":
		return nil, p.invalid("The expression can not be empty;")
	case len(text) > maxText:
		return nil, p.invalid("Expression size has exceeded the maximum allowed size; expression size: %d", len(text))
	}
	p.tokens = lex(text)
	return p, nil
}

// finish refuses remaining tokens, and returns the first error.
func (p *parser) finish() error {
	if p.peek().kind != tokenEnd {
		p.unexpected()
	}
	switch {
	case p.syntax != nil:
		return p.syntax
	case p.meaning != nil:
		return p.meaning
	case p.operators > maxOperators:
		return p.invalid("The expression contains too many operators; operator count: %d", p.operators)
	}
	return nil
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.peek()
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

// symbol takes the symbol if it comes next.
func (p *parser) symbol(text string) bool {
	if t := p.peek(); t.kind != tokenSymbol || t.text != text {
		return false
	}
	p.at++
	return true
}

// keyword takes the keyword if it comes next, in any case.
func (p *parser) keyword(word string) bool {
	if t := p.peek(); t.kind != tokenWord || !strings.EqualFold(t.text, word) {
		return false
	}
	p.at++
	return true
}

// expect takes a symbol, or records a syntax error.
func (p *parser) expect(symbol string) {
	if !p.symbol(symbol) {
		p.unexpected()
	}
}

// unexpected records a syntax error at the next token.
func (p *parser) unexpected() {
	if p.syntax == nil {
		text := p.peek().text
		if p.peek().kind == tokenEnd {
			text = "<EOF>"
		}
		p.syntax = p.invalid(`Syntax error; token: "%s", near: "%s"`, text, p.near())
	}
	p.at = len(p.tokens) - 1
}

// near returns the text from the previous token to the next one.
func (p *parser) near() string {
	from, to := max(p.at-1, 0), min(p.at+1, len(p.tokens)-1)
	return p.text[p.tokens[from].start:p.tokens[to].end]
}

// wrong records an error of meaning.
func (p *parser) wrong(format string, args ...any) {
	if p.meaning == nil {
		p.meaning = p.invalid(format, args...)
	}
}

func (p *parser) invalid(format string, args ...any) error {
	return fmt.Errorf("Invalid %s: %s", p.kind, fmt.Sprintf(format, args...))
}
