package attr

import "math/big"

// Add is n + m, exactly: a sum that needs more than 38 digits is an error.
func (n Number) Add(m Number) (Number, error) {
	exponent := min(n.exponent, m.exponent)
	sum := new(big.Int).Add(n.scaled(exponent), m.scaled(exponent))
	return newNumber(sum.Sign() < 0, sum.Abs(sum).String(), exponent)
}

// Sub is n - m, exactly.
func (n Number) Sub(m Number) (Number, error) {
	if m.digits != "" {
		m.negative = !m.negative
	}
	return n.Add(m)
}

// scaled is the number in units of 10^exponent, which must not be above its
// own.
func (n Number) scaled(exponent int) *big.Int {
	if n.digits == "" {
		return new(big.Int)
	}
	i, _ := new(big.Int).SetString(n.digits, 10)
	shift := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n.exponent-exponent)), nil)
	i.Mul(i, shift)
	if n.negative {
		i.Neg(i)
	}
	return i
}
