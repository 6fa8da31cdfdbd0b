package report

import (
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/repair"
)

// TestCommands: text and HTML have the command of each drift that calls to EC2 mend. Nothing of others is in
// a command. Without a table there is no command.
func TestCommands(t *testing.T) {
	r := whole()
	text, page := rendered(t, Text, r), rendered(t, HTML, r)
	n := 0
	for i := range r.Drifts {
		d := &r.Drifts[i]
		command := repair.CommandsOf(r).Mend(d)
		if (command != "") != repair.Mends(d.Kind) {
			t.Errorf("%s: command %q", d.Kind, command)
		}
		if command == "" {
			continue
		}
		n++
		list := " --drift " + d.ID[:12] + " " // in the command for a list of drifts that are alike
		if !strings.Contains(text, "            "+command+"\n") && !strings.Contains(text, list) {
			t.Errorf("the text lacks %s", command)
		}
		if !strings.Contains(page, `"o":"`+command+`"`) {
			t.Errorf("the page's data lack %s", command)
		}
		if strings.Trim(command, "abcdefghijklmnopqrstuvwxyz0123456789 -") != "" {
			t.Errorf("a shell may act on %s", command)
		}
	}
	if shown := strings.Count(page, `<pre class="command"><code>sgkeeper mend `); n < 10 || shown < n {
		t.Errorf("%d drifts have a command, and the page shows %d without its script", n, shown)
	}
	r.Table = ""
	if strings.Contains(rendered(t, Text, r)+rendered(t, HTML, r), "sgkeeper mend") {
		t.Error("there is a command without a table")
	}
}
