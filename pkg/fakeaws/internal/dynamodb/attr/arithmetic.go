package attr

import "math/big"

// Add returns n + m, exactly. It fails if the sum needs more than 38 digits.
func (n Number) Add(m Number) (Number, error) {
	exponent := min(n.exponent, m.exponent)
	sum := new(big.Int).Add(n.scaled(exponent), m.scaled(exponent))
	return newNumber(sum.Sign() < 0, sum.Abs(sum).String(), exponent)
}

// Sub returns n - m, exactly.
func (n Number) Sub(m Number) (Number, error) {
	if m.digits != "" {
		m.negative = !m.negative
	}
	return n.Add(m)
}

// scaled returns the number in units of 10^exponent. exponent must be at most the number's
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
