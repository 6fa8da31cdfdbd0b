package pattern

import (
	"math"
	"strconv"
	"strings"
)

// number matches a number by value, so that 300 equals 300.0 and 3.0e2. If a double cannot
// hold the number, it compares texts.
func number(text string) matcher {
	want, ok := double(text)
	return func(l leaf) bool {
		if l.kind != '0' {
			return false
		}
		got, comparable := double(l.text)
		return l.text == text || ok && comparable && got == want
	}
}

// numeric returns a matcher that tests numbers.
func numeric(f func(float64) bool) matcher {
	return func(l leaf) bool {
		v, ok := double(l.text)
		return l.kind == '0' && ok && f(v)
	}
}

// double returns the number as a double, if that is exact.
func double(text string) (float64, bool) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, false
	}
	given, ok := parseDecimal(text)
	kept, _ := parseDecimal(strconv.FormatFloat(v, 'e', -1, 64))
	return v, ok && given == kept
}

// A decimal is 0.digits times ten to the exponent; zero has no digits.
type decimal struct {
	negative bool
	digits   string // without zeros at either end
	exponent int
}

func parseDecimal(text string) (decimal, bool) {
	text, negative := strings.CutPrefix(text, "-")
	mantissa, power, scientific := strings.Cut(strings.ToLower(text), "e")
	exponent := 0
	if scientific {
		var err error
		if exponent, err = strconv.Atoi(power); err != nil {
			return decimal{}, false
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	exponent += len(whole) - (len(whole+fraction) - len(digits))
	digits = strings.TrimRight(digits, "0")
	if digits == "" {
		return decimal{}, true
	}
	return decimal{negative, digits, exponent}, true
}

// parseNumeric parses ["=", 5], [">", 0] or [">", 0, "<=", 5].
func parseNumeric(n node) (matcher, error) {
	if n.kind != '[' {
		return nil, refuse(n, "Value of numeric must be an array.")
	}
	lower, err := parseBound(n, 0)
	if err != nil {
		return nil, err
	}
	switch {
	case len(n.items) == 2:
		return numeric(lower.holds), nil
	case lower.operator != ">" && lower.operator != ">=":
		return nil, refuse(n.items[2], "Too many elements in numeric expression")
	case n.items[2].kind != '"':
		return nil, refuse(n.items[2], "Bad value in numeric range: %s", n.items[2].text)
	case n.items[2].text != "<" && n.items[2].text != "<=":
		return nil, refuse(n.items[2], "Bad numeric range operator: %s", n.items[2].text)
	}
	upper, err := parseBound(n, 2)
	switch {
	case err != nil:
		return nil, err
	case len(n.items) > 4:
		return nil, refuse(n.items[4], "Too many terms in numeric range expression")
	case lower.value >= upper.value:
		return nil, refuse(n, "Bottom must be less than top")
	}
	return numeric(func(v float64) bool { return lower.holds(v) && upper.holds(v) }), nil
}

// A bound is an operator with its value.
type bound struct {
	operator string
	value    float64
}

func parseBound(n node, i int) (bound, error) {
	if len(n.items) <= i || n.items[i].kind != '"' {
		return bound{}, refuse(n, "Invalid member in numeric match: %s", at(n.items, i).text)
	}
	operator := n.items[i].text
	switch operator {
	case "=", "<", "<=", ">", ">=":
	default:
		return bound{}, refuse(n.items[i], "Unrecognized numeric range operator: %s", operator)
	}
	operand := at(n.items, i+1)
	if operand.kind != '0' {
		name := operator
		if name == "=" {
			name = "equals"
		}
		return bound{}, refuse(n.items[i], "Value of %s must be numeric", name)
	}
	v, ok := double(operand.text)
	if !ok {
		return bound{}, refuse(operand, "Cannot compare number : %s", operand.text)
	}
	return bound{operator, v}, nil
}

// at returns an item, or the end of the list.
func at(items []node, i int) node {
	if i < len(items) {
		return items[i]
	}
	return node{kind: ']', text: "]"}
}

func (b bound) holds(v float64) bool {
	switch b.operator {
	case "=":
		return v == b.value
	case "<":
		return v < b.value
	case "<=":
		return v <= b.value
	case ">":
		return v > b.value
	default:
		return v >= b.value
	}
}
