package lease

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestSpecification ties docs/specification.md to the code: it has a row for each step in order,
// each result, and the constants.
func TestSpecification(t *testing.T) {
	text, err := os.ReadFile("../../../docs/specification.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	_, steps, _ := strings.Cut(page, "\n## Steps\n")
	at := 0
	for op := Claim; op <= Done; op++ {
		row := fmt.Sprintf("\n| `%s` | ", op)
		i := strings.Index(steps, row)
		if i < at || strings.Count(steps, row) != 1 {
			t.Errorf("the page has no single row for the step %s after the step before it", op)
		}
		at = max(at, i)
	}
	if n := strings.Count(steps[:strings.Index(steps, "\n- ")], "\n| `"); n != int(Done)+1 {
		t.Errorf("the page has %d steps, want %d", n, Done+1)
	}
	for r := Served; r <= Retry; r++ {
		if !strings.Contains(page, "`"+r.String()+"`") {
			t.Errorf("the page does not name the result %s", r)
		}
	}
	plain := strings.NewReplacer("`", "", "\n", " ").Replace(page)
	for constant, words := range map[Instant]string{
		Guard: "deadline + %d s", Slack: "now > exp + %d s", MinRing: "less than %d s before",
		MinRound: "for a round less than %d s",
	} {
		if want := fmt.Sprintf(words, constant/1000); !strings.Contains(plain, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	if maxTries != 3 || !strings.Contains(page, "up to three tries") {
		t.Errorf("%d tries", maxTries)
	}
}
