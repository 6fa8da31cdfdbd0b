package attr

import (
	"strings"
	"testing"
)

func TestParseNumber(t *testing.T) {
	nines := strings.Repeat("9", 38)
	for _, test := range []struct{ text, want string }{
		{"007", "7"},
		{"-0", "0"}, // there is no negative zero
		{"0.0", "0"},
		{"0e200", "0"}, // zero cannot overflow
		{"1.50", "1.5"},
		{"+5", "5"},
		{"5.", "5"},
		{".5", "0.5"},
		{"1e3", "1000"},
		{"1E-3", "0.001"},
		{"-12.5e1", "-125"},
		{"1e125", "1" + strings.Repeat("0", 125)},
		{"1e-130", "0." + strings.Repeat("0", 129) + "1"},
		{nines + "000", nines + "000"}, // trailing zeros are not significant
		{"0." + strings.Repeat("0", 50) + "12", "0." + strings.Repeat("0", 50) + "12"},
	} {
		n, err := ParseNumber(test.text)
		if err != nil || n.String() != test.want {
			t.Errorf("ParseNumber(%q) = %v, %v, want %s", test.text, n, err, test.want)
		}
	}
}

func TestParseNumberRefuses(t *testing.T) {
	for _, test := range []struct {
		text string
		want error
	}{
		{"1e126", errOverflow},
		{"-1e126", errOverflow},
		{"1e99999999999", errOverflow}, // an exponent that does not fit an int
		{"1e-131", errUnderflow},
		{"1e-99999999999", errUnderflow},
		{strings.Repeat("1", 39), errPrecision},
		{"", notNumeric("")},
		{".", notNumeric(".")},
		{"-", notNumeric("-")},
		{"1e", notNumeric("1e")},
		{"1e+-2", notNumeric("1e+-2")},
		{"--1", notNumeric("--1")},
		{" 5", notNumeric(" 5")},
		{"0x10", notNumeric("0x10")},
		{"NaN", notNumeric("NaN")},
		{"1_000", notNumeric("1_000")},
	} {
		if n, err := ParseNumber(test.text); err != test.want {
			t.Errorf("ParseNumber(%q) = %v, %v, want %v", test.text, n, err, test.want)
		}
	}
}

func mustParse(t *testing.T, text string) Number {
	t.Helper()
	n, err := ParseNumber(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNumberCompare(t *testing.T) {
	ascending := []string{"-1e125", "-10", "-9.5", "-9", "-1e-130", "0", "1e-130", "0.5", "0.51", "1", "1.01", "9",
		"10", "99", "100", "1e125"}
	for i, a := range ascending {
		for j, b := range ascending {
			want := min(1, max(-1, i-j))
			if got := Compare(mustParse(t, a), mustParse(t, b)); got != want {
				t.Errorf("Compare(%s, %s) = %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestNumberArithmetic(t *testing.T) {
	nines := strings.Repeat("9", 38)
	for _, test := range []struct {
		a, operator, b, want string
	}{
		{"1", "+", "2", "3"},
		{"0.1", "+", "0.2", "0.3"}, // decimal, not binary
		{"1", "-", "1", "0"},
		{"1", "-", "2", "-1"},
		{"0", "-", "0", "0"},
		{"0", "-", "5", "-5"},
		{nines, "+", "1", "1" + strings.Repeat("0", 38)},
		{nines, "+", "2", string(errPrecision)},
		{"1e100", "+", "1", string(errPrecision)},
		{"9e125", "+", "9e125", string(errOverflow)},
		{"1.1e-130", "-", "1e-130", string(errUnderflow)},
	} {
		if got := calculate(mustParse(t, test.a), test.operator, mustParse(t, test.b)); got != test.want {
			t.Errorf("%s %s %s = %s, want %s", test.a, test.operator, test.b, got, test.want)
		}
	}
}

func calculate(a Number, operator string, b Number) string {
	perform := a.Add
	if operator == "-" {
		perform = a.Sub
	}
	n, err := perform(b)
	if err != nil {
		return err.Error()
	}
	return n.String()
}

func FuzzParseNumber(f *testing.F) {
	for _, text := range []string{"1", "-0.50e7", "1e-130", "9e125", "1e99999999999", "."} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := ParseNumber(text)
		if err != nil {
			return
		}
		if again, err := ParseNumber(n.String()); err != nil || again != n {
			t.Errorf("ParseNumber(%q) = %v, %v, want %v", n.String(), again, err, n)
		}
	})
}
