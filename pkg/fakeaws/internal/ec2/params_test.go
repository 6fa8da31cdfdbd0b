package ec2

import (
	"net/url"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestListsKeepTheirOrder(t *testing.T) {
	form := url.Values{}
	var want []string
	for i := range 12 { // "10" sorts before "2" as text
		n := strconv.Itoa(i + 1)
		form.Set("Filter.1.Value."+n, "v"+n)
		want = append(want, "v"+n)
	}
	if diff := cmp.Diff(want, parse(form).list("Filter")[0].texts("Value")); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func TestAbsentParameters(t *testing.T) {
	p := parse(url.Values{"FromPort": {"0"}, "ToPort": {"x"}})
	if n, ok, err := p.number("FromPort"); n != 0 || !ok || err != nil {
		t.Errorf("FromPort = %d, %v, %v, want a zero that is there", n, ok, err)
	}
	if _, ok, err := p.number("Other"); ok || err != nil {
		t.Errorf("Other: %v, %v, want absent", ok, err)
	}
	if _, _, err := p.number("ToPort"); err == nil {
		t.Error("ToPort: no error")
	}
}
