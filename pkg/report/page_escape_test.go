package report

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// tag ends an attribute and begins an element, unless it is escaped.
const tag = `"><x>'&`

// taint puts tag before every text of a report, also before ids, kinds and states.
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

// TestPageEscapes puts markup into every text of a report. None may become an element.
func TestPageEscapes(t *testing.T) {
	r := whole()
	r.Closed = append(r.Closed, r.Drifts...) // closed drifts of every kind
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
