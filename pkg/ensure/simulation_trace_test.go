package ensure_test

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// traced is one event of a simulation.
type traced struct {
	at      time.Duration
	process int
	call    string // the called operation; "": a note
	fate    string
	status  string
	content string
}

// String returns the complete event, for comparison.
func (l traced) String() string {
	return fmt.Sprintf("%s p%d %s [%s] %s %s", l.at, l.process, l.call, l.fate, l.status, l.content)
}

// brief returns the line in short form, for readers.
func (l traced) brief() string {
	if l.call == "" {
		return fmt.Sprintf("%13.3fs      %s", l.at.Seconds(), l.content)
	}
	about := briefForm.Replace(l.content)
	if l.call != "describe" && l.call != "authorize" && l.call != "revoke" {
		about = strings.Join(keys.FindAllString(l.content, -1), " ")
	}
	return fmt.Sprintf("%13.3fs p%-3d %-10s%s %s %s", l.at.Seconds(), l.process, l.call, l.fate, l.status, about)
}

// keys matches the keys of the items in a request to the table.
var keys = regexp.MustCompile(`(R|RX|G|END|L|SG)#[^"]*|":ids":{[^}]*}`)

var briefForm = strings.NewReplacer("SecurityGroup", "", "IpPermissions.", "", "IpRanges.", "", "FromPort", "from",
	"ToPort", "to", "IpProtocol", "protocol")

// log traces a call. The caller holds the simulation's lock.
func (s *simulation) log(p *simProcess, call simCall, f fate, status string) {
	s.trace = append(s.trace, traced{time.Since(s.start), p.id, call.name, f.name, status, call.content})
}

// note traces an event that is no call.
func (s *simulation) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.say(format, args...)
}

// say adds a note to the trace. The caller holds the simulation's lock.
func (s *simulation) say(format string, args ...any) {
	s.trace = append(s.trace, traced{at: time.Since(s.start), content: fmt.Sprintf(format, args...)})
}

// violated records a violation. The caller holds the simulation's lock, or the simulation has
// ended.
func (s *simulation) violated(format string, args ...any) {
	text := strings.TrimSpace(fmt.Sprintf(format, args...))
	s.violation = append(s.violation, fmt.Sprintf("%.3fs: %s", time.Since(s.start).Seconds(), text))
	s.say("VIOLATION %s", text)
}
