package phrase

import "testing"

func TestFew(t *testing.T) {
	for _, row := range []struct {
		texts []string
		most  int
		want  string
	}{
		{nil, 3, ""},
		{[]string{"a"}, 3, "a"},
		{[]string{"a", "b", "c"}, 3, "a, b, c"},
		{[]string{"a", "b", "c", "d", "e"}, 2, "a, b and 3 more"},
	} {
		if got := Few(row.texts, row.most); got != row.want {
			t.Errorf("Few(%q, %d) = %q, want %q", row.texts, row.most, got, row.want)
		}
	}
}
