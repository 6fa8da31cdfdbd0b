package report

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// tag is text that ends an attribute and begins an element, if it is let.
const tag = `"><x>'&`

// taint puts a tag before every text of a report: before ids, kinds, states and
// whatever else is ours as well as before what others wrote.
func taint(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.CanSet() {
			v.SetString(tag + v.String())
		}
	case reflect.Pointer:
		if !v.IsNil() {
			taint(v.Elem())
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			taint(field)
		}
	case reflect.Slice:
		for i := range v.Len() {
			taint(v.Index(i))
		}
	}
}

var links = regexp.MustCompile(` (?:href|src|action)="([^"]*)"`)

// TestPageEscapes has every text of a report try to be more than text.
func TestPageEscapes(t *testing.T) {
	r := whole()
	r.Closed = append(r.Closed, r.Drifts...) // of every kind
	taint(reflect.ValueOf(r))
	page := rendered(t, HTML, r)
	if at := strings.Index(page, "<x>"); at >= 0 {
		t.Errorf("a text is an element: %.200s", page[max(0, at-100):])
	}
	if n := strings.Count(page, `&#34;&gt;&lt;x&gt;&#39;&amp;`); n < 400 {
		t.Errorf("only %d of the texts are in the page: what was it that was escaped?", n)
	}
	for _, link := range links.FindAllStringSubmatch(page, -1) {
		if to := link[1]; to != "data:," && !strings.HasPrefix(to, "#") || strings.Contains(to, "&#34;") {
			t.Errorf("a link to %q: want one into the page", to)
		}
	}
}
