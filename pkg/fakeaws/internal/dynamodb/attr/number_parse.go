package attr

import (
	"strconv"
	"strings"
)

// farExponent stands for an exponent that is too long to compute with. It exceeds every limit,
// for any mantissa.
const farExponent = 1 << 30

// ParseNumber reads decimal or scientific notation.
func ParseNumber(text string) (Number, error) {
	mantissa, exponent, ok := splitExponent(text)
	if !ok {
		return Number{}, notNumeric(text)
	}
	negative := strings.HasPrefix(mantissa, "-")
	if negative || strings.HasPrefix(mantissa, "+") {
		mantissa = mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || !onlyDigits(digits) {
		return Number{}, notNumeric(text)
	}
	return newNumber(negative, digits, exponent-len(fraction))
}

// splitExponent splits off a trailing exponent, such as e12.
func splitExponent(text string) (mantissa string, exponent int, ok bool) {
	i := strings.IndexAny(text, "eE")
	if i < 0 {
		return text, 0, true
	}
	tail := text[i+1:]
	unsigned := strings.TrimPrefix(strings.TrimPrefix(tail, "+"), "-")
	if unsigned == "" || !onlyDigits(unsigned) || len(tail)-len(unsigned) > 1 {
		return "", 0, false
	}
	exponent, err := strconv.Atoi(tail)
	if err != nil || exponent > farExponent || exponent < -farExponent {
		exponent = farExponent
		if tail[0] == '-' {
			exponent = -farExponent
		}
	}
	return text[:i], exponent, true
}

func onlyDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func notNumeric(text string) error {
	if text == "" {
		return Error("The parameter cannot be converted to a numeric value")
	}
	return Error("The parameter cannot be converted to a numeric value: " + text)
}
