package expr

import "strings"

type tokenKind int

const (
	tokenEnd     tokenKind = iota
	tokenWord              // an attribute's name, a keyword or a function
	tokenName              // #name
	tokenValue             // :value
	tokenIndex             // digits
	tokenSymbol            // an operator or a bracket
	tokenIllegal           // a character that no expression contains
)

// token is a piece of the text with its position.
type token struct {
	kind       tokenKind
	text       string
	start, end int
}

// lex splits a text into tokens, with tokenEnd as the last. It accepts any text. The parser
// refuses illegal tokens, at their position.
func lex(text string) []token {
	var tokens []token
	for i := 0; ; {
		for i < len(text) && strings.IndexByte(" \t\r\n", text[i]) >= 0 {
			i++
		}
		kind, width := lexOne(text[i:])
		tokens = append(tokens, token{kind, text[i : i+width], i, i + width})
		if kind == tokenEnd {
			return tokens
		}
		i += width
	}
}

func lexOne(rest string) (tokenKind, int) {
	if rest == "" {
		return tokenEnd, 0
	}
	switch c := rest[0]; {
	case isLetter(c):
		return tokenWord, span(rest, isWordByte)
	case isDigit(c):
		return tokenIndex, span(rest, isDigit)
	case c == '#' || c == ':':
		return lexPlaceholder(rest)
	}
	for _, symbol := range []string{"<=", ">=", "<>"} {
		if strings.HasPrefix(rest, symbol) {
			return tokenSymbol, 2
		}
	}
	if strings.IndexByte("()[].,=<>+-", rest[0]) >= 0 {
		return tokenSymbol, 1
	}
	return tokenIllegal, runeWidth(rest)
}

func lexPlaceholder(rest string) (tokenKind, int) {
	width := 1 + span(rest[1:], isWordByte)
	switch {
	case width == 1:
		return tokenIllegal, 1
	case rest[0] == '#':
		return tokenName, width
	}
	return tokenValue, width
}

// IsPlaceholder reports whether key is valid in ExpressionAttributeNames (sigil '#') or
// ExpressionAttributeValues (':').
func IsPlaceholder(key string, sigil byte) bool {
	return len(key) > 1 && key[0] == sigil && span(key[1:], isWordByte) == len(key)-1
}

func span(s string, accept func(byte) bool) int {
	n := 0
	for n < len(s) && accept(s[n]) {
		n++
	}
	return n
}

func runeWidth(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

func isLetter(c byte) bool   { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool    { return '0' <= c && c <= '9' }
func isWordByte(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' }
