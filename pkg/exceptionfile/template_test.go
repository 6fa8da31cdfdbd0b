package exceptionfile

import (
	"strings"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// TestTemplate: a template is refused until it is filled in. Then it explains all the rules, in any form, and
// an audit with it finds none of their drifts.
func TestTemplate(t *testing.T) {
	f := drift.Facts{Group: claim.Group{Account: "111122223333", Region: "us-east-1", ID: "sg-0123456789abcdef0"},
		Name: "web\n- id: x", Found: true}
	for _, text := range []string{
		"tcp 22 from 0.0.0.0/0", "tcp 8000-8004 from fd00::/8", "icmp 3/4 from 10.0.0.0/8", "icmp 8 from 10.0.0.0/16",
		"icmp from 172.16.0.0/12", "50 from 10.0.0.0/8", "all from self", "udp 53 from pl-0bbbbbbbbbbbbbbbb",
		"tcp 443 from 999988887777/sg-0bbbbbbbbbbbbbbbb", "tcp 443 to 10.0.0.0/8", "all from 192.0.2.0/24",
	} {
		rule := secgroup.MustParseRule(text).In(f.Group.Account, f.Group.ID)
		f.Entries = append(f.Entries, secgroup.Entry{ID: "sgr-" + text, Rule: rule, Description: "a\nb: [\u202e"})
	}
	now := time.Now()
	group, drifts := drift.Compare(f, drift.Policy{Sensitive: drift.SensitivePorts(), Threshold: 1000}, now)
	file, n, err := Template(&drift.Report{ID: "x\ny", Groups: []drift.Group{group}, Drifts: drifts})
	if err != nil || n != len(f.Entries) {
		t.Fatalf("%d of %d drifts, %v", n, len(drifts), err)
	}
	_, err = Read(file)
	for _, want := range []string{"/exceptions/0/owner: ", "/exceptions/0/reason: ", "/exceptions/0/expires: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("not filled in: %v, want %q", err, want)
		}
	}
	filled := strings.NewReplacer(`owner: ""`, "owner: net", `reason: ""`, "reason: why", `expires: ""`,
		"permanent: true").
		Replace(string(file))
	exceptions, err := Read([]byte(filled))
	if err != nil {
		t.Fatalf("%v\n%s", err, filled)
	}
	policy := drift.Policy{Sensitive: drift.SensitivePorts(), Threshold: 1000, Exceptions: exceptions}
	if _, after := drift.Compare(f, policy, now); len(after) > 0 {
		t.Errorf("left: %s\n%s", after[0].Detail, filled)
	}
	file, n, err = Template(&drift.Report{})
	if exceptions, readErr := Read(file); n != 0 || err != nil || readErr != nil || len(exceptions) > 0 {
		t.Errorf("without drifts: %d, %v, %v", n, err, readErr)
	}
}
