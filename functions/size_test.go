package functions_test

import "testing"

// TestSize limits the programs' sizes. If code calls methods by name, for example with the
// standard library's templates, the linker keeps every operation of every client, 700 of EC2
// alone. The program then has about 60 MB.
func TestSize(t *testing.T) {
	const mb = 1e6
	for _, row := range []struct {
		function string
		most     int // bytes
	}{
		{"ensure", 20 * mb},
		{"audit", 25 * mb},
	} {
		p := build(t, "./"+row.function)
		t.Logf("%s: binary %.1f MB, zip %.1f MB", row.function, float64(p.binary)/mb, float64(p.zipped(t))/mb)
		if p.binary > row.most {
			t.Errorf("%s has %d bytes, want %d at most: what links html/template, "+
				"text/template or reflect's MethodByName?", row.function, p.binary, row.most)
		}
	}
}
