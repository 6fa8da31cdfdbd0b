package tracepage

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/trace"
)

// result is a run with a lane for each of n functions, and an impossible last step.
func result(n int, hostile string) trace.Result {
	r := trace.Result{Group: "g" + hostile, Passes: n, Gaps: []string{hostile}, Unfinished: []string{hostile}}
	for i := range n {
		name := fmt.Sprint("f", i, hostile)
		r.Functions = append(r.Functions, name)
		r.Events = append(r.Events, trace.Event{
			Line: &trace.Line{Function: name, Pass: "a/b/" + name, Step: "ring", Head: &trace.Head{Want: lease.Ticket(i)},
				Plan: []string{hostile}, After: trace.After{Step: "load"}, Made: trace.NewIDs([]string{hostile})},
			Head: lease.Head{Want: lease.Ticket(i), Owner: lease.Owner{Nonce: "a/b/f0" + hostile}}, Known: true,
		})
	}
	r.Events = append(r.Events, trace.Event{Unlogged: "it happened " + hostile})
	last := &trace.Line{Function: r.Functions[0], Pass: "p", Step: "describe", Lost: true}
	r.Broken = &trace.Broken{Line: last, Why: "never" + hostile, Before: r.Events}
	return r
}

// TestPage: each step is a row in its function's lane, and the impossible step is marked.
func TestPage(t *testing.T) {
	var page strings.Builder
	if err := Write(&page, result(3, "")); err != nil {
		t.Fatal(err)
	}
	for part, n := range map[string]int{
		`class="laneline"`: 3, `class="write k1"`: 1, `class="write k3"`: 1, `class="held k1"`: 4, `class="broken"`: 1,
		`>f0 ring — ticket 0 — made 1<`: 1, `does not conform`: 2, `The first impossible step is marked: never.`: 1,
		`text unlogged`: 1,
	} {
		if got := strings.Count(page.String(), part); got != n {
			t.Errorf("%s is there %d times, want %d", part, got, n)
		}
	}
}

// TestPageIsHarmless: no text of a run adds an element, an address or a script.
func TestPageIsHarmless(t *testing.T) {
	const hostile = "\"><script src=https://example.com>&'\u202e"
	var page strings.Builder
	if err := Write(&page, result(2, hostile)); err != nil {
		t.Fatal(err)
	}
	html := page.String()
	for _, bad := range []string{"<script", "\u202e", `="https:`, "url("} {
		if strings.Contains(html, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	tags := regexp.MustCompile(`<[a-z!][^>]*>`).FindAllString(html, -1)
	var plain strings.Builder
	if err := Write(&plain, result(2, "")); err != nil {
		t.Fatal(err)
	}
	if want := regexp.MustCompile(`<[a-z!][^>]*>`).FindAllString(plain.String(), -1); len(tags) != len(want) {
		t.Errorf("%d elements, want %d", len(tags), len(want))
	}
}

// TestPageIsBounded: a run of any length makes a page that a browser can show.
func TestPageIsBounded(t *testing.T) {
	r := result(1, "")
	for range 5 * mostRows {
		r.Events = append(r.Events, r.Events[0])
	}
	r.Broken = nil
	var page strings.Builder
	if err := Write(&page, r); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(page.String(), "<title>"); n > mostRows+1 {
		t.Errorf("%d rows, want at most %d", n, mostRows)
	}
	if !strings.Contains(page.String(), fmt.Sprintf("%d more steps are not drawn.", 4*mostRows+2)) {
		t.Error("the page does not say that steps are not drawn")
	}
}
