package attr

import (
	"cmp"
	"strconv"
	"strings"
)

// These are the limits of a number: [DynamoDB data types].
//
// [DynamoDB data types]: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
const (
	maxDigits    = 38
	maxMagnitude = 125
	minMagnitude = -130
)

const (
	errOverflow  = Error("Number overflow. Attempting to store a number with magnitude larger than supported range")
	errUnderflow = Error("Number underflow. Attempting to store a number with magnitude smaller than supported range")
	errPrecision = Error("Attempting to store more than 38 significant digits in a Number")
)

// Number is a decimal number of at most 38 significant digits. The digits have no leading or
// trailing zeros, and zero has no digits. So two numbers are equal exactly if they are ==. The
// zero Number is 0.
type Number struct {
	negative bool
	digits   string
	exponent int // the value is digits * 10^exponent
}

// Type is N.
func (Number) Type() Type { return TypeNumber }

// NumberFrom returns the Number of an integer.
func NumberFrom(i int64) Number {
	n, err := ParseNumber(strconv.FormatInt(i, 10))
	if err != nil {
		panic(err) // 19 digits are always in range
	}
	return n
}

// newNumber returns a number in canonical form, and checks its limits.
func newNumber(negative bool, digits string, exponent int) (Number, error) {
	digits = strings.TrimLeft(digits, "0")
	trimmed := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(trimmed)
	n := Number{negative, trimmed, exponent}
	switch {
	case trimmed == "":
		return Number{}, nil
	case n.magnitude() > maxMagnitude:
		return Number{}, errOverflow
	case n.magnitude() < minMagnitude:
		return Number{}, errUnderflow
	case len(trimmed) > maxDigits:
		return Number{}, errPrecision
	}
	return n, nil
}

// magnitude returns the exponent of the number in scientific notation.
func (n Number) magnitude() int { return len(n.digits) + n.exponent - 1 }

// sign returns -1, 0 or 1.
func (n Number) sign() int {
	switch {
	case n.digits == "":
		return 0
	case n.negative:
		return -1
	}
	return 1
}

// compare orders numbers by value. The first digit is never zero, so numbers of one magnitude
// compare like their digits.
func (n Number) compare(m Number) int {
	if c := cmp.Compare(n.sign(), m.sign()); c != 0 {
		return c
	}
	c := cmp.Or(cmp.Compare(n.magnitude(), m.magnitude()), strings.Compare(n.digits, m.digits))
	return c * n.sign()
}

// String returns the number in plain notation, as DynamoDB returns it.
func (n Number) String() string {
	if n.digits == "" {
		return "0"
	}
	sign := ""
	if n.negative {
		sign = "-"
	}
	point := len(n.digits) + n.exponent
	switch {
	case n.exponent >= 0:
		return sign + n.digits + strings.Repeat("0", n.exponent)
	case point > 0:
		return sign + n.digits[:point] + "." + n.digits[point:]
	}
	return sign + "0." + strings.Repeat("0", -point) + n.digits
}
